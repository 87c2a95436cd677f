from collections.abc import Callable
from uuid import UUID, uuid4

from sqlalchemy import event
from sqlalchemy.orm import Session

from db import previews, sources
from db.progress import Progress, of_each, progress
from tests.db.card_batch import record_card_batch

MakeDone = Callable[[UUID, UUID], None]


def test_previews_not_yet_recorded_count_as_queued(session: Session, bulk_task_id: UUID) -> None:
    assert progress(session, bulk_task_id) == Progress(5, 5, 0, 0, 0)


def test_previews_that_a_failed_source_never_made_count_as_failed(
    session: Session, bulk_task_id: UUID, source_ids: list[UUID]
) -> None:
    sources.settle(session, source_ids[1], uuid4(), "The page is gone.")
    assert progress(session, bulk_task_id) == Progress(5, 3, 0, 0, 2)


def test_the_counts_always_add_up(
    session: Session, bulk_task_id: UUID, preview_ids: list[UUID], make_done: MakeDone
) -> None:
    previews.start(session, preview_ids[0], uuid4())
    previews.fail(session, preview_ids[1], uuid4(), "broken")
    make_done(preview_ids[2], uuid4())
    counts = progress(session, bulk_task_id)
    assert counts == Progress(total=5, queued=2, running=1, done=1, failed=1)
    assert counts.total == counts.queued + counts.running + counts.done + counts.failed


def test_an_unknown_bulk_task_has_no_previews(session: Session) -> None:
    assert progress(session, uuid4()) == Progress(0, 0, 0, 0, 0)


def test_progress_is_one_query(session: Session, bulk_task_id: UUID) -> None:
    statements: list[str] = []
    event.listen(
        session.connection(), "before_cursor_execute", lambda *call: statements.append(call[2])
    )
    progress(session, bulk_task_id)
    assert len(statements) == 1
    of_each(session, [bulk_task_id, uuid4(), uuid4()])
    assert len(statements) == 2


def test_the_progress_of_each_of_several_is_its_own(
    session: Session, bulk_task_id: UUID, preview_ids: list[UUID], make_done: MakeDone
) -> None:
    other, unknown = record_card_batch(session).id, uuid4()
    make_done(preview_ids[2], uuid4())
    assert of_each(session, [other, unknown, bulk_task_id]) == {
        other: Progress(total=6, queued=1, running=0, done=3, failed=2),
        unknown: Progress(0, 0, 0, 0, 0),
        bulk_task_id: Progress(total=5, queued=4, running=0, done=1, failed=0),
    }
    assert of_each(session, []) == {}
