"""Previews: queued with their source pictures, filled with what was made."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from catalog.errors import NoUsablePicture
from catalog.images import load_picture
from catalog.ranked import choose_images
from creative.brief import Brief
from creative.prefill import PrefillDraft
from db import previews, products, sources
from db.session import unit_of_work
from tasks.failures import NothingGenerated, PartsNotStarted, may_pass


@task(
    name="queue-previews",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=2,
    retry_condition_fn=may_pass,
)
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
    picture = load_picture(request.source_image_url)
    return Brief(product=request.product, picture=picture, position=request.position)


@task(
    name="fill-preview",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=2,
    retry_condition_fn=may_pass,
)
def fill_preview(
    preview_id: UUID, background_url: str, draft: dict[str, Any], *, run_id: UUID
) -> None:
    """Merge the two halves into the preview's prefill and store it.

    Raises:
        PreviewNotOwned: another run owns the preview, or it has ended.
    """
    with unit_of_work() as session:
        request = previews.request(session, preview_id)
        prefill = PrefillDraft.model_validate(draft).complete(
            request.source_image_url, background_url
        )
        previews.fill(session, preview_id, run_id, prefill.model_dump(mode="json"))


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
