"""Rows whose run died, put right by what a real Prefect server says of the run."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Crashed, Failed, Paused, Pending, Running
from sqlalchemy import Engine, delete, event, func, update

from db import bulk_tasks, previews, reopening, sources
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
)
from db.session import unit_of_work
from flows import bulk_generate
from flows.generate_preview import generate_preview
from flows.process_url import process_url
from flows.reconcile import Reconciled, put_right, reconcile
from tests.db.conftest import save_product
from tests.db.ended_batch import FILLED, end_a_batch, row, running_batch
from tests.pages import Pages

# The package gives the flow of this name, and not the module.
RECONCILE = import_module("flows.reconcile")
NOTHING = Reconciled(0, 0, 0)
ONE_BULK_TASK = Reconciled(previews=0, sources=0, bulk_tasks=1)
ROWS = (CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks get no time of their own."""
    monkeypatch.setattr(RECONCILE, "GRACE", timedelta(0))


def run_in(state: State[Any]) -> UUID:
    """A run that Prefect has in a state."""
    with get_client(sync_client=True) as client:
        return client.create_flow_run(
            generate_preview, parameters={"preview_id": str(uuid4())}, state=state
        ).id


def make_older(age: timedelta) -> None:
    """Let all rows have been written a while ago."""
    with unit_of_work() as session:
        for record in ROWS:
            session.execute(update(record).values(updated_at=func.now() - age))


class Batch:
    """A bulk task at work: of its three previews one is filled, one is begun, and one waits."""

    def __init__(self, bulk_run: UUID, source_run: UUID, preview_run: UUID) -> None:
        images = [f"https://shop.example/{number}.jpg" for number in range(3)]
        with running_batch(bulk_run) as (session, self.bulk_task_id, self.source_id, self.other):
            product_id = save_product(session)
            sources.start(session, self.source_id, source_run)
            self.preview_ids = previews.queue(session, self.source_id, product_id, images)
            for preview_id in self.preview_ids[:2]:
                previews.start(session, preview_id, preview_run)
            previews.fill(session, self.preview_ids[0], preview_run, FILLED)

    def statuses(self) -> list[str]:
        """Of the bulk task, its sources and the previews."""
        return [
            row(CTABulkGenerateTask, self.bulk_task_id).status,
            *(row(CTABulkGenerateSource, one).status for one in (self.source_id, self.other)),
            *(row(CTAIFramePreview, one).status for one in self.preview_ids),
        ]

    def reason(self, record: Any, row_id: UUID) -> str:
        return str(row(record, row_id).error_message)


AT_WORK = ["running", "running", "pending", "running", "running", "queued"]
ALL_ENDED = ["done", "done", "failed", "done", "failed", "failed"]


@pytest.mark.usefixtures("prefect_server", "at_once")
@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Cancelled(), "The run was cancelled; it can be run again."),
        (Crashed(message="Killed."), "The run crashed and can be run again. Killed."),
        (
            Failed(message="Flow run encountered an exception: PageGone: The page is gone."),
            "The page is gone.",
        ),
        (Failed(message="Out of luck."), "The run failed and can be run again. Out of luck."),
        (Completed(), "The run ended before this was finished; it can be run again."),
    ],
)
def test_rows_end_as_the_hooks_of_their_run_would_have_ended_them(
    database: Engine, state: State[Any], told: str
) -> None:
    batch = Batch(*(run_in(state) for _ in range(3)))
    assert put_right() == ONE_BULK_TASK
    assert batch.statuses() == ALL_ENDED
    for preview_id in batch.preview_ids[1:]:
        assert batch.reason(CTAIFramePreview, preview_id) == told
    assert "2 of 3 previews failed" in batch.reason(CTABulkGenerateSource, batch.source_id)
    assert "4 of 5 previews failed" in batch.reason(CTABulkGenerateTask, batch.bulk_task_id)
    assert put_right() == NOTHING


@pytest.mark.usefixtures("prefect_server", "at_once")
@pytest.mark.parametrize("state", [Pending(), Running(), Paused(timeout_seconds=60)])
def test_rows_of_runs_that_prefect_takes_for_alive_are_left_alone(
    database: Engine, state: State[Any]
) -> None:
    batch = Batch(*(run_in(state) for _ in range(3)))
    assert put_right() == NOTHING
    assert batch.statuses() == AT_WORK


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_a_part_that_died_is_left_to_the_run_above_it_that_is_alive(database: Engine) -> None:
    batch = Batch(run_in(Running()), run_in(Running()), run_in(Crashed()))
    assert put_right() == NOTHING
    assert batch.statuses() == AT_WORK


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_what_is_a_part_of_a_dead_run_ends_with_it(database: Engine) -> None:
    """Prefect takes the parts of a process that was killed for running, for ever."""
    batch = Batch(run_in(Crashed(message="Killed.")), run_in(Running()), run_in(Running()))
    assert put_right() == ONE_BULK_TASK
    assert batch.statuses() == ALL_ENDED


