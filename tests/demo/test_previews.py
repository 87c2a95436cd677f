"""The demo's previews, made by a real run and looked at in a real browser."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from demo.check_previews import Preview, likenesses, previews_in, problems_of
from demo.contact_sheet import write_contact_sheet
from demo.overlay_checks import OverlayChecks
from demo.products import PRODUCTS
from demo.shop import Shop
from flows import bulk_generate


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
@pytest.mark.timeout(600)
def test_all_previews_of_the_demo_pass_every_check(
    overlay_checks: OverlayChecks, database: Engine, shop: Shop, tmp_path: Path
) -> None:
    result = bulk_generate([{"url": url, "batch_size": 2} for url in shop.product_urls])
    write_contact_sheet(result, tmp_path)
    previews = previews_in(tmp_path)
    assert len(previews) == 2 * len(PRODUCTS) == 20
    problems = {
        f"{preview.product.title}, {preview.position}": told
        for preview in previews
        if (told := problems_of(overlay_checks, preview))
    }
    assert problems == {}
    assert list(likenesses(previews)) == []
    headlines = [preview.prefill.headline.casefold() for preview in previews]
    assert len(set(headlines)) == 20
    assert_the_likenesses_would_be_told(previews)


def assert_the_likenesses_would_be_told(previews: list[Preview]) -> None:
    doubled = [previews[0], previews[0]]
    assert len(list(likenesses(doubled))) == 3
