"""What has ended is run again as a new attempt, and nothing else about it changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db import bulk_tasks, previews, reopening, sources
from db.errors import (
    BulkTaskReopened,
    BulkTaskUnderWay,
    NotRunAgain,
    PreviewNotFailed,
    PreviewNotOwned,
    PreviewUnderWay,
    SourceNotFailed,
    SourceUnderWay,
    UnknownRecord,
)
from db.models import CTABulkGenerateSource, CTABulkGenerateTask
from db.session import unit_of_work
from tests.db.ended_batch import FILLED, EndedBatch, end_a_batch, row, running_batch

Act = Callable[..., Any]


@pytest.fixture
def ended(database: Engine) -> EndedBatch:
    return end_a_batch()


def do(act: Act, *arguments: Any) -> Any:
    with unit_of_work() as session:
        return act(session, *arguments)


def make(preview_id: UUID, run_id: UUID) -> None:
    """What a run does that makes a preview again by itself."""
    do(reopening.reopen_preview, preview_id, run_id)
    do(previews.start, preview_id, run_id)
    do(previews.fill, preview_id, run_id, FILLED)
    do(reopening.settle_preview, preview_id, run_id)


def test_a_failed_preview_is_queued_as_a_new_attempt(ended: EndedBatch) -> None:
    run_id = uuid4()
    do(reopening.reopen_preview, ended.failed[0], run_id)
    preview, source, bulk_task = ended.preview(1), ended.source(), ended.bulk_task()
    assert (preview.status, preview.attempt, preview.flow_run_id) == ("queued", 2, run_id)
    assert preview.error_message is preview.finished_at is None
    assert (source.status, source.flow_run_id) == ("running", ended.source_run)
    assert (bulk_task.status, bulk_task.flow_run_id) == ("running", ended.bulk_run)
    assert bulk_task.finished_at is bulk_task.error_message is source.error_message is None
    assert ended.preview(2).status == "failed"


def test_the_last_part_to_end_settles_what_it_is_a_part_of(ended: EndedBatch) -> None:
    first, second = uuid4(), uuid4()
    do(reopening.reopen_preview, ended.failed[0], first)
    do(reopening.reopen_preview, ended.failed[1], second)
    do(reopening.settle_preview, ended.failed[0], first, "The picture is still broken.")
    assert ended.statuses() == ["running", "running", "done", "failed", "queued"]
    do(previews.start, ended.failed[1], second)
    do(previews.fill, ended.failed[1], second, FILLED)
    do(reopening.settle_preview, ended.failed[1], second)
    assert ended.statuses() == ["done", "done", "done", "failed", "done"]
    told = "1 of 3 previews failed. The picture is still broken."
    assert ended.source().error_message == told
    assert str(ended.bulk_task().error_message).startswith("3 of 5 previews failed. ")
    assert ended.bulk_task().finished_at
    assert ended.bulk_task().flow_run_id == ended.bulk_run


def test_a_batch_of_which_nothing_failed_any_more_says_nothing(ended: EndedBatch) -> None:
    for preview_id in ended.failed:
        make(preview_id, uuid4())
    assert ended.source().error_message is None
    assert ended.bulk_task().error_message == "2 of 5 previews failed. The page is gone. (2×)"


def test_it_may_be_run_again_as_often_as_it_fails(ended: EndedBatch) -> None:
    for attempt in (2, 3, 4):
        run_id = uuid4()
        do(reopening.reopen_preview, ended.failed[0], run_id)
        assert ended.preview(1).attempt == attempt
        do(reopening.settle_preview, ended.failed[0], run_id, "It failed again.")
        assert ended.statuses() == ["done", "done", "done", "failed", "failed"]


@pytest.mark.parametrize("reason", [None, "The run was cancelled."])
def test_late_hooks_of_the_former_runs_end_nothing(ended: EndedBatch, reason: str | None) -> None:
    run_id = uuid4()
    do(reopening.reopen_preview, ended.failed[0], run_id)
    do(previews.start, ended.failed[0], run_id)
    before = ended.statuses()
    do(bulk_tasks.settle, ended.bulk_task_id, ended.bulk_run, reason)
    do(bulk_tasks.start, ended.bulk_task_id, ended.bulk_run)
    do(sources.settle, ended.read, ended.source_run, reason)
    do(previews.fail, ended.failed[0], ended.preview_run, "late")
    do(bulk_tasks.give_up, ended.bulk_task_id, "late")
    assert ended.statuses() == before == ["running", "running", "done", "running", "failed"]


@pytest.mark.parametrize("whole_source", [True, False])
def test_the_run_that_failed_to_make_a_preview_cannot_fill_it_any_more(
    ended: EndedBatch, whole_source: bool
) -> None:
    if whole_source:
        do(reopening.reopen_source, ended.read, uuid4())
    else:
        do(reopening.reopen_preview, ended.failed[0], uuid4())
    with pytest.raises(PreviewNotOwned):
        do(previews.fill, ended.failed[0], ended.preview_run, FILLED)
    assert not do(previews.complete, ended.failed[0], ended.preview_run)
    assert not do(previews.fail, ended.failed[0], ended.preview_run, "late")
    assert ended.preview(1).status == "queued"


def test_a_done_preview_is_not_made_again(ended: EndedBatch) -> None:
    before = ended.preview(0).updated_at
    with pytest.raises(PreviewNotFailed, match="is done, and only one that failed is made again"):
        do(reopening.reopen_preview, ended.done, uuid4())
    assert ended.preview(0).updated_at == before
    assert ended.statuses() == ["done", "done", "done", "failed", "failed"]


def test_a_preview_that_is_being_made_again_belongs_to_one_run(ended: EndedBatch) -> None:
    first = uuid4()
    do(reopening.reopen_preview, ended.failed[0], first)
    with pytest.raises(PreviewUnderWay, match=f"the run {first} is at work"):
        do(reopening.reopen_preview, ended.failed[0], uuid4())
    assert (ended.preview(1).flow_run_id, ended.preview(1).attempt) == (first, 2)


def test_a_run_that_claims_twice_has_one_attempt_unless_it_had_begun(ended: EndedBatch) -> None:
    run_id = uuid4()
    for _ in range(2):
        do(reopening.reopen_preview, ended.failed[0], run_id)
        assert (ended.preview(1).status, ended.preview(1).attempt) == ("queued", 2)
    do(previews.start, ended.failed[0], run_id)
    do(reopening.reopen_preview, ended.failed[0], run_id)
    assert (ended.preview(1).status, ended.preview(1).attempt) == ("queued", 3)


def test_a_bulk_task_whose_own_run_is_at_work_refuses(database: Engine) -> None:
    bulk_run = uuid4()
    with running_batch(bulk_run) as (session, bulk_task_id, source_id, _):
        sources.start(session, source_id, uuid4())
        session.execute(update(CTABulkGenerateSource).values(status="failed", error_message="no"))
    with pytest.raises(BulkTaskUnderWay, match=f"{bulk_task_id} is under way: the run {bulk_run}"):
        do(reopening.reopen_source, source_id, uuid4())
    assert row(CTABulkGenerateTask, bulk_task_id).status == "running"
    assert row(CTABulkGenerateSource, source_id).status == "failed"


def test_a_refused_run_ends_nothing(database: Engine) -> None:
    """Rows that no run has claimed yet are whoever's runs come first, in their bulk task alone."""
    stranger = uuid4()
    with running_batch(uuid4()) as (_session, bulk_task_id, source_id, _second):
        pass
    with pytest.raises(BulkTaskUnderWay):
        do(reopening.reopen_source, source_id, stranger)
    do(reopening.settle_source, source_id, stranger, "The bulk task is under way.")
    do(reopening.settle_source, uuid4(), stranger, "There is no such source.")
    do(reopening.settle_preview, uuid4(), stranger, "There is no such preview.")
    assert row(CTABulkGenerateSource, source_id).status == "pending"
    assert row(CTABulkGenerateTask, bulk_task_id).status == "pending"


