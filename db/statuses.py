"""How a status moves: forwards only, and only by the run that owns the row."""

import typing
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Text,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
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
STAYS_AS_IT_WAS = "It could not be made anew, and stays as it was."
_DRAFT_SHOWN = CTAIFramePreview.prefill.op("-")(
    cast(["original_background_url", "generated_background_url"], ARRAY(Text))
)


def start(
    session: Session, record: Record, row_id: UUID, run_id: UUID, lease_id: UUID | None = None
) -> bool:
    """Move a waiting row to `running` and make `run_id` its owner; False when nothing moved.

    `lease_id` is that of the process in which the run is at work (see `db.leases`).
    """
    moved = session.execute(
        update(record)
        .where(record.id == row_id, record.status.in_(WAITING), _free_for(record, run_id))
        .values(
            status=TaskStatus.RUNNING,
            flow_run_id=run_id,
            lease_id=lease_id,
            started_at=func.clock_timestamp(),
        )
    )
    return rows_of(moved) == 1


def claim(
    session: Session, record: Record, row_id: UUID, run_id: UUID, lease_id: UUID | None = None
) -> bool:
    """Whether `run_id` is at work on a row; one that is waiting, and free, is started for it."""
    return _is_at_work(session, record, row_id, run_id) or start(
        session, record, row_id, run_id, lease_id
    )


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
            lease_id=None,
            error_message=reason,
            finished_at=func.clock_timestamp(),
        )
    )
    return rows_of(moved) == 1


def close(
    session: Session, record: Record, condition: ColumnElement[bool], reason: str | None
) -> int:
    """End as `failed` every unfinished row that meets `condition`; returns how many there were."""
    closed = session.execute(
        update(record)
        .where(condition, record.status.in_(UNFINISHED))
        .values(
            status=TaskStatus.FAILED,
            lease_id=None,
            error_message=reason or ENDED_EARLY,
            finished_at=func.clock_timestamp(),
        )
    )
    return rows_of(closed)


def close_previews(session: Session, condition: ColumnElement[bool], reason: str | None) -> int:
    """End every unfinished preview that meets `condition`; returns how many there were.

    One whose attempt has filled it is `done`. So is one that an earlier attempt has filled: it
    stays as it was, and says why it was not made anew; a half that was to be made anew, and was
    not, is the one that it shows. The others are `failed`. What exists of their halves stays, for
    the next attempt.
    """
    filled = complete_filled(session, condition)
    kept = session.execute(
        update(CTAIFramePreview)
        .where(
            condition,
            CTAIFramePreview.status.in_(UNFINISHED),
            CTAIFramePreview.filled_attempt.is_not(None),
        )
        .values(
            status=PreviewStatus.DONE,
            lease_id=None,
            background_url=func.coalesce(
                CTAIFramePreview.background_url,
                CTAIFramePreview.prefill["generated_background_url"].astext,
            ),
            draft=func.coalesce(CTAIFramePreview.draft, _DRAFT_SHOWN),
            error_message=f"{STAYS_AS_IT_WAS} {reason or ENDED_EARLY}",
            finished_at=func.clock_timestamp(),
        )
    )
    return filled + rows_of(kept) + close(session, CTAIFramePreview, condition, reason)


def complete_filled(session: Session, condition: ColumnElement[bool]) -> int:
    """End as `done` every unfinished preview that meets `condition` and that its attempt filled.

    It lacked only the last word of its run. Returns how many there were.
    """
    whole = session.execute(
        update(CTAIFramePreview)
        .where(
            condition,
            CTAIFramePreview.status.in_(UNFINISHED),
            CTAIFramePreview.filled_attempt == CTAIFramePreview.attempt,
        )
        .values(status=PreviewStatus.DONE, lease_id=None, finished_at=func.clock_timestamp())
    )
    return rows_of(whole)


def requeue_previews(
    session: Session,
    condition: ColumnElement[bool],
    *,
    lost: bool = False,
    by_itself: bool = False,
) -> None:
    """Have the previews that meet `condition` and are not done wait once more, without an owner.

    Each that had been begun gets a new attempt; what exists of its halves stays. With `lost` its
    process was lost, which is counted, and else a person asks for it, who begins anew. Of one that
    was run `by_itself` it counts as well where it had not been begun.
    """
    begun = case((CTAIFramePreview.status == PreviewStatus.QUEUED, 0), else_=1)
    session.execute(
        update(CTAIFramePreview)
        .where(condition, CTAIFramePreview.status != PreviewStatus.DONE)
        .values(
            status=PreviewStatus.QUEUED,
            flow_run_id=None,
            lease_id=None,
            error_message=None,
            finished_at=None,
            attempt=CTAIFramePreview.attempt + begun,
            times_lost=CTAIFramePreview.times_lost + (1 if by_itself else begun) if lost else 0,
        )
    )


def owned_by(record: Record, run_id: UUID | None) -> ColumnElement[bool]:
    """The rows that `run_id` may write: its own, and those that no run has ever begun.

    What was begun and has no owner was taken from its run; whoever wants to write it has to start
    it first.
    """
    never_begun = and_(record.flow_run_id.is_(None), record.started_at.is_(None))
    return or_(never_begun, record.flow_run_id == run_id)


def _free_for(record: Record, run_id: UUID) -> ColumnElement[bool]:
    return or_(record.flow_run_id.is_(None), record.flow_run_id == run_id)


def rows_of(result: Any) -> int:
    """How many rows a statement has written."""
    return typing.cast("CursorResult[Any]", result).rowcount
