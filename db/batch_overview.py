"""A bulk task at a glance: its name, how its sources stand, and previews to begin with."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
    PreviewStatus,
)


@dataclass(frozen=True)
class NamedPreview:
    """A preview with the words by which people know it; `number` is its place, from 1."""

    id: UUID
    product_title: str
    number: int
    headline: str | None
    error_message: str | None


def name_of(session: Session, bulk_task_id: UUID) -> str:
    """The name of a bulk task; empty where it was deleted."""
    return (
        session.scalar(
            select(CTABulkGenerateTask.name).where(CTABulkGenerateTask.id == bulk_task_id)
        )
        or ""
    )


def count_sources(session: Session, bulk_task_id: UUID) -> dict[str, int]:
    """How many sources of a bulk task stand where; statuses that none has are left out."""
    rows = session.execute(
        select(CTABulkGenerateSource.status, func.count())
        .where(CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id)
        .group_by(CTABulkGenerateSource.status)
    )
    return {row[0]: row[1] for row in rows}


def first_previews(
    session: Session, bulk_task_id: UUID, status: PreviewStatus, limit: int
) -> list[NamedPreview]:
    """At most `limit` previews that have a status, in the order of their sources."""
    rows = session.execute(
        select(
            CTAIFramePreview.id,
            ECommerceProduct.title,
            CTAIFramePreview.position + 1,
            CTAIFramePreview.prefill["headline"].astext,
            CTAIFramePreview.error_message,
        )
        .join(CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id)
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .where(
            CTAIFramePreview.bulk_generate_task_id == bulk_task_id,
            CTAIFramePreview.status == status,
        )
        .order_by(CTABulkGenerateSource.position, CTAIFramePreview.position)
        .limit(limit)
    )
    return [NamedPreview(*row) for row in rows]
