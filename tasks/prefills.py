"""Prefills: written by the generator in use."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from creative.generators import get_generator
from db.halves import PreviewAttempt
from tasks.calls import PreviewCalls
from tasks.failures import may_pass
from tasks.previews import halves_made, load_brief


@task(
    name="generate-prefill",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
)
def generate_prefill(attempt: PreviewAttempt) -> None:
    """Write and store the prefill of a preview, without its addresses, unless it exists.

    Raises:
        PreviewNotOwned: the attempt is not at work any more.
        RunCancelled: its run was cancelled.
        HalfNotKept: it was made, and the database stayed away.
        CatalogError: the source picture cannot be loaded.
        GenerationError: the generator could not write it, as often as it may try.
    """
    if halves_made(attempt).draft:
        return
    with PreviewCalls(attempt, "prefill") as calls:
        draft = get_generator().prefill(load_brief(attempt), calls)
        calls.keep(draft=draft.model_dump(mode="json"))
