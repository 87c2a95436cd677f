"""Previews: queued with their source pictures, filled with what was made."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID
from zlib import crc32

from catalog.errors import NoUsablePicture
from catalog.images import load_picture
from catalog.ranked import choose_images
from creative.brief import SAME_LAYOUT, Brief
from creative.edits import KeptEdits
from creative.legibility import make_readable
from creative.media import MediaStore
from creative.prefill import PrefillDraft, choose_words, headline_key
from db import halves, previews, products, sources
from db.errors import PreviewNotOwned
from db.halves import Halves, PreviewAttempt
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


@persistent
def halves_made(attempt: PreviewAttempt) -> Halves:
    """What exists of an attempt already.

    Raises:
        PreviewNotOwned: the attempt is not at work any more.
    """
    with unit_of_work() as session:
        return halves.made(session, attempt)


def load_brief(attempt: PreviewAttempt) -> Brief:
    """What a generator is told of a preview: the product, the decoded picture, the position.

    Raises:
        CatalogError: the source picture cannot be loaded.
    """
    with unit_of_work() as session:
        request = previews.request(session, attempt.preview_id)
    return Brief(
        product=request.product,
        picture=load_picture(request.source_image_url),
        position=request.position,
        seed=_seed_of(request),
    )


def _seed_of(request: previews.PreviewRequest) -> int:
    """Products begin their batches differently, wherever they are served; so do attempts.

    All attempts at a preview have one layout, for a half of an earlier one may be kept.
    """
    address = urlsplit(request.product.url)
    first = crc32(f"{address.path}?{address.query}".encode())
    return first + SAME_LAYOUT * (request.attempt - 1)


@persistent
def fill_preview(attempt: PreviewAttempt) -> None:
    """Merge the two halves into the preview's prefill and store it.

    The words are made readable on the very background, and its headline is one that no other
    preview of the batch has. What a person edited of an earlier prefill stays as they left it.

    Raises:
        HeadlinesUsedUp: the batch has every headline that could be written for this product.
        MediaStoreFailed: the background cannot be read back.
        PreviewNotOwned: another run or attempt owns the preview, or it has ended.
    """
    settings = get_settings()
    with unit_of_work() as session:
        made = halves.made(session, attempt)
        edits = _edits_of(previews.request(session, attempt.preview_id))
    if made.background_url is None or made.draft is None:
        raise PreviewNotOwned(attempt.preview_id)
    background = MediaStore(settings.media_dir, settings.media_url).load(made.background_url)
    draft = PrefillDraft.model_validate(edits.of_draft(made.draft))
    readable = make_readable(draft, background)
    with unit_of_work() as session:
        request = previews.request(session, attempt.preview_id)
        chosen = readable
        if not edits.has_headline:
            keys = {headline_key(words.headline) for words in (readable, *readable.alternatives)}
            taken = previews.taken_headlines(session, attempt.preview_id, keys)
            chosen = choose_words(readable, taken)
        prefill = edits.of_prefill(chosen.complete(request.source_image_url, made.background_url))
        previews.fill(
            session, attempt.preview_id, attempt.run_id, prefill.model_dump(mode="json"),
            headline_key(prefill.headline), attempt=attempt.attempt,
        )  # fmt: skip


def _edits_of(request: previews.PreviewRequest) -> KeptEdits:
    return KeptEdits(request.filled or {}, request.edited_fields if request.filled else [])


@persistent
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
