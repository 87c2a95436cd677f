"""A status moves forwards, by the run that owns the row, and never because a write came late."""

import threading
from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from catalog.product import Source
from db import bulk_tasks, previews, sources
from db.errors import PreviewNotOwned
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from tests.db.conftest import save_product

MakeDone = Callable[[UUID, UUID], None]


def preview(session: Session, preview_id: UUID) -> CTAIFramePreview:
    return session.get_one(CTAIFramePreview, preview_id, populate_existing=True)


def source(session: Session, source_id: UUID) -> CTABulkGenerateSource:
    return session.get_one(CTABulkGenerateSource, source_id, populate_existing=True)


def bulk_task(session: Session, bulk_task_id: UUID) -> CTABulkGenerateTask:
    return session.get_one(CTABulkGenerateTask, bulk_task_id, populate_existing=True)


def test_a_preview_is_queued_then_running_then_done(
    session: Session, preview_ids: list[UUID], make_done: MakeDone
) -> None:
    run_id = uuid4()
    assert preview(session, preview_ids[0]).status == "queued"
    assert previews.start(session, preview_ids[0], run_id)
    assert preview(session, preview_ids[0]).status == "running"
    make_done(preview_ids[0], run_id)
    made = preview(session, preview_ids[0])
    assert (made.status, made.flow_run_id) == ("done", run_id)
    assert made.started_at
    assert made.finished_at
    assert made.started_at <= made.finished_at


def test_late_and_repeated_writes_change_nothing(
    session: Session, preview_ids: list[UUID], make_done: MakeDone
) -> None:
    run_id = uuid4()
    make_done(preview_ids[0], run_id)
    ended = preview(session, preview_ids[0]).finished_at
    assert not previews.start(session, preview_ids[0], run_id)
    assert not previews.complete(session, preview_ids[0], run_id)
    assert not previews.fail(session, preview_ids[0], run_id, "too late")
    kept = preview(session, preview_ids[0])
    assert (kept.status, kept.error_message, kept.finished_at) == ("done", None, ended)


@pytest.mark.parametrize("is_filled", [True, False])
@pytest.mark.parametrize("order", list(permutations(["start", "fail", "complete", "start"])))
def test_in_whatever_order_writes_come_an_end_is_final_and_what_is_filled_never_fails(
    session: Session, preview_ids: list[UUID], order: tuple[str, ...], is_filled: bool
) -> None:
    run_id = uuid4()
    filled = {"generated_background_url": "file:///b.jpg"}
    if is_filled:
        previews.fill(session, preview_ids[0], run_id, filled)
    writes: dict[str, Callable[[], bool]] = {
        "start": lambda: previews.start(session, preview_ids[0], run_id),
        "fail": lambda: previews.fail(session, preview_ids[0], run_id, "broken"),
        "complete": lambda: previews.complete(session, preview_ids[0], run_id),
    }
    for name in order:
        writes[name]()
    assert preview(session, preview_ids[0]).status == ("done" if is_filled else "failed")


def test_another_run_may_not_move_or_fill_a_row(session: Session, preview_ids: list[UUID]) -> None:
    owner, stranger = uuid4(), uuid4()
    previews.start(session, preview_ids[0], owner)
    assert not previews.fail(session, preview_ids[0], stranger, "not mine")
    with pytest.raises(PreviewNotOwned):
        previews.fill(session, preview_ids[0], stranger, {})
    assert preview(session, preview_ids[0]).status == "running"


def test_a_source_takes_its_bulk_task_along_when_it_starts(
    session: Session, bulk_task_id: UUID, source_ids: list[UUID]
) -> None:
    sources.start(session, source_ids[0], uuid4())
    assert source(session, source_ids[0]).status == "running"
    assert bulk_task(session, bulk_task_id).status == "running"
    assert isinstance(bulk_task(session, bulk_task_id).started_at, datetime)


