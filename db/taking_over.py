"""A source whose process died in the middle: taken from the dead run, for another to go on with.

What is done stays. The rest waits again, without an owner, and remembers by `started_at` that it
was begun: until it is started anew nobody may end it (see `db.statuses.owned_by`), so that the run
it was taken from changes nothing more, should it still be alive.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from db import statuses
from db.errors import BulkTaskNotOwned
from db.models import CTABulkGenerateSource, CTAIFramePreview, PreviewStatus, TaskStatus
from db.reopening import lock


def take_over_source(session: Session, source_id: UUID, run_id: UUID) -> bool:
    """Make a source ready to be worked on, whoever was at it before; False when it has ended.

    A source that no run has claimed stays as it is. One that a run had claimed is `pending` again,
    and so are its unfinished previews `queued`, as a new attempt where they were running; a preview
    that has its prefill already only lacked the last word and is `done`.

    Args:
        session: the transaction, in which the bulk task and the source are then locked.
        source_id: the source.
        run_id: the run that works on the bulk task; it alone knows whom it has given the source to.

    Raises:
        UnknownRecord: no source has this id.
        BulkTaskNotOwned: another run works on the bulk task.
    """
    bulk_task, source = lock(session, source_id)
    if bulk_task.flow_run_id != run_id:
        raise BulkTaskNotOwned(bulk_task.id)
    if source.status not in statuses.UNFINISHED:
        return False
    if source.flow_run_id is not None:
        _requeue_previews(session, source_id)
        session.execute(
            update(CTABulkGenerateSource)
            .where(CTABulkGenerateSource.id == source_id)
            .values(status=TaskStatus.PENDING, flow_run_id=None)
        )
    return True


def _requeue_previews(session: Session, source_id: UUID) -> None:
    of_source = CTAIFramePreview.source_id == source_id
    was_running: ColumnElement[bool] = CTAIFramePreview.status == PreviewStatus.RUNNING
    statuses.complete_filled(session, of_source)
    session.execute(
        update(CTAIFramePreview)
        .where(of_source, CTAIFramePreview.status.in_(statuses.UNFINISHED))
        .values(
            status=PreviewStatus.QUEUED,
            flow_run_id=None,
            attempt=CTAIFramePreview.attempt + case((was_running, 1), else_=0),
        )
    )


def may_begin_preview(session: Session, preview_id: UUID, run_id: UUID) -> bool:
    """Whether `run_id` still works on the source of a preview: it has not ended or been taken."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(CTABulkGenerateSource)
            .join(CTAIFramePreview, CTAIFramePreview.source_id == CTABulkGenerateSource.id)
            .where(
                CTAIFramePreview.id == preview_id,
                CTABulkGenerateSource.status.in_(statuses.UNFINISHED),
                statuses.owned_by(CTABulkGenerateSource, run_id),
            )
        )
    )
