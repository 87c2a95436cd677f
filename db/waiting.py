"""Rows that wait for a run which is started from outside: by the API, or by `reconcile`."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import bulk_tasks, reopening, resuming, statuses
from db.errors import BulkTaskGivenUp, BulkTaskReopened, UnknownRecord
from db.models import CTABulkGenerateTask, CTAIFramePreview

WaitingRecord = type[CTABulkGenerateTask] | type[CTAIFramePreview]
"""What a run is started for from outside."""


def run_key(flow_name: str, row_id: UUID, since: datetime) -> str:
    """The idempotency key of the run that a row waits for: one for each attempt at the row.

    Whoever starts the run, and however many do so at the same time, it is one run.

    Args:
        flow_name: the flow that is to be run.
        row_id: the row that waits.
        since: when it was written last, which is when it began to wait.
    """
    return f"{flow_name} {row_id} {since.astimezone(UTC).isoformat()}"


def waits_since(session: Session, record: WaitingRecord, row_id: UUID) -> datetime:
    """Since when a row waits that this transaction has queued."""
    session.flush()
    return session.execute(select(record.updated_at).where(record.id == row_id)).scalar_one()


def own(
    session: Session,
    record: WaitingRecord,
    row_id: UUID,
    run_id: UUID,
    lease_id: UUID | None = None,
) -> UUID:
    """Note the run that was started for a row which waits for one.

    Returns the run that has the row: another one where that came first. `lease_id` is that of the
    process in which the run is to be at work, where that is known already.

    Raises:
        UnknownRecord: the bulk task was deleted.
        BulkTaskGivenUp: the bulk task was ended before any run had begun.
        BulkTaskReopened: parts of the bulk task are being run again.
    """
    if record is CTABulkGenerateTask:
        bulk_tasks.own(session, row_id, run_id, lease_id)
    else:
        session.execute(
            update(record)
            .where(
                record.id == row_id,
                record.status.in_(statuses.WAITING),
                record.flow_run_id.is_(None),
            )
            .values(flow_run_id=run_id, lease_id=lease_id)
        )
    owner = session.scalar(
        select(record.flow_run_id).where(
            record.id == row_id, record.status.in_(statuses.UNFINISHED)
        )
    )
    return owner or run_id


def give_up(
    session: Session,
    record: WaitingRecord,
    row_id: UUID,
    reason: str,
    earlier_run_id: UUID | None = None,
) -> UUID | None:
    """End a row that no run could be started for, with `reason`, and its parts with it.

    What there is to show of an earlier attempt stays `done`. Where a run has begun after all,
    nothing is changed and the run's id is returned.

    Args:
        session: the transaction.
        record: what kind of row it is.
        row_id: the row.
        reason: why no run could be started.
        earlier_run_id: the run that had worked on a bulk task last; the row names it again.
    """
    try:
        if record is CTAIFramePreview:
            return _give_up_preview(session, row_id, reason)
        bulk_task = resuming.lock(session, row_id)
    except UnknownRecord:
        return None
    if bulk_task.attempt == 1 or bulk_task.flow_run_id:
        return bulk_tasks.give_up(session, row_id, reason)
    bulk_task.flow_run_id = earlier_run_id
    session.flush()
    bulk_tasks.settle(session, row_id, earlier_run_id, reason)
    return None


def _give_up_preview(session: Session, preview_id: UUID, reason: str) -> UUID | None:
    bulk_task, source, preview = reopening.lock_preview(session, preview_id)
    if preview.flow_run_id is None:
        statuses.close_previews(session, CTAIFramePreview.id == preview_id, reason)
        reopening.settle_reopened(session, bulk_task, source)
    return preview.flow_run_id


def end(
    session: Session,
    record: WaitingRecord,
    row_id: UUID,
    run_id: UUID,
    reason: str | None,
    *,
    waits: bool = True,
) -> None:
    """End the row of a run whose process is gone, whether the run had begun or not.

    Nothing happens where another run has the row. A row that `waits` for a run which nobody has
    noted is taken for this one's.
    """
    try:
        if waits and own(session, record, row_id, run_id) != run_id:
            return
    except (UnknownRecord, BulkTaskGivenUp, BulkTaskReopened):
        return
    if record is CTABulkGenerateTask:
        bulk_tasks.settle(session, row_id, run_id, reason)
    else:
        reopening.settle_preview(session, row_id, run_id, reason or statuses.ENDED_EARLY)
