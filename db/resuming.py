"""A whole bulk task run again: what failed of it, and what the process of its run left behind."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from db import leases, statuses
from db.errors import (
    BulkTaskGivenUp,
    BulkTaskNotFailed,
    BulkTaskReopened,
    BulkTaskUnderWay,
    UnknownRecord,
)
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
    TaskStatus,
)


def resume(
    session: Session,
    bulk_task_id: UUID,
    run_id: UUID | None = None,
    lease_id: UUID | None = None,
    *,
    waited: bool = False,
) -> None:
    """Have `run_id` make what is missing of a bulk task; without one it waits for its run.

    Each preview that failed, or that was being made, is queued as a new attempt, in place; each
    source of which something is missing is pending. What is done stays. A bulk task that waits for
    a run already is taken by this one as it stands. For a run that the bulk task `waited` for, what
    has ended meanwhile stays so: who had asked for the run was told of that end.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
        BulkTaskGivenUp: it was ended before the run began that it waited for.
        BulkTaskNotFailed: nothing is missing.
        BulkTaskUnderWay: another run is at work on it, or is about to be.
        BulkTaskReopened: parts of it are being run again by themselves.
    """
    bulk_task = lock(session, bulk_task_id)
    waits = False
    if bulk_task.status in statuses.UNFINISHED:
        if bulk_task.reopened_at is not None:
            raise BulkTaskReopened(bulk_task_id)
        waits = bulk_task.status == TaskStatus.PENDING and bulk_task.flow_run_id in (None, run_id)
        if run_id is None or not (
            waits or bulk_task.flow_run_id == run_id or is_lost(session, bulk_task)
        ):
            raise BulkTaskUnderWay(bulk_task_id, bulk_task.flow_run_id)
        if not waits:  # sources of it may have ended, and their previews are queued again too
            _reopen_sources(session, bulk_task_id)
    elif waited:
        raise BulkTaskGivenUp(bulk_task_id, bulk_task.error_message or "")
    elif not _reopen_sources(session, bulk_task_id):
        raise BulkTaskNotFailed(bulk_task_id)
    if not waits:
        of_previews = CTAIFramePreview.bulk_generate_task_id == bulk_task_id
        statuses.complete_filled(session, of_previews)
        statuses.requeue_previews(session, of_previews)
        release_sources(session, bulk_task_id)
        bulk_task.attempt += 1
        bulk_task.times_lost = 0
    give(bulk_task, run_id, lease_id)


def seconds_until_lost(session: Session, bulk_task_id: UUID, run_id: UUID) -> float:
    """How long the process of another run at a bulk task counts as alive, if it does no more.

    0 where none is at work on it, or where none has a lease.
    """
    bulk_task = session.get(CTABulkGenerateTask, bulk_task_id)
    if bulk_task is None or bulk_task.status not in statuses.UNFINISHED:
        return 0.0
    if bulk_task.flow_run_id == run_id:
        return 0.0
    return leases.seconds_left(session, bulk_task.lease_id)


def lock(session: Session, bulk_task_id: UUID) -> CTABulkGenerateTask:
    """Have everybody else wait who wants to move a bulk task.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
    """
    bulk_task = session.get(
        CTABulkGenerateTask, bulk_task_id, with_for_update={"key_share": True},
        populate_existing=True,
    )  # fmt: skip
    if bulk_task is None:
        raise UnknownRecord("bulk task", bulk_task_id)
    return bulk_task


def is_lost(session: Session, bulk_task: CTABulkGenerateTask) -> bool:
    """Whether the process that was at a bulk task counts as dead."""
    return bulk_task.lease_id is not None and not leases.seconds_left(session, bulk_task.lease_id)


def give(bulk_task: CTABulkGenerateTask, run_id: UUID | None, lease_id: UUID | None) -> None:
    """Give a locked bulk task to a run, or have it wait for one."""
    bulk_task.status = TaskStatus.PENDING if run_id is None else TaskStatus.RUNNING
    bulk_task.flow_run_id, bulk_task.lease_id = run_id, lease_id
    bulk_task.error_message = bulk_task.finished_at = bulk_task.reopened_at = None
    bulk_task.started_at = None if run_id is None else func.clock_timestamp()


def release_sources(session: Session, bulk_task_id: UUID) -> None:
    """Have the sources of a bulk task that have not ended wait once more, without an owner."""
    _have_wait(
        session,
        CTABulkGenerateSource.status.in_(statuses.UNFINISHED),
        CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id,
    )


def _reopen_sources(session: Session, bulk_task_id: UUID) -> bool:
    """Have the sources wait of which something is missing; False when there are none."""
    done = (
        select(func.count())
        .where(
            CTAIFramePreview.source_id == CTABulkGenerateSource.id,
            CTAIFramePreview.status == PreviewStatus.DONE,
        )
        .scalar_subquery()
    )
    return _have_wait(
        session,
        CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id,
        done < CTABulkGenerateSource.batch_size,
    )


def _have_wait(session: Session, *conditions: ColumnElement[bool]) -> bool:
    """Reopen sources: when each was begun stays, see `statuses.owned_by`."""
    reopened = session.execute(
        update(CTABulkGenerateSource)
        .where(*conditions)
        .values(
            status=TaskStatus.PENDING,
            flow_run_id=None,
            lease_id=None,
            error_message=None,
            finished_at=None,
            reopened_at=None,
        )
    )
    return statuses.rows_of(reopened) > 0
