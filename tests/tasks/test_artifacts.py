"""What a run leaves in Prefect's UI, on a real server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from prefect import flow
from prefect.runtime import flow_run
from sqlalchemy import Engine

from catalog.product import Source
from creative.encoding import DigitalSource, Origin
from creative.media import MediaStore
from db import bulk_tasks, previews, sources, statuses
from db.models import CTABulkGenerateSource, TaskStatus
from db.session import unit_of_work
from settings import get_settings
from tasks import artifacts
from tasks.artifacts import ROWS_AT_MOST, ShownSheets
from tasks.limits import ensure_generation_limit
from tasks.progress import shown_progress
from tests.db.conftest import PRODUCT_URL, save_product
from tests.db.ended_batch import EndedBatch, end_a_batch
from tests.shown_artifacts import artifacts_of, picture_of, rows_of

pytestmark = pytest.mark.usefixtures("prefect_server", "database")
GALLERY = "https://previews.example"
AFTER_THE_FIRST = {"sources": '"1 of 3"', "summary": "1 of 6 previews done"}
ORIGIN = Origin(DigitalSource.COMPOSITE, "tests")


@pytest.fixture(autouse=True)
def _limit(prefect_server: None) -> None:
    ensure_generation_limit()


@pytest.fixture
def batch(database: Engine) -> EndedBatch:
    return end_a_batch()


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the gallery, which the settings name."""
    monkeypatch.setenv("CTA_GALLERY_URL", f"{GALLERY}/")
    get_settings.cache_clear()
    yield GALLERY
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MediaStore:
    monkeypatch.setattr("settings.Settings.media_dir", tmp_path)
    return MediaStore(tmp_path, get_settings().media_url)


def run(bulk_task_id: UUID, work: Callable[[], Any] = lambda: None) -> dict[str, Any]:
    """Do something in a run that shows a bulk task; returns what the run left."""

    @flow
    def shown() -> None:
        with shown_progress(bulk_task_id):
            work()

    state = shown(return_state=True)
    assert state.is_completed(), state.message
    return artifacts_of(state.state_details.flow_run_id)


def record(count: int, batch_size: int = 3) -> tuple[UUID, list[UUID]]:
    """A bulk task, and its sources in their order."""
    bulk_task_id = uuid4()
    given = [
        Source(url=f"{PRODUCT_URL}-{number}", batch_size=batch_size) for number in range(count)
    ]
    with unit_of_work() as session:
        bulk_tasks.record(session, bulk_task_id, given, workspace="acme", user="ann")
        session.flush()
        return bulk_task_id, [one.id for one in sources.unfinished(session, bulk_task_id)]


def end(source_id: UUID, backgrounds: list[str], headline: str = "Tea, sooner") -> list[UUID]:
    """End a source whose previews are done, with these backgrounds; the third of three fails."""
    source_run, preview_run = uuid4(), uuid4()
    with unit_of_work() as session:
        sources.start(session, source_id, source_run)
        product_id = save_product(session, "acme")
        sources.assign_product(session, source_id, product_id)
        made = previews.queue(session, source_id, product_id, ["https://shop.example/1.jpg"] * 3)
        for preview_id in made:
            previews.start(session, preview_id, preview_run)
        for number, (preview_id, url) in enumerate(zip(made, backgrounds, strict=False)):
            prefill = {"generated_background_url": url, "headline": f"{headline} {number}"}
            previews.fill(session, preview_id, preview_run, prefill)
            previews.complete(session, preview_id, preview_run)
        for preview_id in made[len(backgrounds) :]:
            previews.fail(session, preview_id, preview_run, "The picture is [broken](x).")
        sources.settle(session, source_id, source_run)
    return made


