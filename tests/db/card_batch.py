"""A bulk task of three sources whose previews stand in every way, for cards and details of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct, Source
from db import bulk_tasks, previews, products, reviews, sources
from db.models import CTAIFramePreview, Review

KETTLE, MUG, GONE = (f"https://shop.example/{path}" for path in ("kettle", "mug?size=l", "gone"))
BEGAN = datetime(2026, 1, 28, 10, 30, tzinfo=UTC)


@dataclass(frozen=True)
class CardBatch:
    """Its ids; previews in the order in which they were asked for.

    Of the kettle: one approved, one edited that waits for a review, one failed. Of the mug: one
    queued, one rejected. The last source failed before it had any.
    """

    id: UUID
    source_ids: list[UUID]
    preview_ids: list[UUID]

    def numbers(self, ids: Sequence[UUID | None]) -> list[int | None]:
        """Which of the previews they are, from 0."""
        return [None if one is None else self.preview_ids.index(one) for one in ids]


def record_card_batch(session: Session) -> CardBatch:
    """Record it; those made last were changed first."""
    batch_id, run_id = uuid4(), uuid4()
    wanted = [Source(url=KETTLE, batch_size=3), Source(url=MUG, batch_size=2), Source(url=GONE)]
    bulk_tasks.record(session, batch_id, wanted, workspace="acme", user="ann")
    session.flush()
    kettle, mug, gone = (source.id for source in sources.unfinished(session, batch_id))
    preview_ids = [
        *_queue(session, kettle, KETTLE, "Halden Kettle 100% steel", 3),
        *_queue(session, mug, MUG, "Mug_No.7", 2),
    ]
    sources.settle(session, gone, run_id, "The page is gone.")
    headlines = ["Slow mornings", "Für Ärmel & Tee", None, None, r"50\50 slow"]
    for preview_id, headline in zip(preview_ids, headlines, strict=True):
        if headline is not None:
            _make(session, preview_id, run_id, headline)
    previews.fail(session, preview_ids[2], run_id, "The picture was blocked.")
    reviews.give(session, preview_ids[0], Review.APPROVED, user="ann")
    reviews.give(session, preview_ids[4], Review.REJECTED, user="bob")
    _change(session, preview_ids[1], edited_fields=["headline"])
    for number, preview_id in enumerate(preview_ids):
        made, changed = timedelta(seconds=number), timedelta(seconds=60 - number)
        _change(session, preview_id, created_at=BEGAN + made, updated_at=BEGAN + changed)
    return CardBatch(batch_id, [kettle, mug, gone], preview_ids)


def _queue(session: Session, source_id: UUID, url: str, title: str, count: int) -> list[UUID]:
    images = [f"https://shop.example/{number}.jpg" for number in range(count)]
    scraped = ScrapedProduct(url=url, title=title, image_urls=tuple(images))
    product_id = products.save(session, url, scraped, workspace="acme", user="ann")
    return previews.queue(session, source_id, product_id, images)


def _make(session: Session, preview_id: UUID, run_id: UUID, headline: str) -> None:
    prefill = {"headline": headline, "generated_background_url": "file:///b.jpg"}
    previews.start(session, preview_id, run_id)
    previews.fill(session, preview_id, run_id, prefill)
    previews.complete(session, preview_id, run_id)


def _change(session: Session, preview_id: UUID, **values: Any) -> None:
    session.execute(
        update(CTAIFramePreview).where(CTAIFramePreview.id == preview_id).values(**values)
    )
