"""How a status moves: forwards only, and only by the run that owns the row."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
    TaskStatus,
)

Record = type[CTABulkGenerateTask] | type[CTABulkGenerateSource] | type[CTAIFramePreview]

WAITING = (TaskStatus.PENDING, PreviewStatus.QUEUED)
UNFINISHED = (*WAITING, TaskStatus.RUNNING)
ENDED_EARLY = "The run ended before this was finished; it can be run again."


def start(session: Session, record: Record, row_id: UUID, run_id: UUID) -> bool:
    """Move a waiting row to `running` and make `run_id` its owner; False when nothing moved."""
    moved = session.execute(
        update(record)
        .where(record.id == row_id, record.status.in_(WAITING), _free_for(record, run_id))
        .values(status=TaskStatus.RUNNING, flow_run_id=run_id, started_at=func.clock_timestamp())
    )
    return _rows(moved) == 1


def claim(session: Session, record: Record, row_id: UUID, run_id: UUID) -> bool:
    """Whether `run_id` is at work on a row; one that is waiting, and free, is started for it."""
    return _is_at_work(session, record, row_id, run_id) or start(session, record, row_id, run_id)


def _is_at_work(session: Session, record: Record, row_id: UUID, run_id: UUID) -> bool:
    found = session.scalar(
        select(record.id).where(
            record.id == row_id, record.status == TaskStatus.RUNNING, record.flow_run_id == run_id
        )
    )
    return found is not None


def finish(
    session: Session,
    record: Record,
    row_id: UUID,
    run_id: UUID | None,
    status: TaskStatus | PreviewStatus,
    reason: str | None = None,
) -> bool:
    """Move an unfinished row that `run_id` owns to its end; False when nothing moved.

    A row that nobody has ever owned counts as owned, because the write that would have claimed it
    may have been lost.
    """
    moved = session.execute(
        update(record)
        .where(record.id == row_id, record.status.in_(UNFINISHED), owned_by(record, run_id))
        .values(
            status=status,
            flow_run_id=run_id,
            error_message=reason,
            finished_at=func.clock_timestamp(),
        )
    )
    return _rows(moved) == 1


def close(
    session: Session, record: Record, condition: ColumnElement[bool], reason: str | None
) -> int:
    """End as `failed` every unfinished row that meets `condition`; returns how many there were."""
    closed = session.execute(
        update(record)
        .where(condition, record.status.in_(UNFINISHED))
        .values(
            status=TaskStatus.FAILED,
            error_message=reason or ENDED_EARLY,
            finished_at=func.clock_timestamp(),
        )
    )
    return _rows(closed)


def close_previews(session: Session, condition: ColumnElement[bool], reason: str | None) -> int:
    """End every unfinished preview that meets `condition`; returns how many there were.

    One that has its prefill is `done`. The others are `failed`.
    """
    return complete_filled(session, condition) + close(session, CTAIFramePreview, condition, reason)


def complete_filled(session: Session, condition: ColumnElement[bool]) -> int:
    """End as `done` every unfinished preview that meets `condition` and has its prefill.

    It lacked only the last word of its run. Returns how many there were.
    """
    background = CTAIFramePreview.prefill["generated_background_url"].astext
    whole = session.execute(
        update(CTAIFramePreview)
        .where(
            condition,
            CTAIFramePreview.status.in_(UNFINISHED),
            func.coalesce(background, "") != "",
        )
        .values(status=PreviewStatus.DONE, finished_at=func.clock_timestamp())
    )
    return _rows(whole)


def owned_by(record: Record, run_id: UUID | None) -> ColumnElement[bool]:
    """The rows that `run_id` may write: its own, and those that no run has ever begun.

    What was begun and has no owner was taken from its run; whoever wants to write it has to start
    it first.
    """
    never_begun = and_(record.flow_run_id.is_(None), record.started_at.is_(None))
    return or_(never_begun, record.flow_run_id == run_id)


def _free_for(record: Record, run_id: UUID) -> ColumnElement[bool]:
    return or_(record.flow_run_id.is_(None), record.flow_run_id == run_id)


def _rows(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount
