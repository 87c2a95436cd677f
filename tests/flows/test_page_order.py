"""Without CLIP's weights a run may go on in page order; it says so, and the next one ranks."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from db.models import ECommerceProduct
from db.session import unit_of_work
from flows import bulk_generate
from settings import get_settings
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def without_clip(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The settings name weights that are nowhere."""
    monkeypatch.setenv("CTA_CLIP_MODEL", "ViT-B-32")
    monkeypatch.setenv("CTA_CLIP_PRETRAINED", "/nowhere/weights.pt")
    get_settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    get_settings.cache_clear()


def ranked_by() -> str | None:
    with unit_of_work() as session:
        return session.scalars(select(ECommerceProduct.ranked_by)).one()


def test_a_run_stops_unless_the_setting_lets_it_go_on(
    database: Engine, pages: Pages, without_clip: pytest.MonkeyPatch
) -> None:
    result = bulk_generate([{"url": f"{pages.url}/mug-order", "batch_size": 1}])
    assert result.status == "failed"
    assert "CTA_RANK_WITHOUT_CLIP=true" in str(result.sources[0].error_message)
    assert (ranked_by(), result.remarks) == (None, [])


@pytest.mark.long
def test_a_run_goes_on_in_page_order_says_so_and_the_next_one_ranks(
    database: Engine, pages: Pages, without_clip: pytest.MonkeyPatch
) -> None:
    sources = [{"url": f"{pages.url}/mug-order", "batch_size": 3}]
    without_clip.setenv("CTA_RANK_WITHOUT_CLIP", "true")
    get_settings.cache_clear()
    result = bulk_generate(sources)
    assert result.status == "done"
    assert (ranked_by(), result.sources[0].ranked_by) == ("page order", "page order")
    [remark] = result.remarks
    assert "1 of 1 sources" in remark
    assert "CLIP" in remark
    first = [preview["original_background_url"] for preview in result.previews]
    assert [url.rsplit("/", 1)[-1] for url in first] == ["mug.jpg", "mug-2.jpg", "logo.jpg"]

    without_clip.setenv("CTA_CLIP_MODEL", "micro")
    get_settings.cache_clear()
    result = bulk_generate(sources)
    assert pages.hits["/mug-order"] == 1
    assert (ranked_by(), result.remarks) == ("micro", [])
    chosen = {preview["original_background_url"] for preview in result.previews}
    assert chosen == {f"{pages.url}/mug.jpg", f"{pages.url}/mug-2.jpg"}