def test_a_source_run_again_makes_what_is_missing(ended: EndedBatch) -> None:
    run_id = uuid4()
    do(reopening.reopen_source, ended.read, run_id)
    assert ended.source().flow_run_id == run_id
    assert ended.statuses() == ["running", "running", "done", "queued", "queued"]
    images = [f"https://shop.example/new-{number}.jpg" for number in range(3)]
    queued = do(previews.queue, ended.read, ended.product_id, images)
    assert queued == list(ended.failed)
    assert ended.preview(0).source_image_url == "https://shop.example/0.jpg"
    assert ended.preview(1).source_image_url == "https://shop.example/new-1.jpg"
    assert [ended.preview(position).attempt for position in range(3)] == [1, 2, 2]
    part = uuid4()
    for preview_id in ended.failed:
        assert do(previews.start, preview_id, part)
        do(previews.fill, preview_id, part, FILLED)
        assert do(previews.complete, preview_id, part)
    do(reopening.settle_source, ended.read, run_id)
    assert ended.statuses() == ["done"] * 5
    assert ended.bulk_task().error_message == "2 of 5 previews failed. The page is gone. (2×)"


def test_a_page_that_was_never_read_may_be_run_again(ended: EndedBatch) -> None:
    run_id = uuid4()
    do(reopening.reopen_source, ended.unread, run_id)
    images = ["https://shop.example/1.jpg"] * 2
    assert len(do(previews.queue, ended.unread, ended.product_id, images)) == 2
    do(reopening.settle_source, ended.unread, run_id, "The run crashed.")
    assert row(CTABulkGenerateSource, ended.unread).status == "failed"
    assert ended.bulk_task().status == "done"
    reasons = ("The picture is broken. (2×)", "The run crashed. (2×)")
    assert ended.bulk_task().error_message in {
        f"4 of 5 previews failed. {' '.join(order)}" for order in permutations(reasons)
    }


