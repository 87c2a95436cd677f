"""Backgrounds: made by the generator in use, stored, their address handed on."""

from secrets import token_hex

from prefect import task
from prefect.cache_policies import NO_CACHE

from creative.generators import get_generator, origin_of
from creative.media import MediaStore
from db.halves import PreviewAttempt
from settings import get_settings
from tasks.calls import PreviewCalls
from tasks.failures import may_pass
from tasks.previews import halves_made, load_brief


@task(
    name="generate-background",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
)
def generate_background(attempt: PreviewAttempt) -> None:
    """Make and store the background of a preview, unless it exists.

    Raises:
        PreviewNotOwned: the attempt is not at work any more.
        RunCancelled: its run was cancelled.
        HalfNotKept: it was made, and the database stayed away.
        CatalogError: the source picture cannot be loaded.
        GenerationError: the generator could not make it, as often as it may try.
        MediaStoreFailed: it could not be stored.
    """
    if halves_made(attempt).background_url:
        return
    settings = get_settings()
    store = MediaStore(settings.media_dir, settings.media_url)
    with PreviewCalls(attempt, "background") as calls:
        background = get_generator(settings).background(load_brief(attempt), calls)
        # A name of its own: whoever comes late writes over nothing.
        name = f"{attempt.preview_id}-{attempt.attempt}-{token_hex(4)}"
        calls.keep(background_url=store.save_background(background, name, origin_of(settings)))
