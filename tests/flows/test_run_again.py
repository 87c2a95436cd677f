"""One page or one preview, run again by itself: real runs on a real Prefect server."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ParameterTypeError
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry, Cancelling, Crashed
from sqlalchemy import Engine, update

from creative.brief import Brief
from creative.calls import Calls
from creative.errors import GeneratorRefused
from creative.local import LocalGenerator
from creative.prefill import PrefillDraft
from db import previews, reopening
from db.errors import (
    BulkTaskUnderWay,
    PreviewNotFailed,
    PreviewNotOwned,
    SourceNotFailed,
    SourceNotOwned,
    UnknownRecord,
)
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from flows import bulk_generate, hooks
from flows.generate_preview import generate_preview
from flows.process_url import process_url
from tests.db.ended_batch import EndedBatch, end_a_batch, row
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("prefect_server")
Moves = Callable[[str], list[list[str]]]


class Model:
    """A generator that refuses some positions, holds others up, and counts what it writes."""

    def __init__(self) -> None:
        self.refuses: set[int] = set()
        self.holds: set[int] = set()
        self.wrote: Counter[int] = Counter()
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self) -> LocalGenerator:
        model = self

        class Generator(LocalGenerator):
            def prefill(self, brief: Brief, calls: Calls | None = None) -> PrefillDraft:
                model.wrote[brief.position] += 1
                if brief.position in model.holds:
                    model.begun.release()
                    assert model.go_on.wait(60)
                if brief.position in model.refuses:
                    raise GeneratorRefused(f"The model would not write number {brief.position}.")
                return super().prefill(brief)

        return Generator()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    model = Model()
    monkeypatch.setattr("tasks.prefills.get_generator", model)
    yield model
    model.go_on.set()


@pytest.fixture
def down(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The pages that are gone for now, by their paths."""
    gone: set[str] = set()
    answer = pages.answer
    monkeypatch.setattr(pages, "answer", lambda path: answer("/gone" if path in gone else path))
    return gone


def two_failed(pages: Pages, model: Model, **more: Any) -> Any:
    """A batch of one page, whose first preview is done and whose other two failed."""
    model.refuses = {1, 2}
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 3}, *more.get("also", [])])
    assert [preview["status"] for preview in result.previews[:3]] == ["done", "failed", "failed"]
    model.refuses = set()
    model.wrote.clear()
    return result


def preview_id_of(result: Any, position: int) -> UUID:
    return UUID(str(result.previews[position]["preview_id"]))


def bulk_task(result: Any) -> CTABulkGenerateTask:
    return row(CTABulkGenerateTask, result.bulk_task_id)


def runs_of(flow_name: str) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        named = FlowRunFilter.model_validate({"name": {"like_": flow_name}})
        found = client.read_flow_runs(flow_run_filter=named, limit=200)
        return [run for run in found if run.name.startswith(flow_name)]


def test_a_page_that_was_gone_is_read_when_it_is_back(
    pages: Pages, down: set[str], model: Model, moves: Moves
) -> None:
    down.add("/mug-back")
    result = bulk_generate(
        [{"url": f"{pages.url}/mug-back", "batch_size": 2}, {"url": f"{pages.url}/mug"}]
    )
    failed, good = result.sources
    assert (failed.status, good.status, result.status) == ("failed", "done", "done")
    down.clear()
    model.wrote.clear()

    assert process_url(failed.source_id) == failed.source_id

    assert row(CTABulkGenerateSource, failed.source_id).status == "done"
    assert (bulk_task(result).status, bulk_task(result).error_message) == ("done", None)
    assert bulk_task(result).flow_run_id == result.bulk_task_id
    assert model.wrote == {0: 1, 1: 1}
    assert moves("cta_bulk_generate_task") == [["pending", "running", "done", "running", "done"]]
    sources = moves("cta_bulk_generate_source")
    assert ["pending", "running", "failed", "running", "done"] in sources
    assert moves("cta_iframe_preview") == [["queued", "running", "done"]] * 3


@pytest.mark.long
def test_a_page_run_again_is_read_anew_and_done_previews_are_not_paid_for_again(
    pages: Pages, database: Engine, model: Model
) -> None:
    result = two_failed(pages, model)
    kept = row(CTAIFramePreview, preview_id_of(result, 0))
    hits = pages.hits["/mug"]
    process_url(result.sources[0].source_id)
    assert pages.hits["/mug"] == hits + 1
    assert model.wrote == {1: 1, 2: 1}
    now = [row(CTAIFramePreview, preview_id_of(result, position)) for position in range(3)]
    assert [(preview.status, preview.attempt) for preview in now] == [
        ("done", 1), ("done", 2), ("done", 2),
    ]  # fmt: skip
    assert (now[0].prefill, now[0].updated_at) == (kept.prefill, kept.updated_at)
    assert (bulk_task(result).status, bulk_task(result).error_message) == ("done", None)


