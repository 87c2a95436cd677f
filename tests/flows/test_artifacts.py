"""What Prefect's UI shows of real runs: sources, sheets and a summary, for few requests."""

from collections import Counter

import httpx
import pytest
from sqlalchemy import Engine

from flows import bulk_generate, retry_failed
from tests.pages import Pages
from tests.shown_artifacts import artifacts_of, picture_of, rows_of

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What is sent to Prefect's server about artifacts, by method."""
    counted: Counter[str] = Counter()
    original = httpx.HTTPTransport.handle_request

    def count(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if "/artifacts/" in request.url.path and "filter" not in request.url.path:
            counted[request.method] += 1
        return original(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", count)
    return counted


def test_a_run_shows_what_became_of_its_sources(
    database: Engine, pages: Pages, requests: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.progress._EVERY_SECONDS", 600)
    wanted = [{"url": f"{pages.url}/mug/{number}", "batch_size": 3} for number in range(2)]
    state = bulk_generate([*wanted, {"url": f"{pages.url}/gone"}], return_state=True)
    left = artifacts_of(state.state_details.flow_run_id)
    assert set(left) == {
        "progress", "sources", "summary", "contact-sheet-001", "contact-sheet-002",
    }  # fmt: skip
    # The progress was made at the beginning, and rewritten once; nothing was sent a preview.
    assert requests == {"POST": 5, "PATCH": 1}
    assert [row["Status"] for row in rows_of(left["sources"])] == ["failed", "done", "done"]
    assert "**Red Mug 1**\n\n1. " in str(left["contact-sheet-002"].description)
    assert "- 1 × The page is gone" in str(left["summary"].data)
    picture = picture_of(left["contact-sheet-002"])
    for column in range(3):  # nowhere a gap
        assert picture.getpixel((160 + 320 * column, picture.height // 2))[3] == 255  # type: ignore[index]


def test_a_run_that_makes_what_is_missing_shows_what_it_made(
    database: Engine, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = pages.answer
    gone = {"/mug/2"}
    monkeypatch.setattr(pages, "answer", lambda path: answer("/gone" if path in gone else path))
    first = bulk_generate([{"url": f"{pages.url}/mug/1"}, {"url": f"{pages.url}/mug/2"}])
    assert (first.progress["done"], first.progress["failed"]) == (1, 1)
    gone.clear()
    state = retry_failed(first.bulk_task_id, return_state=True)
    left = artifacts_of(state.state_details.flow_run_id)
    assert set(left) == {"progress", "sources", "summary", "contact-sheet-002"}
    assert left["summary"].description == "2 of 2 previews done."
    assert str(left["contact-sheet-002"].description).startswith("**Red Mug 2**")
