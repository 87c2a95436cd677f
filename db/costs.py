"""What models took and cost: recorded call by call, summed up when asked for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from creative.calls import ModelCall
from db.errors import UnknownRecord
from db.halves import PreviewAttempt
from db.models import CTAIFramePreview, CTAModelCall

Half = Literal["background", "prefill"]


@dataclass(frozen=True)
class Cost:
    """What calls of models took: how many, their tokens, their seconds and US dollars, by whom.

    Calls that failed count too; `models` are in alphabetical order.
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    usd: Decimal = Decimal(0)
    models: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.calls:
            return "No model was called."
        calls = "1 call" if self.calls == 1 else f"{self.calls:,} calls"
        return (
            f"{calls} of {' and '.join(self.models)}: {self.tokens_in:,} tokens in, "
            f"{self.tokens_out:,} out, {self.seconds:,.0f} s, ${self.usd:,.4f}."
        )


def record(
    session: Session,
    attempt: PreviewAttempt,
    half: Half,
    call: ModelCall,
    call_id: UUID | None = None,
) -> None:
    """Keep what one call took for one half of a preview.

    Args:
        session: the unit of work.
        attempt: what the call was made for.
        half: of the preview.
        call: what it took.
        call_id: of the record; where it is there already, as after an answer to a COMMIT that was
            lost, nothing is changed.

    Raises:
        UnknownRecord: no preview has this id.
    """
    call_id = call_id or uuid4()
    if session.get(CTAModelCall, call_id) is not None:
        return
    preview = session.get(CTAIFramePreview, attempt.preview_id)
    if preview is None:
        raise UnknownRecord("preview", attempt.preview_id)
    session.add(
        CTAModelCall(
            id=call_id,
            preview_id=attempt.preview_id,
            bulk_generate_task_id=preview.bulk_generate_task_id,
            workspace=preview.workspace,
            user=preview.user,
            attempt=attempt.attempt,
            half=half,
            model=call.model,
            seconds=call.seconds,
            tokens_in=call.tokens_in,
            tokens_out=call.tokens_out,
            cost=call.cost,
            failure=call.failure,
        )
    )


def of_bulk_task(session: Session, bulk_task_id: UUID) -> Cost:
    """What all calls for a bulk task took, for previews that were deleted too."""
    return _cost(session.execute(_summed(CTAModelCall.bulk_generate_task_id == bulk_task_id)).one())


def of_preview(session: Session, preview_id: UUID) -> Cost:
    """What all calls for a preview took, in all its attempts."""
    return _cost(session.execute(_summed(CTAModelCall.preview_id == preview_id)).one())


def by_preview(session: Session, bulk_task_id: UUID) -> dict[UUID, Cost]:
    """What the calls for each preview of a bulk task took; those without a call are left out."""
    called = CTAModelCall.preview_id
    rows = session.execute(
        _summed(CTAModelCall.bulk_generate_task_id == bulk_task_id)
        .add_columns(called)
        .where(called.is_not(None))
        .group_by(called)
    )
    return {row.preview_id: _cost(row) for row in rows}


def _summed(which: ColumnElement[bool]) -> Any:
    return select(
        func.count().label("calls"),
        func.coalesce(func.sum(CTAModelCall.tokens_in), 0).label("tokens_in"),
        func.coalesce(func.sum(CTAModelCall.tokens_out), 0).label("tokens_out"),
        func.coalesce(func.sum(CTAModelCall.seconds), 0.0).label("seconds"),
        func.coalesce(func.sum(CTAModelCall.cost), 0).label("usd"),
        func.array_agg(CTAModelCall.model.distinct()).label("models"),
    ).where(which)


def _cost(row: Any) -> Cost:
    return Cost(
        calls=row.calls,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        seconds=row.seconds,
        usd=Decimal(row.usd),
        models=tuple(sorted(row.models or ())),
    )