def test_the_table_has_what_failed_first_and_says_why(batch: EndedBatch) -> None:
    with unit_of_work() as session:
        sources.assign_product(session, batch.read, batch.product_id)
    left = run(batch.bulk_task_id)
    assert set(left) == {"progress", "sources", "summary"}, "its sources had ended before"
    assert left["sources"].description == "2 sources: 1 done, 1 failed."
    failed, done = rows_of(left["sources"])
    assert failed == {
        "Status": "failed", "Done": "0 of 2", "Product": f"{PRODUCT_URL}-2",
        "Reason": "The page is gone.", "Address": f"{PRODUCT_URL}-2",
    }  # fmt: skip
    assert (done["Status"], done["Done"], done["Product"]) == ("done", "1 of 3", "Kettle")
    assert "The picture is broken." in done["Reason"]


def test_of_many_sources_the_table_has_those_that_failed_and_counts_the_others() -> None:
    bulk_task_id, source_ids = record(5_000)
    with unit_of_work() as session:
        run_id = uuid4()
        sources.start(session, source_ids[4_000], run_id)
        sources.start(session, source_ids[-1], run_id)
        statuses.finish(
            session, CTABulkGenerateSource, source_ids[-1], run_id, TaskStatus.FAILED,
            "Too long to be told: " + "x" * 5_000,
        )  # fmt: skip
    table = run(bulk_task_id)["sources"]
    rows = rows_of(table)
    assert len(rows) == ROWS_AT_MOST
    assert [row["Status"] for row in rows[:3]] == ["failed", "running", "pending"]
    assert rows[0]["Address"] == f"{PRODUCT_URL}-4999"
    assert str(table.description).startswith(
        "5,000 sources: 1 failed, 4,998 pending, 1 running. 4,800 of them are left out here"
    )
    assert len(str(table.data)) < 100_000


