"""Backgrounds: made by the generator in use, stored, their address handed on."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from creative.background import fit_background
from creative.calls import CallLog
from creative.generators import get_generator
from creative.media import MediaStore
from settings import get_settings
from tasks.failures import may_pass
from tasks.limits import wait_for_generation_slot
from tasks.previews import load_brief


@task(
    name="generate-background",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
    timeout_seconds=300,
)
def generate_background(preview_id: UUID) -> str:
    """Make and store the background of a preview; returns its address.

    Raises:
        CatalogError: the source picture cannot be loaded.
        GenerationError: the generator could not make it.
        MediaStoreFailed: it could not be stored.
    """
    if (task_run.run_count or 1) > 1:
        wait_for_generation_slot()
    settings = get_settings()
    background = fit_background(
        get_generator(settings).background(load_brief(preview_id), CallLog())
    )
    store = MediaStore(settings.media_dir, settings.media_url)
    return store.save(background, f"backgrounds/{preview_id}")