def test_a_source_of_which_all_is_done_is_not_run_again(ended: EndedBatch) -> None:
    for preview_id in ended.failed:
        make(preview_id, uuid4())
    with pytest.raises(SourceNotFailed, match=r"All previews of the source .* are done \(3\)"):
        do(reopening.reopen_source, ended.read, uuid4())
    assert ended.statuses() == ["done"] * 5


def test_a_source_and_its_previews_are_not_run_again_at_the_same_time(ended: EndedBatch) -> None:
    part = uuid4()
    do(reopening.reopen_preview, ended.failed[0], part)
    with pytest.raises(SourceUnderWay, match=f"the run {part} is at work"):
        do(reopening.reopen_source, ended.read, uuid4())
    do(reopening.settle_preview, ended.failed[0], part, "It failed.")
    whole = uuid4()
    do(reopening.reopen_source, ended.read, whole)
    do(previews.start, ended.failed[0], part)
    do(previews.fail, ended.failed[0], part, "It failed.")
    with pytest.raises(SourceUnderWay, match=f"the run {whole} is at work"):
        do(reopening.reopen_preview, ended.failed[0], uuid4())
    # Another source of the same bulk task may.
    do(reopening.reopen_source, ended.unread, uuid4())


def test_an_id_that_is_unknown_or_of_another_kind_is_named(ended: EndedBatch) -> None:
    for act, record_id, kind in [
        (reopening.reopen_source, ended.done, "preview"),
        (reopening.reopen_source, ended.bulk_task_id, "bulk task"),
        (reopening.reopen_preview, ended.read, "source"),
    ]:
        with pytest.raises(UnknownRecord, match=f"{record_id}: it is the id of a {kind}"):
            do(act, record_id, uuid4())
    for act in (reopening.reopen_source, reopening.reopen_preview):
        with pytest.raises(UnknownRecord, match=r"^There is no \w+ with the id [0-9a-f-]+\.$"):
            do(act, uuid4(), uuid4())


def test_a_run_that_comes_late_to_a_bulk_task_that_was_given_up_gets_nothing(
    database: Engine,
) -> None:
    with running_batch(uuid4()) as (session, bulk_task_id, source_id, _):
        session.execute(update(CTABulkGenerateTask).values(flow_run_id=None))
    do(bulk_tasks.give_up, bulk_task_id, "Prefect was away.")
    do(reopening.reopen_source, source_id, uuid4())
    with pytest.raises(BulkTaskReopened):
        do(bulk_tasks.own, bulk_task_id, uuid4())
    do(bulk_tasks.give_up, bulk_task_id, "Prefect was away.")
    assert row(CTABulkGenerateTask, bulk_task_id).flow_run_id is None
    assert row(CTABulkGenerateTask, bulk_task_id).status == "running"
    assert row(CTABulkGenerateSource, source_id).status == "running"


