"""What contact sheets show: the sources of a bulk task, and their previews that are done."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTAIFramePreview,
    ECommerceProduct,
    PreviewStatus,
)
from db.statuses import UNFINISHED


@dataclass(frozen=True)
class SheetPreview:
    """A preview that is done: what it says in large, and where its background is."""

    id: UUID
    headline: str
    background_url: str


@dataclass(frozen=True)
class SourceSheet:
    """A source, its place in its bulk task (0-based), and its previews that are done, in order."""

    source_id: UUID
    position: int
    url: str
    product_title: str
    previews: tuple[SheetPreview, ...]


def ended_sources(session: Session, bulk_task_id: UUID, first: int) -> list[UUID]:
    """Those of the `first` sources of a bulk task that have reached their end, in their order."""
    return list(
        session.scalars(
            select(CTABulkGenerateSource.id)
            .where(
                CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id,
                CTABulkGenerateSource.position < first,
                CTABulkGenerateSource.status.not_in(UNFINISHED),
            )
            .order_by(CTABulkGenerateSource.position)
        )
    )


def source_sheet(session: Session, source_id: UUID) -> SourceSheet | None:
    """What the contact sheet of a source shows; None where none of its previews is done."""
    rows = session.execute(
        select(
            CTABulkGenerateSource.position,
            CTABulkGenerateSource.url,
            ECommerceProduct.title,
            CTAIFramePreview.id,
            CTAIFramePreview.prefill["headline"].astext.label("headline"),
            CTAIFramePreview.prefill["generated_background_url"].astext.label("background_url"),
        )
        .join(CTAIFramePreview, CTAIFramePreview.source_id == CTABulkGenerateSource.id)
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .where(CTABulkGenerateSource.id == source_id, CTAIFramePreview.status == PreviewStatus.DONE)
        .order_by(CTAIFramePreview.position)
    ).all()
    if not rows:
        return None
    first = rows[0]
    return SourceSheet(
        source_id=source_id,
        position=first.position,
        url=first.url,
        product_title=first.title,
        previews=tuple(
            SheetPreview(row.id, row.headline or "", row.background_url) for row in rows
        ),
    )
