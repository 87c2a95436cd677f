"""What became of a bulk task, as one value."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy.orm import Session

from catalog.ranked import PAGE_ORDER
from db import bulk_tasks, costs, outcomes, preview_rows
from db.costs import Cost
from db.outcomes import SourceOutcome
from db.progress import progress


@dataclass(frozen=True)
class BulkGenerateResult:
    """What became of a bulk task: its status, its counts, its sources and its previews.

    `progress` has the keys `total`, `queued`, `running`, `done` and `failed`; `cost` is what the
    models took; `remarks` are sentences on what went another way than usual without failing.
    """

    bulk_task_id: UUID
    name: str
    status: str
    error_message: str | None
    progress: dict[str, int]
    sources: list[SourceOutcome]
    cost: Cost
    remarks: list[str]
    previews: list[dict[str, Any]] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per preview, in the order of the sources and of the positions."""
        return pd.DataFrame(self.previews, columns=[column.name for column in preview_rows.COLUMNS])


def bulk_generate_result(session: Session, bulk_task_id: UUID) -> BulkGenerateResult:
    """What the records say of a bulk task.

    Raises:
        UnknownRecord: no bulk task has this id.
    """
    bulk_task = bulk_tasks.get(session, bulk_task_id)
    sources = outcomes.by_source(session, bulk_task_id)
    return BulkGenerateResult(
        bulk_task_id=bulk_task_id,
        name=bulk_task.name,
        status=bulk_task.status,
        error_message=bulk_task.error_message,
        progress=progress(session, bulk_task_id).as_dict(),
        sources=sources,
        cost=costs.of_bulk_task(session, bulk_task_id),
        remarks=_remarks(sources),
        previews=preview_rows.read(session, bulk_task_id),
    )


def _remarks(sources: list[SourceOutcome]) -> list[str]:
    unranked = sum(source.ranked_by == PAGE_ORDER for source in sources)
    if not unranked:
        return []
    return [
        f"The pictures of {unranked} of {len(sources)} sources were taken in the order of their "
        "page, because the CLIP model could not be loaded; they are ranked when it can be."
    ]