def test_the_former_run_gets_nothing_that_is_being_run_again(ended: EndedBatch) -> None:
    """Begun once more in Prefect, it would take its sources over."""
    do(bulk_tasks.own, ended.bulk_task_id, ended.bulk_run)
    run_id = uuid4()
    do(reopening.reopen_source, ended.read, run_id)
    with pytest.raises(BulkTaskReopened, match="are being run again by themselves"):
        do(bulk_tasks.own, ended.bulk_task_id, ended.bulk_run)
    do(reopening.settle_source, ended.read, run_id, "It failed.")
    do(bulk_tasks.own, ended.bulk_task_id, ended.bulk_run)


def test_many_runs_at_once_end_in_one_attempt_each_and_a_settled_bulk_task(
    database: Engine,
) -> None:
    batches = [end_a_batch(f"team-{number}") for number in range(3)]
    wanted = [preview_id for batch in batches for preview_id in batch.failed * 4]

    def run_again(preview_id: UUID) -> int:
        try:
            make(preview_id, uuid4())
        except NotRunAgain:
            return 0
        return 1

    with ThreadPoolExecutor(12) as threads:
        made = list(threads.map(run_again, wanted))
    assert sum(made) == 6
    for batch in batches:
        assert batch.statuses() == ["done"] * 5
        assert [batch.preview(position).attempt for position in range(3)] == [1, 2, 2]


def test_of_two_parts_that_end_at_once_one_settles_the_bulk_task(
    database: Engine, ended: EndedBatch
) -> None:
    """Neither sees the end of the other before it is committed: they take turns."""
    preview_run, page_run = uuid4(), uuid4()
    do(reopening.reopen_preview, ended.failed[0], preview_run)
    do(reopening.reopen_source, ended.unread, page_run)
    with ThreadPoolExecutor(1) as thread, unit_of_work() as session:
        reopening.settle_preview(session, ended.failed[0], preview_run, "It failed.")
        other = thread.submit(do, reopening.settle_source, ended.unread, page_run, "Gone.")
        with suppress(TimeoutError):
            other.result(0.5)
        session.commit()
        other.result(10)
    assert ended.statuses() == ["done", "done", "done", "failed", "failed"]


def test_pages_and_previews_at_once_and_late_hooks_make_no_deadlock(database: Engine) -> None:
    batches = [end_a_batch(f"team-{number}") for number in range(2)]
    deadlocks: list[BaseException] = []

    @event.listens_for(database, "handle_error")
    def note(context: Any) -> None:
        deadlocks.append(context.original_exception)

    def one_round(batch: EndedBatch) -> None:
        run_id = uuid4()
        for act in (
            lambda: make(batch.failed[0], run_id),
            lambda: do(bulk_tasks.settle, batch.bulk_task_id, batch.bulk_run, "late"),
            lambda: do(reopening.reopen_source, batch.read, run_id),
            lambda: do(previews.queue, batch.read, batch.product_id, ["a", "b", "c"]),
            lambda: do(sources.settle, batch.read, batch.source_run, "late"),
            lambda: do(reopening.settle_source, batch.read, run_id, "It failed."),
        ):
            with suppress(NotRunAgain, PreviewNotOwned):
                act()

    try:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(one_round, batches * 12))
    finally:
        event.remove(database, "handle_error", note)
    assert deadlocks == []
    for batch in batches:
        assert "running" not in batch.statuses()
        assert "queued" not in batch.statuses()


def test_a_source_that_starts_waits_for_its_bulk_task_first(database: Engine) -> None:
    """Whoever ends a bulk task locks it before its sources: the other way round is a deadlock."""
    with running_batch(uuid4()) as (_, bulk_task_id, source_id, _second):
        pass
    with ThreadPoolExecutor(1) as thread, unit_of_work() as session:
        lock(session, CTABulkGenerateTask, bulk_task_id)
        started = thread.submit(do, sources.start, source_id, uuid4())
        wait_until_somebody_waits(database)
        try:
            lock(session, CTABulkGenerateSource, source_id)
        except OperationalError:
            pytest.fail("The source was locked before its bulk task.")
        session.commit()
        assert started.result(10)


def lock(session: Session, record: Any, row_id: UUID) -> None:
    session.execute(select(record.id).where(record.id == row_id).with_for_update(nowait=True))


def wait_until_somebody_waits(database: Engine) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with database.connect() as connection:
        while not connection.exec_driver_sql(waiting).scalar():
            connection.rollback()
