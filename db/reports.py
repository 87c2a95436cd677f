"""What became of a bulk task, as values and as frames; the caller writes the files."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.ranked import PAGE_ORDER
from db import costs, outcomes
from db.costs import Cost
from db.errors import UnknownRecord
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
)
from db.outcomes import SourceOutcome
from db.progress import progress

_PREVIEW_COLUMNS = (
    "preview_id source_url position product_title status error_message headline subtitle cta "
    "price original_background_url generated_background_url model_calls tokens_in tokens_out "
    "model_seconds cost_usd started_at finished_at"
).split()


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
        return pd.DataFrame(self.previews, columns=[*_PREVIEW_COLUMNS, "prefill"])


def bulk_generate_result(session: Session, bulk_task_id: UUID) -> BulkGenerateResult:
    """What the records say of a bulk task.

    Raises:
        UnknownRecord: no bulk task has this id.
    """
    bulk_task = session.get(CTABulkGenerateTask, bulk_task_id)
    if bulk_task is None:
        raise UnknownRecord("bulk task", bulk_task_id)
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
        previews=_previews(session, bulk_task_id),
    )


def _remarks(sources: list[SourceOutcome]) -> list[str]:
    unranked = sum(source.ranked_by == PAGE_ORDER for source in sources)
    if not unranked:
        return []
    return [
        f"The pictures of {unranked} of {len(sources)} sources were taken in the order of their "
        "page, because the CLIP model could not be loaded; they are ranked when it can be."
    ]


def _previews(session: Session, bulk_task_id: UUID) -> list[dict[str, Any]]:
    rows = session.execute(
        select(CTAIFramePreview, CTABulkGenerateSource.url, ECommerceProduct.title)
        .join(CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id)
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .where(CTAIFramePreview.bulk_generate_task_id == bulk_task_id)
        .order_by(CTABulkGenerateSource.position, CTAIFramePreview.position)
    )
    cost_of = costs.by_preview(session, bulk_task_id)
    return [
        _preview(preview, url, title, cost_of.get(preview.id, Cost()))
        for preview, url, title in rows
    ]


def _preview(preview: CTAIFramePreview, source_url: str, title: str, cost: Cost) -> dict[str, Any]:
    prefill = preview.prefill or {}
    return {
        "preview_id": preview.id,
        "source_url": source_url,
        "position": preview.position,
        "product_title": title,
        "status": preview.status,
        "error_message": preview.error_message,
        "headline": prefill.get("headline"),
        "subtitle": prefill.get("subtitle"),
        "cta": prefill.get("cta", {}).get("text"),
        "price": prefill.get("price"),
        "original_background_url": preview.source_image_url,
        "generated_background_url": prefill.get("generated_background_url"),
        "model_calls": cost.calls,
        "tokens_in": cost.tokens_in,
        "tokens_out": cost.tokens_out,
        "model_seconds": cost.seconds,
        "cost_usd": cost.usd,
        "started_at": preview.started_at,
        "finished_at": preview.finished_at,
        "prefill": preview.prefill,
    }
