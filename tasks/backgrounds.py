"""Backgrounds: made by the generator in use, stored, their address handed on."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from creative.generators import get_generator, origin_of
from creative.media import MediaStore
from settings import get_settings
from tasks.calls import PreviewCalls
from tasks.failures import may_pass
from tasks.previews import load_brief


@task(
    name="generate-background",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
)
def generate_background(preview_id: UUID) -> str:
    """Make and store the background of a preview; returns its address.

    Raises:
        CatalogError: the source picture cannot be loaded.
        GenerationError: the generator could not make it, as often as it may try.
        MediaStoreFailed: it could not be stored.
    """
    settings = get_settings()
    calls = PreviewCalls(preview_id, "background")
    background = get_generator(settings).background(load_brief(preview_id), calls)
    store = MediaStore(settings.media_dir, settings.media_url)
    return store.save_background(background, str(preview_id), origin_of(settings))