def test_a_page_run_again_that_fails_again_says_so_everywhere(
    pages: Pages, database: Engine, down: set[str]
) -> None:
    down.add("/mug")
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 2}])
    with pytest.raises(Exception, match="The page is gone"):
        process_url(result.sources[0].source_id)
    source = row(CTABulkGenerateSource, result.sources[0].source_id)
    assert (source.status, bulk_task(result).status) == ("failed", "failed")
    assert "The page is gone" in str(source.error_message)
    assert str(bulk_task(result).error_message).startswith("2 of 2 previews failed. The page is")


def test_a_preview_waits_for_its_slot_while_it_is_queued(
    pages: Pages, model: Model, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = two_failed(pages, model)
    preview_id = preview_id_of(result, 1)
    waited: list[list[str]] = []

    def wait(*_: object) -> None:
        preview = row(CTAIFramePreview, preview_id)
        waited.append([preview.status, bulk_task(result).status])

    monkeypatch.setattr("tasks.claims.wait_for_generation_slot", wait)
    assert generate_preview(preview_id) == preview_id

    assert waited == [["queued", "running"]]
    assert model.wrote == {1: 1}
    again = row(CTAIFramePreview, preview_id)
    assert (again.status, again.attempt, again.error_message) == ("done", 2, None)
    assert again.started_at < again.finished_at
    path = ["queued", "running", "failed", "queued", "running", "done"]
    assert path in moves("cta_iframe_preview")
    assert moves("cta_bulk_generate_task") == [["pending", "running", "done", "running", "done"]]
    told = "1 of 3 previews failed. The model would not write number 2."
    assert bulk_task(result).error_message == told


def test_a_part_of_a_batch_waits_for_one_slot(
    pages: Pages, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots: list[str] = []
    monkeypatch.setattr("tasks.claims.wait_for_generation_slot", lambda *_: slots.append("claim"))
    monkeypatch.setattr(
        "flows.process_url.wait_for_generation_slot", lambda *_: slots.append("map")
    )
    bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 2}])
    assert slots == ["map"] * 2


@pytest.mark.long
def test_a_run_that_prefect_begins_once_more_makes_what_is_not_done(
    pages: Pages, database: Engine, model: Model
) -> None:
    """As the button Retry does, for a run that failed and for one whose process died."""
    result = two_failed(pages, model)
    source_id = result.sources[0].source_id
    model.refuses = {2}
    process_url(source_id)
    [run] = [run for run in runs_of(f"source {source_id}") if not run.parent_task_run_id]
    model.wrote.clear()

    retry(process_url, run, source_id=source_id)
    assert model.wrote == {2: 1}
    with unit_of_work() as session:
        session.execute(update(CTAIFramePreview).values(status="running").where(LAST))
        session.execute(update(CTABulkGenerateSource).values(status="running"))
        session.execute(update(CTABulkGenerateTask).values(status="running"))
    model.refuses = set()
    retry(process_url, run, source_id=source_id)
    assert model.wrote == {2: 2}
    found = [row(CTAIFramePreview, preview_id_of(result, position)) for position in range(3)]
    assert [preview.status for preview in found] == ["done"] * 3
    assert [preview.attempt for preview in found] == [1, 2, 4]
    assert bulk_task(result).status == "done"


LAST = CTAIFramePreview.position == 2


def retry(started_flow: Any, run: FlowRun, **parameters: Any) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
        run = client.read_flow_run(run.id)
    run_flow(started_flow, flow_run=run, parameters=parameters, return_type="state")


@pytest.mark.long
def test_two_previews_of_one_batch_are_made_again_at_the_same_time(
    pages: Pages, database: Engine, model: Model
) -> None:
    result = two_failed(pages, model)
    model.holds = {1, 2}
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(generate_preview, preview_id_of(result, at)) for at in (1, 2)]
        for _ in runs:
            assert model.begun.acquire(timeout=60)
        assert bulk_task(result).status == "running"
        assert bulk_task(result).finished_at is None
        model.go_on.set()
        for run in runs:
            run.result(60)
    assert (bulk_task(result).status, bulk_task(result).error_message) == ("done", None)
    assert row(CTABulkGenerateSource, result.sources[0].source_id).status == "done"


