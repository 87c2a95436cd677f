"""Prefills: written by the generator in use."""

from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from creative.calls import CallLog
from creative.generators import get_generator
from tasks.failures import may_pass
from tasks.limits import wait_for_generation_slot
from tasks.previews import load_brief


@task(
    name="generate-prefill",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
    timeout_seconds=300,
)
def generate_prefill(preview_id: UUID) -> dict[str, Any]:
    """Write the prefill of a preview, without its background addresses; returns it as JSON.

    Raises:
        CatalogError: the source picture cannot be loaded.
        GenerationError: the generator could not write it.
    """
    if (task_run.run_count or 1) > 1:
        wait_for_generation_slot()
    return get_generator().prefill(load_brief(preview_id), CallLog()).model_dump(mode="json")