def test_a_source_with_one_done_preview_is_done_and_tells_what_failed(
    session: Session, source_ids: list[UUID], preview_ids: list[UUID], make_done: MakeDone
) -> None:
    run_id = uuid4()
    sources.start(session, source_ids[0], run_id)
    make_done(preview_ids[0], uuid4())
    previews.fail(session, preview_ids[1], uuid4(), "The picture is broken.")
    sources.settle(session, source_ids[0], run_id)
    settled = source(session, source_ids[0])
    assert settled.status == "done"
    assert "2 of 3 previews failed" in str(settled.error_message)
    assert "The picture is broken." in str(settled.error_message)


def test_settling_leaves_nothing_of_a_bulk_task_unfinished(
    session: Session, bulk_task_id: UUID, source_ids: list[UUID], preview_ids: list[UUID]
) -> None:
    run_id = uuid4()
    bulk_tasks.own(session, bulk_task_id, run_id)
    sources.start(session, source_ids[0], uuid4())
    previews.start(session, preview_ids[0], uuid4())
    bulk_tasks.settle(session, bulk_task_id, run_id, "The run was cancelled.")
    assert {preview(session, row).status for row in preview_ids} == {"failed"}
    assert {preview(session, row).error_message for row in preview_ids} == {
        "The run was cancelled."
    }
    assert {source(session, row).status for row in source_ids} == {"failed"}
    assert bulk_task(session, bulk_task_id).status == "failed"


def test_a_stranger_cannot_settle_a_bulk_task(
    session: Session, bulk_task_id: UUID, source_ids: list[UUID], preview_ids: list[UUID]
) -> None:
    bulk_tasks.own(session, bulk_task_id, uuid4())
    bulk_tasks.settle(session, bulk_task_id, uuid4(), "not mine")
    assert bulk_task(session, bulk_task_id).status == "pending"
    assert {preview(session, row).status for row in preview_ids} == {"queued"}


def test_a_bulk_task_with_one_done_preview_is_done_and_sums_up_the_rest(
    session: Session,
    bulk_task_id: UUID,
    source_ids: list[UUID],
    preview_ids: list[UUID],
    make_done: MakeDone,
) -> None:
    run_id, source_run_id = uuid4(), uuid4()
    bulk_tasks.own(session, bulk_task_id, run_id)
    for preview_id in preview_ids:
        make_done(preview_id, uuid4())
    sources.settle(session, source_ids[0], source_run_id)
    sources.settle(session, source_ids[1], uuid4(), "The page is gone.")
    bulk_tasks.settle(session, bulk_task_id, run_id)
    settled = bulk_task(session, bulk_task_id)
    assert settled.status == "done"
    assert settled.error_message == "2 of 5 previews failed. The page is gone. (2×)"


def test_a_source_that_has_ended_gets_no_previews(
    session: Session, bulk_task_id: UUID, source_ids: list[UUID], product_id: UUID
) -> None:
    bulk_tasks.settle(session, bulk_task_id, uuid4(), "The run was cancelled.")
    assert previews.queue(session, source_ids[0], product_id, ["https://shop.example/1.jpg"]) == []
    assert session.scalars(select(CTAIFramePreview.id)).all() == []


def test_previews_that_are_being_queued_are_closed_with_their_batch(database: Engine) -> None:
    """Whoever ends the batch meanwhile waits for them, without a deadlock."""
    bulk_task_id, queued, settled = uuid4(), threading.Event(), threading.Event()
    with unit_of_work() as session:
        wanted = [Source(url="https://shop.example/kettle")]
        bulk_tasks.record(session, bulk_task_id, wanted, workspace="acme", user="ann")
        product_id = save_product(session)
        [reference] = sources.unfinished(session, bulk_task_id)

    def settle() -> None:
        assert queued.wait(10)
        with unit_of_work() as session:
            bulk_tasks.settle(session, bulk_task_id, uuid4(), "The run was cancelled.")
        settled.set()

    thread = threading.Thread(target=settle)
    thread.start()
    with unit_of_work() as session:
        [preview_id] = previews.queue(session, reference.id, product_id, ["https://a.example/1"])
        queued.set()
        assert not settled.wait(0.5)
    thread.join(10)
    with unit_of_work() as session:
        assert preview(session, preview_id).status == "failed"
