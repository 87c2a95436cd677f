"""Previews: queued with their source pictures, filled with what was made."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zlib import crc32

from catalog.errors import NoUsablePicture
from catalog.images import load_picture
from catalog.ranked import choose_images
from creative.brief import Brief
from creative.legibility import make_readable
from creative.media import MediaStore
from creative.prefill import PrefillDraft, choose_words, headline_key
from db import previews, products, sources
from db.retrying import persistent
from db.session import unit_of_work
from settings import get_settings
from tasks.failures import NothingGenerated, PartsNotStarted


@persistent
def queue_previews(source_id: UUID, product_id: UUID) -> list[UUID]:
    """Record the previews that a source asks for; returns those still to be made, in order.

    Raises:
        NoUsablePicture: none of the product's pictures could be loaded.
    """
    with unit_of_work() as session:
        request = sources.request(session, source_id)
        product = products.get(session, product_id)
        ranked = products.ranked_images(product)
        chosen = choose_images(ranked, request.batch_size)
        if not chosen:
            where = "on the page" if request.product is None else "that were handed over"
            raise NoUsablePicture(
                request.url,
                f"None of the {len(ranked)} pictures {where} could be loaded."
                if ranked
                else "The page names no picture of the product.",
            )
        return previews.queue(session, source_id, product_id, chosen)


def load_brief(preview_id: UUID) -> Brief:
    """What a generator is told of a preview: the product, the decoded picture, the position.

    Raises:
        CatalogError: the source picture cannot be loaded.
    """
    with unit_of_work() as session:
        request = previews.request(session, preview_id)
    return Brief(
        product=request.product,
        picture=load_picture(request.source_image_url),
        position=request.position,
        seed=_seed_of(request),
    )


def _seed_of(request: previews.PreviewRequest) -> int:
    """Products begin their batches differently, wherever they are served; so do attempts."""
    address = urlsplit(request.product.url)
    return crc32(f"{address.path}?{address.query}".encode()) + request.attempt - 1


@persistent
def fill_preview(
    preview_id: UUID, background_url: str, draft: dict[str, Any], *, run_id: UUID
) -> None:
    """Merge the two halves into the preview's prefill and store it.

    The words are made readable on the very background, and its headline is one that no other
    preview of the batch has.

    Raises:
        HeadlinesUsedUp: the batch has every headline that could be written for this product.
        MediaStoreFailed: the background cannot be read back.
        PreviewNotOwned: another run owns the preview, or it has ended.
    """
    settings = get_settings()
    background = MediaStore(settings.media_dir, settings.media_url).load(background_url)
    readable = make_readable(PrefillDraft.model_validate(draft), background)
    with unit_of_work() as session:
        request = previews.request(session, preview_id)
        keys = {headline_key(words.headline) for words in (readable, *readable.alternatives)}
        chosen = choose_words(readable, previews.taken_headlines(session, preview_id, keys))
        prefill = chosen.complete(request.source_image_url, background_url)
        previews.fill(
            session, preview_id, run_id, prefill.model_dump(mode="json"),
            headline_key(prefill.headline),
        )  # fmt: skip


def check_source(source_id: UUID, problems: Sequence[str]) -> None:
    """Look at what became of a source after its previews have ended.

    Args:
        source_id: the source.
        problems: what the runs of its previews said, of those that failed.

    Raises:
        PartsNotStarted: a preview has not reached its end.
        NothingGenerated: no preview is done.
    """
    with unit_of_work() as session:
        if sources.count_unfinished(session, source_id):
            raise PartsNotStarted(" ".join(problems) or "Some previews were never begun.")
        if not sources.count_done(session, source_id):
            raise NothingGenerated(
                source_id,
                sources.failure_summary(session, source_id) or "No preview was made.",
            )
