"""One preview with all that is known of it: its product, its pictures, and what it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import costs
from db.costs import Cost
from db.errors import UnknownRecord
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
    PreviewStatus,
    Review,
)


@dataclass(frozen=True)
class RankedPicture:
    """A picture of the product; `is_source` where the preview was made from it.

    `score` is how well it shows the product, as its ranking says it; None where it was not scored.
    """

    url: str
    score: float | None
    is_source: bool


@dataclass(frozen=True)
class PreviewDetails:
    """A preview, its batch, source and product; `position` is counted from 0.

    `pictures` are in ranked order, or in the order of the page where they have not been ranked.
    """

    id: UUID
    bulk_task_id: UUID
    batch_name: str
    source_id: UUID
    source_url: str
    position: int
    status: PreviewStatus
    error_message: str | None
    attempt: int
    source_image_url: str
    prefill: dict[str, Any] | None
    edited_fields: list[str]
    review: Review | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    user: str
    product_id: UUID
    product_title: str
    product_url: str
    product_price: Decimal | None
    product_currency: str | None
    ranked_by: str | None
    pictures: list[RankedPicture]
    cost: Cost


_OWN = (
    "id source_id position error_message attempt source_image_url prefill edited_fields "
    "reviewed_by reviewed_at updated_at started_at finished_at user product_id"
).split()


def details(session: Session, preview_id: UUID) -> PreviewDetails:
    """All that is known of a preview.

    Raises:
        UnknownRecord: no preview that the session may see has this id.
    """
    row = session.execute(
        select(
            CTAIFramePreview, ECommerceProduct, CTABulkGenerateTask.name, CTABulkGenerateSource.url
        )
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .join(CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id)
        .join(
            CTABulkGenerateTask,
            CTABulkGenerateTask.id == CTAIFramePreview.bulk_generate_task_id,
        )
        .where(CTAIFramePreview.id == preview_id)
    ).one_or_none()
    if row is None:
        raise UnknownRecord("preview", preview_id)
    preview, product, batch_name, source_url = row
    return PreviewDetails(
        **{name: getattr(preview, name) for name in _OWN},
        bulk_task_id=preview.bulk_generate_task_id,
        batch_name=batch_name,
        source_url=source_url,
        status=PreviewStatus(preview.status),
        review=None if preview.review is None else Review(preview.review),
        product_title=product.title,
        product_url=product.url,
        product_price=product.price,
        product_currency=product.currency,
        ranked_by=product.ranked_by,
        pictures=_pictures(product.ranked_images, product.image_urls, preview.source_image_url),
        cost=costs.of_preview(session, preview_id),
    )


def _pictures(
    ranked: Sequence[Mapping[str, Any]] | None, urls: Sequence[str], source: str
) -> list[RankedPicture]:
    """The ranked ones, and after them those of the page that were not ranked."""
    scored = {image["url"]: image["score"] for image in ranked or ()}
    scored |= {url: None for url in urls if url not in scored}
    return [RankedPicture(url, score, url == source) for url, score in scored.items()]
