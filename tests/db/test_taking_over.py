"""A source that a dead run has left is taken over, and the dead run can do it no harm."""

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from catalog.product import Source
from db import bulk_tasks, previews, sources
from db.errors import BulkTaskNotOwned, PreviewNotOwned, UnknownRecord
from db.models import CTABulkGenerateSource, CTAIFramePreview
from db.session import unit_of_work
from db.taking_over import runs_above, take_over_source

MakeDone = Callable[[UUID, UUID], None]
PREFILL = {"generated_background_url": "file:///b.jpg"}


@pytest.fixture
def owner(session: Session, bulk_task_id: UUID) -> UUID:
    """The run that works on the bulk task."""
    run_id = uuid4()
    bulk_tasks.own(session, bulk_task_id, run_id)
    return run_id


@pytest.fixture
def dead_run(session: Session, source_ids: list[UUID], preview_ids: list[UUID]) -> UUID:
    """The run that was at the first source."""
    run_id = uuid4()
    sources.start(session, source_ids[0], run_id)
    return run_id


def preview(session: Session, preview_id: UUID) -> CTAIFramePreview:
    session.expire_all()
    return session.get_one(CTAIFramePreview, preview_id)


def source(session: Session, source_id: UUID) -> CTABulkGenerateSource:
    session.expire_all()
    return session.get_one(CTABulkGenerateSource, source_id)


def test_what_is_done_stays_and_the_rest_waits_again(
    session: Session, source_ids: list[UUID], preview_ids: list[UUID], owner: UUID,
    dead_run: UUID, make_done: MakeDone,
) -> None:  # fmt: skip
    done, running, queued = preview_ids
    make_done(done, uuid4())
    previews.start(session, running, uuid4())
    ended = preview(session, done).finished_at

    assert take_over_source(session, source_ids[0], owner)

    taken = source(session, source_ids[0])
    assert (taken.status, taken.flow_run_id) == ("pending", None)
    kept = preview(session, done)
    assert (kept.status, kept.attempt, kept.finished_at) == ("done", 1, ended)
    again, waiting = preview(session, running), preview(session, queued)
    assert (again.status, again.attempt, again.flow_run_id) == ("queued", 2, None)
    assert (waiting.status, waiting.attempt, waiting.flow_run_id) == ("queued", 1, None)
    assert previews.queue(session, source_ids[0], kept.product_id, ["a", "b", "c"]) == [
        running, queued,
    ]  # fmt: skip


def test_a_preview_that_has_its_prefill_is_not_made_again(
    session: Session, source_ids: list[UUID], preview_ids: list[UUID], owner: UUID, dead_run: UUID
) -> None:
    run_id = uuid4()
    previews.start(session, preview_ids[0], run_id)
    previews.fill(session, preview_ids[0], run_id, PREFILL)
    assert take_over_source(session, source_ids[0], owner)
    made = preview(session, preview_ids[0])
    assert (made.status, made.attempt, made.prefill) == ("done", 1, PREFILL)
    assert made.finished_at


def test_a_source_that_nobody_has_begun_is_left_as_it_is(
    session: Session, source_ids: list[UUID], owner: UUID
) -> None:
    before = source(session, source_ids[1]).updated_at
    assert take_over_source(session, source_ids[1], owner)
    session.flush()
    assert source(session, source_ids[1]).updated_at == before


def test_a_source_that_has_ended_is_not_taken_over(
    session: Session, source_ids: list[UUID], preview_ids: list[UUID], owner: UUID,
    dead_run: UUID, make_done: MakeDone,
) -> None:  # fmt: skip
    make_done(preview_ids[0], uuid4())
    sources.settle(session, source_ids[0], dead_run)
    assert not take_over_source(session, source_ids[0], owner)
    assert source(session, source_ids[0]).status == "done"
    assert preview(session, preview_ids[1]).status == "failed"


def test_only_the_run_of_the_bulk_task_takes_over(
    session: Session, source_ids: list[UUID], owner: UUID, dead_run: UUID
) -> None:
    with pytest.raises(BulkTaskNotOwned):
        take_over_source(session, source_ids[0], uuid4())
    assert source(session, source_ids[0]).flow_run_id == dead_run
    with pytest.raises(UnknownRecord):
        take_over_source(session, uuid4(), owner)


def test_the_run_it_was_taken_from_writes_nothing_more(
    session: Session, source_ids: list[UUID], preview_ids: list[UUID], owner: UUID, dead_run: UUID
) -> None:
    stale_preview_run = uuid4()
    previews.start(session, preview_ids[0], stale_preview_run)
    take_over_source(session, source_ids[0], owner)

    assert not runs_above(session, preview_ids[1], dead_run)
    with pytest.raises(PreviewNotOwned):
        previews.fill(session, preview_ids[0], stale_preview_run, PREFILL)
    assert not previews.complete(session, preview_ids[0], stale_preview_run)
    assert not previews.fail(session, preview_ids[0], stale_preview_run, "It crashed.")
    sources.settle(session, source_ids[0], dead_run, "It crashed.")
    assert source(session, source_ids[0]).status == "pending"
    assert {preview(session, row).status for row in preview_ids} == {"queued"}


def test_the_next_run_makes_what_is_left(
    session: Session, source_ids: list[UUID], preview_ids: list[UUID], owner: UUID,
    dead_run: UUID, make_done: MakeDone,
) -> None:  # fmt: skip
    previews.start(session, preview_ids[0], uuid4())
    take_over_source(session, source_ids[0], owner)
    next_run = uuid4()
    assert sources.start(session, source_ids[0], next_run)
    for preview_id in preview_ids:
        assert runs_above(session, preview_id, next_run)
        make_done(preview_id, uuid4())
    sources.settle(session, source_ids[0], next_run)
    assert source(session, source_ids[0]).status == "done"
    assert not runs_above(session, preview_ids[0], next_run)


def test_a_source_that_waits_again_is_closed_with_its_bulk_task(
    session: Session, bulk_task_id: UUID, source_ids: list[UUID], preview_ids: list[UUID],
    owner: UUID, dead_run: UUID,
) -> None:  # fmt: skip
    take_over_source(session, source_ids[0], owner)
    bulk_tasks.settle(session, bulk_task_id, owner, "The run was cancelled.")
    assert source(session, source_ids[0]).status == "failed"
    assert {preview(session, row).status for row in preview_ids} == {"failed"}


def test_several_that_take_over_at_once_and_one_that_ends_it_do_not_block_each_other(
    database: Engine,
) -> None:
    bulk_task_id, owner = uuid4(), uuid4()
    with unit_of_work() as session:
        wanted = [Source(url="https://shop.example/kettle")]
        bulk_tasks.record(session, bulk_task_id, wanted, workspace="acme", user="ann")
        session.flush()
        bulk_tasks.own(session, bulk_task_id, owner)
        source_id = session.scalars(select(CTABulkGenerateSource.id)).one()
        sources.start(session, source_id, uuid4())
    outcomes: list[bool] = []

    def take_over() -> None:
        with unit_of_work() as session:
            outcomes.append(take_over_source(session, source_id, owner))

    def end() -> None:
        with unit_of_work() as session:
            bulk_tasks.settle(session, bulk_task_id, owner, "The run was cancelled.")

    threads = [threading.Thread(target=target) for target in (take_over, end, take_over) * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcomes) == 12
    with unit_of_work() as session:
        assert session.scalars(select(CTABulkGenerateSource.status)).one() == "failed"