@pytest.mark.usefixtures("prefect_server")
def test_hooks_get_a_minute_after_the_row_was_written_and_after_the_run_ended(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = Batch(*(run_in(Crashed()) for _ in range(3)))
    with monkeypatch.context() as long_ended:
        long_ended.setattr(RECONCILE, "_ended_a_while_ago", State.is_final)
        assert put_right() == NOTHING, "the rows were written just now"
    make_older(timedelta(minutes=2))
    assert put_right() == NOTHING, "the runs have ended just now"
    monkeypatch.setattr(RECONCILE, "GRACE", timedelta(0))
    put_right()
    assert batch.statuses() == ALL_ENDED


@pytest.mark.usefixtures("prefect_server")
def test_a_run_that_prefect_does_not_know_is_dead_when_its_bulk_task_is_quiet(
    database: Engine,
) -> None:
    """A server that is named by mistake knows none of the runs that are at work."""
    batch = Batch(uuid4(), uuid4(), uuid4())
    make_older(timedelta(minutes=90))
    with unit_of_work() as session:
        previews.start(session, batch.preview_ids[2], uuid4())
    assert put_right() == NOTHING
    make_older(timedelta(minutes=90))
    assert put_right() == ONE_BULK_TASK
    assert batch.statuses() == ALL_ENDED
    told = batch.reason(CTAIFramePreview, batch.preview_ids[1])
    assert told == "Prefect does not know the run any more; it can be run again."


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_a_bulk_task_that_never_got_a_run_is_left_to_the_api(database: Engine) -> None:
    with running_batch(run_in(Cancelled())) as (_session, cancelled, *_sources):
        pass
    with running_batch(uuid4()) as (session, waiting, *_sources):
        session.execute(
            update(CTABulkGenerateTask)
            .where(CTABulkGenerateTask.id == waiting)
            .values(flow_run_id=None)
        )
    make_older(timedelta(days=1))
    assert put_right() == Reconciled(previews=0, sources=0, bulk_tasks=1)
    assert row(CTABulkGenerateTask, waiting).status == "pending"
    assert row(CTABulkGenerateTask, cancelled).status == "failed"


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_what_was_run_again_by_a_run_that_died_ends_with_what_it_is_a_part_of(
    database: Engine,
) -> None:
    page, preview = end_a_batch("one"), end_a_batch("two")
    with unit_of_work() as session:
        reopening.reopen_source(session, page.read, run_in(Crashed()))
        reopening.reopen_preview(session, preview.failed[0], run_in(Crashed()))
    assert put_right() == Reconciled(previews=1, sources=1, bulk_tasks=0)
    for batch in (page, preview):
        assert batch.statuses() == ["done", "done", "done", "failed", "failed"]
        assert batch.bulk_task().finished_at


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_what_is_run_again_by_a_run_that_is_alive_is_left_alone(database: Engine) -> None:
    """Its former runs have all ended."""
    batch = end_a_batch()
    with unit_of_work() as session:
        ended, alive = run_in(Completed()), run_in(Running())
        for record in ROWS:
            session.execute(update(record).values(flow_run_id=ended))
        reopening.reopen_preview(session, batch.failed[0], alive)
    assert put_right() == NOTHING
    assert batch.statuses() == ["running", "running", "done", "queued", "failed"]


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_what_was_reopened_for_a_preview_that_was_deleted_ends(database: Engine) -> None:
    batch = end_a_batch()
    with unit_of_work() as session:
        reopening.reopen_preview(session, batch.failed[0], run_in(Running()))
        session.execute(delete(ECommerceProduct))
    assert put_right() == Reconciled(previews=0, sources=1, bulk_tasks=0)
    assert (batch.bulk_task().status, batch.source().status) == ("failed", "failed")


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_however_many_runs_there_are_each_is_asked_for(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.runs._RUNS_PER_CALL", 2)
    for _ in range(5):
        Batch(run_in(Crashed()), run_in(Crashed()), run_in(Crashed()))
    assert put_right() == Reconciled(previews=0, sources=0, bulk_tasks=5)


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_several_at_once_and_late_hooks_do_no_harm(database: Engine) -> None:
    runs = [run_in(Crashed(message="Killed.")) for _ in range(3)]
    batches = [Batch(*runs) for _ in range(8)]
    errors: list[BaseException] = []

    @event.listens_for(database, "handle_error")
    def note(context: Any) -> None:
        errors.append(context.original_exception)

    def late_hooks(batch: Batch) -> Reconciled:
        with unit_of_work() as session:
            sources.settle(session, batch.source_id, runs[1], "The run crashed.")
        with unit_of_work() as session:
            bulk_tasks.settle(session, batch.bulk_task_id, runs[0], "The run crashed.")
        return NOTHING

    work: list[Callable[[], Reconciled]] = [put_right] * 4
    work += [lambda batch=batch: late_hooks(batch) for batch in batches[:4]]  # type: ignore[misc]
    try:
        with ThreadPoolExecutor(8) as threads:
            ended = [future.result(60) for future in [threads.submit(one) for one in work]]
    finally:
        event.remove(database, "handle_error", note)
    assert errors == []
    assert [batch.statuses() for batch in batches] == [ALL_ENDED] * 8
    assert sum(one.bulk_tasks for one in ended) <= 8
    assert put_right() == NOTHING


@pytest.mark.usefixtures("prefect_server", "at_once")
def test_the_flow_says_what_it_did(
    database: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RECONCILE, "get_run_logger", lambda: logging.getLogger("tests"))
    Batch(*(run_in(Crashed()) for _ in range(3)))
    with caplog.at_level("INFO"):
        assert reconcile() == ONE_BULK_TASK
        assert reconcile() == NOTHING
    told = "Put right what runs that died had left: 1 bulk task."
    assert told in caplog.messages
    assert "No row is left of a run that died." in caplog.messages


def run_of(parameters: dict[str, Any], work: Any = bulk_generate) -> UUID:
    """A run that Prefect has at work, of a process that is gone."""
    with get_client(sync_client=True) as client:
        return client.create_flow_run(work, parameters=parameters, state=Running()).id


def is_alive(run_id: UUID) -> bool:
    with get_client(sync_client=True) as client:
        return not client.read_flow_run(run_id).state.is_final()


@pytest.mark.usefixtures("prefect_server")
def test_runs_that_are_at_work_on_nothing_are_closed_and_those_of_other_databases_are_not(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = end_a_batch()
    named = {"bulk_task_id": str(batch.bulk_task_id)}
    orphans = [
        run_of(named),
        run_of({"source_id": str(batch.read)}, process_url),
        run_of({"preview_id": str(batch.done)}, generate_preview),
    ]
    elsewhere = [
        run_of({"bulk_task_id": str(uuid4())}),
        run_of({"preview_id": str(uuid4())}, generate_preview),
    ]
    unrecorded = run_of({"sources": []})
    assert put_right() == NOTHING, "they are young"
    monkeypatch.setattr(RECONCILE, "ORPHANED_AFTER", timedelta(0))
    assert put_right() == Reconciled(0, 0, 0, runs_closed=3)
    assert not any(map(is_alive, orphans))
    monkeypatch.setattr(RECONCILE, "FORGOTTEN_AFTER", timedelta(0))
    assert put_right() == Reconciled(0, 0, 0, runs_closed=1)
    assert not is_alive(unrecorded)
    assert all(map(is_alive, elsewhere))


@pytest.mark.usefixtures("prefect_server")
def test_a_run_of_its_own_that_a_dead_worker_left_is_closed(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = run_of({}, reconcile)
    assert put_right() == NOTHING, "it may be at it still"
    monkeypatch.setattr(RECONCILE, "OVERDUE_AFTER", timedelta(0))
    assert put_right() == Reconciled(0, 0, 0, runs_closed=1)
    assert not is_alive(left)


@pytest.mark.usefixtures("prefect_server")
def test_a_run_whose_bulk_task_is_in_another_database_is_known_by_its_task(
    database: Engine, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 1}])
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(result.bulk_task_id, Running(), force=True)
    with unit_of_work() as session:
        session.execute(delete(CTABulkGenerateTask))
    monkeypatch.setattr(RECONCILE, "ORPHANED_AFTER", timedelta(0))
    monkeypatch.setattr(RECONCILE, "FORGOTTEN_AFTER", timedelta(0))
    assert put_right().runs_closed == 0
    assert is_alive(result.bulk_task_id)
