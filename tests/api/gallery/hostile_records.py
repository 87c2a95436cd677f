"""Records all of whose text is one text, as a shop, a model or a user might write it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import update

from creative.prefill import BRAND_LENGTH, CTA_LENGTH, HEADLINE_LENGTH, SUBTITLE_LENGTH
from db.api_tokens import Member
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
    PreviewStatus,
)
from db.session import unit_of_work
from tests.api.conftest import make_batch
from tests.creative.edit_samples import STORED

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
_NAME_LENGTH = 200
_PRICE_LENGTH, _BADGE_LENGTH, _VIBE_LENGTH = 30, 20, 80


@dataclass(frozen=True)
class HostileBatches:
    """A batch that is done, with a preview that is done and one that failed; and one that failed."""

    member: Member
    id: UUID
    done: UUID
    failed: UUID
    failed_batch: UUID


def cut(text: str, length: int) -> str:
    """As much of a text as a field holds."""
    return text[:length].strip()


def prefill_of(text: str) -> dict[str, Any]:
    """A prefill that says a text wherever it says anything, as far as its fields hold it."""
    link = f"https://shop.example/?{quote(text[:300])}"
    return STORED | {
        "headline": cut(text, HEADLINE_LENGTH),
        "subtitle": cut(text, SUBTITLE_LENGTH),
        "brand": cut(text, BRAND_LENGTH),
        "price": cut(text, _PRICE_LENGTH),
        "visual_vibe": cut(text, _VIBE_LENGTH),
        "cta": {"text": cut(text, CTA_LENGTH), "url": link},
        "widgets": [
            {"type": "price_tag", "text": cut(text, _PRICE_LENGTH)},
            {"type": "badge", "text": cut(text, _BADGE_LENGTH)},
            {"type": "qr_code", "url": link},
        ],
        "corrections": [text[:1000]],
        "generated_by": {
            "generator": "gemini", "image_model": text[:200], "text_model": text[:200],
        },
        "original_background_url": link,
        "generated_background_url": PIXEL,
    }  # fmt: skip


def record(text: str, picture_url: str) -> HostileBatches:
    """Record batches in a workspace and of a user that are named by the text.

    Args:
        text: without NUL and line breaks.
        picture_url: where the product's picture is.
    """
    member = Member(f"W {text}"[:_NAME_LENGTH].strip(), f"U {text}"[:_NAME_LENGTH].strip())
    batch, failed_batch = make_batch(member, done=1), make_batch(member, done=0)
    with unit_of_work() as session:
        run = session.execute
        for made in (batch, failed_batch):
            of_source = update(CTABulkGenerateSource).where(
                CTABulkGenerateSource.bulk_generate_task_id == made.id
            )
            url = f"https://shop.example/{made.id}?{text}"[:2048]
            run(of_source.values(url=url, error_message=f"Source: {text}"))
            of_batch = update(CTABulkGenerateTask).where(CTABulkGenerateTask.id == made.id)
            run(of_batch.values(name=text[:_NAME_LENGTH], error_message=f"Batch: {text}"))
        run(
            update(ECommerceProduct)
            .where(ECommerceProduct.workspace == member.workspace)
            .values(
                title=text, brand=text, description=text, category=text, url=url,
                image_urls=[f"{picture_url}?{quote(text[:500])}"], ranked_by=text[:200],
            )
        )  # fmt: skip
        previews = update(CTAIFramePreview).where(CTAIFramePreview.workspace == member.workspace)
        run(previews.values(error_message=f"Preview: {text}", source_image_url=f"{picture_url}"))
        is_done = CTAIFramePreview.status == PreviewStatus.DONE
        run(previews.where(is_done).values(prefill=prefill_of(text)))
        failed_sources = update(CTABulkGenerateTask).where(
            CTABulkGenerateTask.id == failed_batch.id
        )
        run(failed_sources.values(status="failed"))
        run(CTAIFramePreview.__table__.delete().where(  # type: ignore[attr-defined]
            CTAIFramePreview.bulk_generate_task_id == failed_batch.id))  # fmt: skip
    done, failed = batch.preview_ids
    return HostileBatches(member, batch.id, done, failed, failed_batch.id)
