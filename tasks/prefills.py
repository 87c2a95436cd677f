"""Prefills: written by the generator in use."""

from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from creative.generators import get_generator
from tasks.calls import PreviewCalls
from tasks.failures import may_pass
from tasks.previews import load_brief


@task(
    name="generate-prefill",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
)
def generate_prefill(preview_id: UUID) -> dict[str, Any]:
    """Write the prefill of a preview, without its background addresses; returns it as JSON.

    Raises:
        CatalogError: the source picture cannot be loaded.
        GenerationError: the generator could not write it, as often as it may try.
    """
    calls = PreviewCalls(preview_id, "prefill")
    return get_generator().prefill(load_brief(preview_id), calls).model_dump(mode="json")
