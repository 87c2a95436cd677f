"""What became of a bulk task, as frames; the caller writes the files.

Every frame has the same columns and dtypes whatever is in it, also where it is empty: `str` for
text (UUIDs and JSON too), `int64`, `float64`, `datetime64[us, UTC]`, and `object` for money, which
is a `Decimal` of US dollars with six decimals.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from db import bulk_tasks, costs, outcomes, preview_rows
from db.costs import Cost
from db.models import CTAModelCall
from db.preview_rows import USD, Kind
from db.progress import Progress, progress
from db.results import BulkGenerateResult as BulkGenerateResult
from db.results import bulk_generate_result as bulk_generate_result

_DTYPES = {
    Kind.TEXT: "str", Kind.LIST: "str", Kind.JSON: "str", Kind.WHOLE: "int64",
    Kind.SECONDS: "float64", Kind.MONEY: "object", Kind.TIME: "datetime64[us, UTC]",
}  # fmt: skip
_PREVIEWS = {column.name: column.kind for column in preview_rows.COLUMNS}
_SOURCES = {
    "source_id": Kind.TEXT, "source_position": Kind.WHOLE, "source_url": Kind.TEXT,
    "batch_size": Kind.WHOLE, "status": Kind.TEXT, "error_message": Kind.TEXT,
    "product_id": Kind.TEXT, "product_title": Kind.TEXT, "ranked_by": Kind.TEXT,
    "queued": Kind.WHOLE, "running": Kind.WHOLE, "done": Kind.WHOLE, "failed": Kind.WHOLE,
}  # fmt: skip
_COST = {
    "half": Kind.TEXT, "model": Kind.TEXT, "calls": Kind.WHOLE, "failed_calls": Kind.WHOLE,
    "tokens_in": Kind.WHOLE, "tokens_out": Kind.WHOLE, "seconds": Kind.SECONDS,
    "cost_usd": Kind.MONEY,
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """All that is told of a bulk task: who asked for what, what became of it, and three frames."""

    bulk_task_id: UUID
    name: str
    workspace: str
    user: str
    status: str
    error_message: str | None
    created_at: datetime
    finished_at: datetime | None
    progress: Progress
    cost: Cost
    previews: pd.DataFrame
    sources: pd.DataFrame
    cost_by_model: pd.DataFrame


def report(session: Session, bulk_task_id: UUID) -> Report:
    """What the records say of a bulk task.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
    """
    bulk_task = bulk_tasks.get(session, bulk_task_id)
    return Report(
        bulk_task_id=bulk_task_id,
        name=bulk_task.name,
        workspace=bulk_task.workspace,
        user=bulk_task.user,
        status=bulk_task.status,
        error_message=bulk_task.error_message,
        created_at=bulk_task.created_at,
        finished_at=bulk_task.finished_at,
        progress=progress(session, bulk_task_id),
        cost=costs.of_bulk_task(session, bulk_task_id),
        previews=previews_frame(session, bulk_task_id),
        sources=sources_frame(session, bulk_task_id),
        cost_by_model=cost_frame(session, bulk_task_id),
    )


def previews_frame(
    session: Session, bulk_task_id: UUID, *, approved_only: bool = False
) -> pd.DataFrame:
    """One row per recorded preview, in the order of the sources and of their positions, from 0.

    `prefill` is JSON; what people read of it, and what the calls for the preview took, have
    columns of their own.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
    """
    bulk_tasks.get(session, bulk_task_id)
    return frame_of_previews(preview_rows.read(session, bulk_task_id, approved_only=approved_only))


def frame_of_previews(rows: Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    """The rows of `db.preview_rows.read` as the frame that `previews_frame` gives."""
    return _frame(rows, _PREVIEWS)


def sources_frame(session: Session, bulk_task_id: UUID) -> pd.DataFrame:
    """One row per source, in the order in which they were given: its page, and its counts.

    `queued`, `running`, `done` and `failed` add up to `batch_size`.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
    """
    bulk_tasks.get(session, bulk_task_id)
    rows = (
        {**vars(source), "source_url": source.url, "source_position": position}
        for position, source in enumerate(outcomes.by_source(session, bulk_task_id))
    )
    return _frame(rows, _SOURCES)


def cost_frame(session: Session, bulk_task_id: UUID) -> pd.DataFrame:
    """One row per half and model: its calls, how many of them failed, and what all of them took.

    Calls for previews that were deleted count too.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
    """
    bulk_tasks.get(session, bulk_task_id)
    rows = session.execute(
        select(
            CTAModelCall.half,
            CTAModelCall.model,
            func.count().label("calls"),
            func.count(CTAModelCall.failure).label("failed_calls"),
            func.sum(CTAModelCall.tokens_in).label("tokens_in"),
            func.sum(CTAModelCall.tokens_out).label("tokens_out"),
            func.sum(CTAModelCall.seconds).label("seconds"),
            cast(func.sum(CTAModelCall.cost), USD).label("cost_usd"),
        )
        .where(CTAModelCall.bulk_generate_task_id == bulk_task_id)
        .group_by(CTAModelCall.half, CTAModelCall.model)
        .order_by(CTAModelCall.half, CTAModelCall.model)
    )
    return _frame((row._mapping for row in rows), _COST)


def _frame(rows: Iterable[Mapping[Any, Any]], columns: Mapping[str, Kind]) -> pd.DataFrame:
    cells = [[_cell(row[name], kind) for name, kind in columns.items()] for row in rows]
    frame = pd.DataFrame(cells, columns=list(columns), dtype=object)
    return frame.astype({name: _DTYPES[kind] for name, kind in columns.items()})


def _cell(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False)
    if kind is Kind.LIST:
        return ", ".join(value)
    return str(value) if kind is Kind.TEXT else value
