"""A source whose process died in the middle: taken from the dead run, for another to go on with.

What is done stays. The rest waits again, without an owner, and remembers by `started_at` that it
was begun: until it is started anew nobody may end it (see `db.statuses.owned_by`), so that the run
it was taken from changes nothing more, should it still be alive.
"""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import statuses
from db.errors import BulkTaskNotOwned
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview, TaskStatus
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
        BulkTaskNotOwned: another run works on the bulk task, or the run has ended and parts of it
            are being run again by themselves.
    """
    bulk_task, source = lock(session, source_id)
    if bulk_task.flow_run_id != run_id or bulk_task.reopened_at is not None:
        raise BulkTaskNotOwned(bulk_task.id)
    if source.status not in statuses.UNFINISHED:
        return False
    if source.flow_run_id is not None:
        of_source = CTAIFramePreview.source_id == source_id
        statuses.complete_filled(session, of_source)
        statuses.requeue_previews(
            session, of_source & CTAIFramePreview.status.in_(statuses.UNFINISHED), lost=True
        )
        session.execute(
            update(CTABulkGenerateSource)
            .where(CTABulkGenerateSource.id == source_id)
            .values(status=TaskStatus.PENDING, flow_run_id=None, lease_id=None)
        )
    return True


def runs_above(session: Session, preview_id: UUID, run_id: UUID) -> list[UUID] | None:
    """The runs of which a preview is a part, the topmost last, while `run_id` works on its source.

    None once its source has ended, also where it was reopened since, or was taken from the run.
    """
    row = session.execute(
        select(CTABulkGenerateTask.flow_run_id, CTABulkGenerateTask.reopened_at)
        .join(CTABulkGenerateTask.sources)
        .join(CTAIFramePreview, CTAIFramePreview.source_id == CTABulkGenerateSource.id)
        .where(
            CTAIFramePreview.id == preview_id,
            CTABulkGenerateSource.status.in_(statuses.UNFINISHED),
            CTABulkGenerateSource.reopened_at.is_(None),
            statuses.owned_by(CTABulkGenerateSource, run_id),
        )
    ).one_or_none()
    if row is None:
        return None
    if row.flow_run_id and row.reopened_at is None:
        return [run_id, row.flow_run_id]
    return [run_id]
