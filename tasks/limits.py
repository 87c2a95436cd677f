"""The cap: at most so many generations start in any minute, over all who share a Prefect server."""

import contextlib
import math
from collections.abc import Callable

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from settings import get_settings
from tasks.pacing import GenerationLimitUnusable as GenerationLimitUnusable
from tasks.pacing import Pacer, period_of

GENERATION_LIMIT = "preview-generation"
_PACER = Pacer(GENERATION_LIMIT)


def ensure_generation_limit() -> GlobalConcurrencyLimitResponse:
    """Create the limit when it is missing; one that an operator has changed stays as it is.

    One slot that decays in `60 / CTA_GENERATIONS_PER_MINUTE` seconds: the busiest minute of a
    limit with decay is bounded by its slots plus a minute's decay, so that more slots would let
    more than the cap through.

    Raises:
        GenerationLimitUnusable: it is switched off, or has no slots or no decay.
    """
    with get_client(sync_client=True) as client:
        try:
            limit = client.read_global_concurrency_limit_by_name(GENERATION_LIMIT)
        except ObjectNotFound:
            with contextlib.suppress(ObjectAlreadyExists):
                client.create_global_concurrency_limit(
                    GlobalConcurrencyLimitCreate(
                        name=GENERATION_LIMIT,
                        limit=1,
                        active=True,
                        slot_decay_per_second=get_settings().generations_per_minute / 60,
                    )
                )
            limit = client.read_global_concurrency_limit_by_name(GENERATION_LIMIT)
    period_of(limit)
    return limit


def wait_for_generation_slot(check: Callable[[], None] = lambda: None) -> None:
    """Wait until one more generation may start.

    Args:
        check: raises where it is not wanted any more; it is called now and then.

    Raises:
        GenerationLimitUnusable: the limit does not exist, is switched off, or has no slots or no
            decay.
        GenerationLimitUnreachable: Prefect or the database stayed away for ten minutes.
    """
    _PACER.wait(check)


def generations_per_minute() -> int:
    """How many generations the limit lets start in a minute, as it stands on the server.

    Raises:
        GenerationLimitUnusable: the limit does not exist, is switched off, or has no slots or no
            decay.
    """
    return math.ceil(60 / _PACER.period() - 1e-6)
