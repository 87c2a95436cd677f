"""All that is known of one preview: what it shows, what it was made of, and what it cost."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import costs, products
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
from db.shown_previews import PREFILL_VERSION


@dataclass(frozen=True)
class RankedPicture:
    """A picture of the product; `is_source` where the preview was made from it.

    `score` is the cosine of the picture and the product's text; None where it could not be loaded,
    or is not ranked.
    """

    url: str
    score: float | None
    is_source: bool


@dataclass(frozen=True)
class PreviewDetails:
    """One preview, with what it is a part of and what it was made of.

    `position` is counted from 0 within its source. `pictures` are those that the product has now,
    in ranked order, or in the order of its page while they are not ranked; the preview's own source
    picture is not among them where the page has lost it since. `cost` is of all its attempts.
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
    prefill_version: str | None
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


_AS_THEY_ARE = (
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
            CTAIFramePreview,
            ECommerceProduct,
            CTABulkGenerateTask.name,
            CTABulkGenerateSource.url,
            PREFILL_VERSION,
        )
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .join(CTABulkGenerateTask, CTABulkGenerateTask.id == CTAIFramePreview.bulk_generate_task_id)
        .join(CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id)
        .where(CTAIFramePreview.id == preview_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise UnknownRecord("preview", preview_id)
    preview, product, batch_name, source_url, prefill_version = row
    return PreviewDetails(
        **{name: getattr(preview, name) for name in _AS_THEY_ARE},
        bulk_task_id=preview.bulk_generate_task_id,
        batch_name=batch_name,
        source_url=source_url,
        prefill_version=prefill_version,
        status=PreviewStatus(preview.status),
        review=None if preview.review is None else Review(preview.review),
        product_title=product.title,
        product_url=product.url,
        product_price=product.price,
        product_currency=product.currency,
        ranked_by=product.ranked_by,
        pictures=_pictures(product, preview.source_image_url),
        cost=costs.of_preview(session, preview_id),
    )


def _pictures(product: ECommerceProduct, source_image_url: str) -> list[RankedPicture]:
    scored = [(image.url, image.score) for image in products.ranked_images(product)]
    unranked = [(url, None) for url in product.image_urls]
    return [
        RankedPicture(url, score, is_source=url == source_image_url)
        for url, score in scored or unranked
    ]