def test_a_source_that_ends_gets_a_contact_sheet(media: MediaStore, gallery: str) -> None:
    bulk_task_id, [first, second] = record(2)
    made: list[UUID] = []

    def work() -> None:
        url = media.save_background(Image.new("RGB", (64, 36), "teal"), "one", ORIGIN)
        made.extend(end(first, [url, "file:///elsewhere/b.jpg"]))
        with unit_of_work() as session:
            sources.start(session, second, bulk_task_id)
            sources.settle(session, second, bulk_task_id, "The page is gone.")

    left = run(bulk_task_id, work)
    assert {key for key in left if "sheet" in key} == {"contact-sheet-001"}
    sheet = left["contact-sheet-001"]
    assert sheet.type == "image"
    picture = picture_of(sheet)
    red, green, blue, _ = picture.getpixel((picture.width // 4, picture.height // 2))  # type: ignore[misc]
    assert max(abs(red - 0), abs(green - 128), abs(blue - 128)) < 20
    gap = picture.getpixel((picture.width * 3 // 4, picture.height // 2))
    assert gap[3] < 128, "it is where nothing can be read"  # type: ignore[index]
    assert str(sheet.description).splitlines() == [
        "**Kettle**",
        "",
        f"1. [Tea, sooner 0]({GALLERY}/gallery/previews/{made[0]})",
        f"2. [Tea, sooner 1]({GALLERY}/gallery/previews/{made[1]})",
        "",
        f"[Open the product's page]({PRODUCT_URL}-0)",
        "",
        f"[Open the batch in the gallery]({GALLERY}/gallery/batches/{bulk_task_id})",
    ]


def test_without_a_gallery_nothing_links_to_it(media: MediaStore) -> None:
    bulk_task_id, [source_id] = record(1)
    left = run(bulk_task_id, lambda: end(source_id, ["file:///b.jpg"] * 3))
    assert "1. Tea, sooner 0\n2. Tea, sooner 1\n" in str(left["contact-sheet-001"].description)
    told = "".join(f"{one.data}{one.description}" for one in left.values())
    assert "gallery" not in told


def test_the_summary_leads_to_the_batch_and_to_its_previews(
    batch: EndedBatch, gallery: str
) -> None:
    summary = run(batch.bulk_task_id)["summary"]
    told = str(summary.data)
    page = f"{GALLERY}/gallery/batches/{batch.bulk_task_id}"
    assert summary.description == (
        f"1 of 5 previews done, 4 failed. [Open the batch in the gallery]({page})"
    )
    assert told.startswith("# Batch Task - ")
    assert f"]({page})" in told
    assert "| Previews | 5 | 1 | 4 | 0 | 0 |\n| Sources | 2 | 1 | 1 | 0 | 0 |" in told
    assert "- 2 × The picture is broken.\n- 2 × The page is gone.\n" in told
    for preview_id in (batch.done, *batch.failed):
        assert f"]({GALLERY}/gallery/previews/{preview_id})" in told
    assert "Contact sheets" not in told


def test_only_so_many_sources_have_a_contact_sheet(
    media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "SHEETS_AT_MOST", 2)
    bulk_task_id, source_ids = record(3)
    left = run(bulk_task_id, lambda: [end(one, ["file:///b.jpg"]) for one in source_ids])
    assert {key for key in left if "sheet" in key} == {"contact-sheet-001", "contact-sheet-002"}
    assert "Contact sheets are made of the first 2 of 3 sources." in str(left["summary"].data)


def test_all_is_up_to_date_while_the_run_goes_on(
    media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.progress._EVERY_SECONDS", 0.1)
    bulk_task_id, [first, second] = record(2)
    seen: dict[str, Any] = {}

    def work() -> None:
        end(first, ["file:///b.jpg"])
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            seen.update(artifacts_of(flow_run.id))
            if "contact-sheet-001" in seen and all(
                done in str(seen[key].data) for key, done in AFTER_THE_FIRST.items()
            ):
                break
            time.sleep(0.1)
        end(second, ["file:///b.jpg"] * 3)

    left = run(bulk_task_id, work)
    assert [row["Status"] for row in rows_of(seen["sources"])] == ["done", "pending"]
    assert "1 of 6 previews done, 2 failed, 3 queued: these take" in str(seen["summary"].data)
    assert {row["Status"] for row in rows_of(left["sources"])} == {"done"}
    assert left["sources"].id == seen["sources"].id
    assert left["contact-sheet-001"].id == seen["contact-sheet-001"].id
    assert "contact-sheet-002" in left


def test_what_goes_wrong_with_one_artifact_keeps_no_other_away(
    media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = artifacts.contact_sheet
    tried: list[int] = []

    def fail_once(*arguments: Any) -> Any:
        tried.append(1)
        if len(tried) == 1:
            raise ValueError("The picture is of nothing.")
        return original(*arguments)

    monkeypatch.setattr(artifacts, "contact_sheet", fail_once)
    monkeypatch.setattr("db.outcomes.first", lambda *_: 1 / 0)
    bulk_task_id, source_ids = record(2)
    left = run(bulk_task_id, lambda: [end(one, ["file:///b.jpg"]) for one in source_ids])
    assert set(left) == {"progress", "summary", "contact-sheet-002"}


def test_sheets_are_made_later_where_prefect_was_away(
    batch: EndedBatch, media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of those that wait, no other is tried meanwhile, for each would wait for minutes."""
    original = artifacts.ImageArtifact.create
    tried: list[str] = []

    def away_at_first(self: Any, **options: Any) -> Any:
        tried.append(self.key)
        if len(tried) == 1:
            raise httpx.ConnectError("Nobody answers.")
        return original(self, **options)

    monkeypatch.setattr(artifacts.ImageArtifact, "create", away_at_first)
    bulk_task_id, source_ids = record(2)

    def work() -> None:
        sheets = ShownSheets(bulk_task_id)
        for one in source_ids:
            end(one, ["file:///b.jpg"])
        with pytest.raises(httpx.ConnectError):
            sheets.update()
        sheets.update()
        sheets.update()

    left = run(batch.bulk_task_id, work)
    assert {"contact-sheet-001", "contact-sheet-002"} < set(left)
    assert tried[:3] == ["contact-sheet-001", "contact-sheet-001", "contact-sheet-002"]