@pytest.mark.long
def test_a_batch_that_is_still_at_work_refuses(
    pages: Pages, database: Engine, model: Model
) -> None:
    model.holds, model.refuses = {1}, {0}
    with ThreadPoolExecutor(1) as thread:
        batch = thread.submit(bulk_generate, [{"url": f"{pages.url}/mug", "batch_size": 2}])
        assert model.begun.acquire(timeout=60)
        with unit_of_work() as session:
            found = session.query(CTAIFramePreview).order_by(CTAIFramePreview.position).all()
        for run_again in (
            lambda: generate_preview(found[0].id),
            lambda: generate_preview(found[1].id),
            lambda: process_url(found[0].source_id),
        ):
            with pytest.raises(BulkTaskUnderWay, match="Wait for its end"):
                run_again()
        assert row(CTAIFramePreview, found[1].id).status == "running"
        model.go_on.set()
        result = batch.result(60)
    assert result.progress == {"total": 2, "queued": 0, "running": 0, "done": 1, "failed": 1}
    assert model.wrote == {0: 1, 1: 1}


def test_what_is_done_is_refused_with_a_sentence_and_costs_nothing(
    pages: Pages, database: Engine, model: Model
) -> None:
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 1}])
    model.wrote.clear()
    preview_id, source_id = preview_id_of(result, 0), result.sources[0].source_id
    with pytest.raises(PreviewNotFailed):
        generate_preview(preview_id)
    with pytest.raises(SourceNotFailed):
        process_url(source_id)
    assert not model.wrote
    assert bulk_task(result).status == "done"
    [refused] = [run for run in runs_of(f"preview {preview_id}") if not run.parent_task_run_id]
    assert refused.state_name == "Failed"
    assert f"The preview {preview_id} is done" in str(refused.state.message)


def test_an_id_that_is_not_right_is_named(database: Engine) -> None:
    batch = end_a_batch()
    with pytest.raises(UnknownRecord, match="it is the id of a preview"):
        process_url(batch.failed[0])
    with pytest.raises(UnknownRecord, match="it is the id of a source"):
        generate_preview(batch.read)
    with pytest.raises(UnknownRecord, match="There is no preview with the id"):
        generate_preview(uuid4())
    with pytest.raises(ParameterTypeError, match="valid UUID"):
        process_url("monday")
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]


@pytest.mark.long
def test_a_part_makes_nothing_of_a_row_that_another_run_owns(
    pages: Pages, database: Engine, model: Model
) -> None:
    result = two_failed(pages, model)
    preview_id, source_id = preview_id_of(result, 1), result.sources[0].source_id
    other_run = uuid4()
    with unit_of_work() as session:
        reopening.reopen_preview(session, preview_id, other_run)
        previews.start(session, preview_id, other_run)

    @flow
    def parent() -> list[Any]:
        states = [generate_preview(preview_id, return_state=True)]
        states.append(process_url(source_id, return_state=True))
        return [state.result(raise_on_failure=False) for state in states]

    outcomes = parent()
    assert [type(outcome) for outcome in outcomes] == [PreviewNotOwned, SourceNotOwned]
    assert not model.wrote
    preview = row(CTAIFramePreview, preview_id)
    assert (preview.status, preview.flow_run_id) == ("running", other_run)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Cancelling(), "The run was cancelled; it can be run again."),
        (Crashed(message="Killed."), "The run crashed and can be run again. Killed."),
    ],
)
def test_a_run_that_is_cancelled_or_crashes_leaves_nothing_moving(
    database: Engine, state: State[Any], told: str
) -> None:
    batch = end_a_batch()
    page_run = own_run(source_id=str(batch.read))
    hooks.mark_source_running(None, page_run, state)
    assert batch.source().status == "done"
    with unit_of_work() as session:
        reopening.reopen_source(session, batch.read, page_run.id)
    hooks.settle_source(None, page_run, state)
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]
    assert batch.preview(1).error_message == told

    run = own_run(preview_id=str(batch.failed[0]))
    with unit_of_work() as session:
        reopening.reopen_preview(session, batch.failed[0], run.id)
    hooks.mark_preview_running(None, run, state)
    assert batch.preview(1).status == "queued"
    hooks.mark_preview_failed(None, run, state)
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]
    assert_same_end(batch, run, state)


def assert_same_end(batch: EndedBatch, run: FlowRun, state: State[Any]) -> None:
    """Nothing moves when the hook comes once more, or for a run that was refused."""
    ended = batch.bulk_task().finished_at
    hooks.mark_preview_failed(None, run, state)
    hooks.mark_preview_done(None, own_run(preview_id=str(batch.failed[0])), state)
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]
    assert batch.bulk_task().finished_at == ended


def own_run(**parameters: str) -> FlowRun:
    return FlowRun(id=uuid4(), flow_id=uuid4(), name="run", parameters=parameters)
