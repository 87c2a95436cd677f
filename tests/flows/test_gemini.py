"""Whole batches made by Gemini: through the flows, the real SDK, and a server on loopback."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from sqlalchemy import Engine, text

from creative.encoding import DigitalSource
from creative.prefill import Prefill, headline_key
from db.models import Base
from flows import bulk_generate
from settings import get_settings
from tasks import calls
from tests import gemini_server as gemini
from tests.gemini_server import GeminiServer
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("prefect_server", "database")
KEY = "canary-key-5d0c"
IMAGE_MODEL, TEXT_MODEL = "gemini-3.1-flash-image", "gemini-flash-latest"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        monkeypatch.setenv("CTA_GENERATOR", "gemini")
        monkeypatch.setenv("GOOGLE_API_KEY", KEY)
        monkeypatch.setenv("CTA_GEMINI_ENDPOINT", running.url)
        get_settings.cache_clear()
        yield running
        monkeypatch.undo()
        get_settings.cache_clear()


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The slots that calls beyond a preview's first have waited for."""
    taken: list[str] = []
    wait = calls.wait_for_generation_slot

    def counted(check: Callable[[], None]) -> None:
        wait(check)
        taken.append("slot")

    monkeypatch.setattr(calls, "wait_for_generation_slot", counted)
    return taken


def test_previews_are_made_by_gemini_and_told_with_their_cost(
    server: GeminiServer, pages: Pages, slots: list[str]
) -> None:
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 2}])

    assert result.progress["done"] == 2, result.error_message
    assert server.calls_by_model() == {IMAGE_MODEL: 2, TEXT_MODEL: 2}
    assert slots == []
    per_image = (1000 * Decimal("0.50") + 500 * 60) / 1_000_000
    per_text = (1000 * Decimal("0.50") + 500 * 3) / 1_000_000
    assert result.cost.usd == 2 * (per_image + per_text)
    assert (result.cost.calls, result.cost.tokens_in, result.cost.tokens_out) == (4, 4000, 2000)
    assert result.cost.models == (IMAGE_MODEL, TEXT_MODEL)
    frame = result.to_frame()
    assert list(frame["model_calls"]) == [2, 2]
    assert list(frame["cost_usd"]) == [per_image + per_text] * 2
    for preview in result.previews:
        prefill = Prefill.model_validate(preview["prefill"])
        assert prefill.generated_by.image_model == IMAGE_MODEL
        assert prefill.generated_by.text_model == TEXT_MODEL
        assert_stored_whole(prefill.generated_background_url)


def assert_stored_whole(url: str) -> None:
    file = Path(urlsplit(url).path)
    assert file.stat().st_size <= 350_000
    with Image.open(file) as background:
        assert background.size == (1920, 1080)
        xmp = background.info["xmp"].decode()
        assert DigitalSource.COMPOSITE_WITH_GENERATED_MEDIA in xmp
        assert IMAGE_MODEL in xmp
    with Image.open(get_settings().media_dir / "originals" / f"{file.stem}.png") as original:
        assert original.size == (1344, 768)


def test_a_busy_model_is_asked_again_with_a_slot_of_its_own(
    server: GeminiServer, pages: Pages, slots: list[str]
) -> None:
    server.script(gemini.rate_limited("0.3s"), gemini.picture(), model=IMAGE_MODEL)
    result = bulk_generate([{"url": f"{pages.url}/mug"}])
    assert result.progress["done"] == 1, result.error_message
    assert slots == ["slot"]
    assert result.cost.calls == 3


def test_what_is_blocked_fails_alone_says_why_and_is_not_asked_again(
    server: GeminiServer, pages: Pages
) -> None:
    server.script(gemini.finished("IMAGE_SAFETY"), gemini.picture(), model=IMAGE_MODEL)
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 2}])
    assert (result.progress["done"], result.progress["failed"]) == (1, 1)
    [failed] = [preview for preview in result.previews if preview["status"] == "failed"]
    assert "IMAGE_SAFETY" in failed["error_message"]
    assert failed["model_calls"] == 2
    assert server.calls_by_model() == {IMAGE_MODEL: 2, TEXT_MODEL: 2}


@pytest.mark.long
def test_a_batch_never_holds_two_equal_headlines_though_the_model_repeats_itself(
    server: GeminiServer, pages: Pages
) -> None:
    url = f"{pages.url}/mug"
    result = bulk_generate([{"url": url, "batch_size": 3}, {"url": url, "batch_size": 3}])
    assert result.progress["done"] == 6, result.error_message
    keys = [headline_key(preview["headline"]) for preview in result.previews]
    assert len(set(keys)) == 6
    moved = [preview["prefill"]["corrections"] for preview in result.previews]
    assert sum("taken by another preview" in " ".join(told) for told in moved) == 5


def test_the_key_is_in_no_row_run_or_log(
    server: GeminiServer, pages: Pages, database: Engine
) -> None:
    server.script(gemini.wrong_key(), model=IMAGE_MODEL)
    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True}):
        result = bulk_generate([{"url": f"{pages.url}/mug"}])
        APILogHandler().flush()
    assert result.status == "failed"
    assert "GOOGLE_API_KEY" in str(result.error_message)
    with database.connect() as connection:
        rows = " ".join(
            str(row)
            for table in Base.metadata.sorted_tables
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))
        )
    with get_client(sync_client=True) as client:
        runs = " ".join(run.model_dump_json() for run in client.read_flow_runs(limit=200))
        runs += " ".join(run.model_dump_json() for run in client.read_task_runs(limit=200))
        logs = " ".join(log.model_dump_json() for log in client.read_logs(limit=200))
    assert "GOOGLE_API_KEY" in rows
    assert "GOOGLE_API_KEY" in runs
    assert "GOOGLE_API_KEY" in logs
    assert KEY not in rows + runs + logs
