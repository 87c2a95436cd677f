"""The main job, on a real Prefect server and a real Postgres."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from catalog.product import InvalidSources
from creative.brief import Brief
from creative.calls import Calls
from creative.errors import GeneratorRefused
from creative.local import LocalGenerator
from creative.prefill import Prefill, PrefillDraft
from db.models import (
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
)
from db.session import unit_of_work
from flows import bulk_generate
from settings import get_settings
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("prefect_server")
Moves = Callable[[str], list[list[str]]]


def flow_runs() -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=200)


def count(record: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def rows(session: Session) -> list[CTAIFramePreview]:
    return list(session.scalars(select(CTAIFramePreview).order_by(CTAIFramePreview.position)))


def test_good_pages_are_done_and_bad_ones_say_why(pages: Pages, moves: Moves) -> None:
    before = {run.id for run in flow_runs()}
    result = bulk_generate(
        [
            {"url": f"{pages.url}/mug", "batch_size": 3},
            {"url": f"{pages.url}/gone", "batch_size": 2},
            {"url": f"{pages.url}/wall"},
        ],
        workspace="acme",
        user="ann",
    )

    assert result.status == "done"
    assert result.progress == {"total": 6, "queued": 0, "running": 0, "done": 3, "failed": 3}
    assert [(source.status, source.done) for source in result.sources] == [
        ("done", 3), ("failed", 0), ("failed", 0),
    ]  # fmt: skip
    assert result.sources[0].product_title == "Red Mug"
    assert result.sources[1].error_message == "The page is gone: the server answered 410 Gone."
    assert "check for robots" in str(result.sources[2].error_message)
    assert str(result.error_message).startswith("3 of 6 previews failed. ")
    frame = result.to_frame()
    assert list(frame["status"]) == ["done"] * 3
    assert frame["headline"].is_unique

    assert_statuses_moved_as_they_should(moves)
    assert_rows_are_whole(result.bulk_task_id)
    assert_runs_form_a_tree(
        result.bulk_task_id, [run for run in flow_runs() if run.id not in before]
    )


def assert_statuses_moved_as_they_should(moves: Moves) -> None:
    assert moves("cta_bulk_generate_task") == [["pending", "running", "done"]]
    assert moves("cta_iframe_preview") == [["queued", "running", "done"]] * 3
    assert moves("cta_bulk_generate_source") == [
        ["pending", "running", "done"],
        ["pending", "running", "failed"],
        ["pending", "running", "failed"],
    ]


def assert_rows_are_whole(bulk_task_id: UUID) -> None:
    with unit_of_work() as session:
        task = session.get_one(CTABulkGenerateTask, bulk_task_id)
        assert (task.workspace, task.user) == ("acme", "ann")
        assert task.name.startswith("Batch Task - ")
        assert task.started_at
        assert task.finished_at
        previews = rows(session)
    assert [preview.position for preview in previews] == [0, 1, 2]
    for preview in previews:
        prefill = Prefill.model_validate(preview.prefill)
        assert prefill.original_background_url == preview.source_image_url
        assert prefill.generated_by.generator == "local"
        path = Path(unquote(urlsplit(prefill.generated_background_url).path))
        assert path.is_relative_to(get_settings().data_dir)
        with Image.open(path) as background:
            assert background.size == (1920, 1080)
    # Three pictures on the page, one of them a logo: the two of the product come first.
    names = [preview.source_image_url.rsplit("/", 1)[-1] for preview in previews]
    assert set(names[:2]) == {"mug.jpg", "mug-2.jpg"}


def assert_runs_form_a_tree(bulk_task_id: UUID, runs: list[FlowRun]) -> None:
    by_name = {run.name: run for run in runs}
    with unit_of_work() as session:
        previews = {f"preview {preview.id}" for preview in rows(session)}
    sources = {name for name in by_name if name.startswith("source ")}
    assert previews <= set(by_name)
    assert len(sources) == 3
    root = next(run for run in runs if run.id == bulk_task_id)
    assert root.parent_task_run_id is None
    assert root.name == f"bulk task {bulk_task_id} of acme"
    for name in previews | sources:
        assert by_name[name].parent_task_run_id is not None
    assert all(by_name[name].state_name == "Completed" for name in previews)
    assert root.state_name == "Completed"


def test_bad_input_records_and_starts_nothing(database: Engine, pages: Pages) -> None:
    before = len(flow_runs())
    good = {"url": f"{pages.url}/mug", "batch_size": 1}
    for bad in ([], [good, {"url": good["url"], "batch_size": 11}], [{"url": "ftp://x.example"}]):
        with pytest.raises(InvalidSources, match="sources"):
            bulk_generate(bad)
    assert count(CTABulkGenerateTask) == 0
    assert len(flow_runs()) == before
    assert not pages.hits


def test_a_batch_of_which_nothing_came_is_failed_everywhere(database: Engine, pages: Pages) -> None:
    result = bulk_generate([{"url": f"{pages.url}/gone", "batch_size": 4}])
    assert (result.status, result.progress["failed"]) == ("failed", 4)
    assert "The page is gone" in str(result.error_message)
    assert result.to_frame().empty
    [run] = [run for run in flow_runs() if run.id == result.bulk_task_id]
    assert run.state_name == "Failed"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no-picture", "The page names no picture of the product."),
        ("broken-pictures", "None of the 2 pictures on the page could be loaded."),
    ],
)
def test_a_page_without_a_usable_picture_says_so(
    database: Engine, pages: Pages, path: str, reason: str
) -> None:
    result = bulk_generate([{"url": f"{pages.url}/{path}", "batch_size": 2}])
    assert (result.status, result.sources[0].error_message) == ("failed", reason)


class RefusesTheSecond(LocalGenerator):
    """Fails as a model may: for one preview, with a reason of its own."""

    def prefill(self, brief: Brief, calls: Calls | None = None) -> PrefillDraft:
        if brief.position == 1:
            raise GeneratorRefused("The model would not write about this one.")
        return super().prefill(brief)


def test_a_half_that_fails_fails_its_preview_alone(
    pages: Pages, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.prefills.get_generator", RefusesTheSecond)
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 3}])
    assert result.progress == {"total": 3, "queued": 0, "running": 0, "done": 2, "failed": 1}
    assert result.status == result.sources[0].status == "done"
    failed = result.to_frame().set_index("position").loc[1]
    assert failed["status"] == "failed"
    assert failed["error_message"] == "The model would not write about this one."
    assert sorted(moves("cta_iframe_preview"))[1:] == [["queued", "running", "failed"]] or (
        ["queued", "running", "failed"] in moves("cta_iframe_preview")
    )


def test_a_known_page_is_read_again_only_when_asked(database: Engine, pages: Pages) -> None:
    source = {"url": f"{pages.url}/mug-known", "batch_size": 1}
    bulk_generate([source])
    bulk_generate([source])
    assert pages.hits["/mug-known"] == 1
    bulk_generate([source], refresh=True)
    assert pages.hits["/mug-known"] == 2
    assert count(ECommerceProduct) == 1


def test_two_workspaces_share_nothing(database: Engine, pages: Pages) -> None:
    source = {"url": f"{pages.url}/mug-shared", "batch_size": 1}
    first = bulk_generate([source], workspace="acme")
    second = bulk_generate([source], workspace="rival")
    assert pages.hits["/mug-shared"] == 2
    assert count(ECommerceProduct) == 2
    ids = {str(first.previews[0]["preview_id"]), str(second.previews[0]["preview_id"])}
    assert len(ids) == 2


@pytest.mark.long
def test_every_preview_is_of_its_own_page(database: Engine, pages: Pages) -> None:
    """Results of neighbouring subflows were once handed to each other (Prefect issue 22259)."""
    urls = [f"{pages.url}/mug-{number}" for number in range(4)]
    result = bulk_generate([{"url": url, "batch_size": 2} for url in urls])
    assert result.progress["done"] == 8
    for preview in result.previews:
        number = preview["source_url"].rsplit("-", 1)[-1]
        assert preview["product_title"] == f"Red Mug {number}"
        assert preview["prefill"]["cta"]["url"] == preview["source_url"]


def test_the_run_can_be_asked_for_its_state(database: Engine, pages: Pages) -> None:
    state = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 1}], return_state=True)
    assert state.is_completed()


def test_the_pool_of_sources_is_bounded_by_the_settings() -> None:
    assert bulk_generate.task_runner._max_workers == get_settings().max_concurrent_sources
