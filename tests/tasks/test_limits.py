"""The cap, on a real Prefect server."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import (
    GlobalConcurrencyLimitCreate,
    GlobalConcurrencyLimitUpdate,
)
from prefect.exceptions import ObjectNotFound

from settings import get_settings
from tasks.limits import (
    GENERATION_LIMIT,
    GenerationLimitUnusable,
    ensure_generation_limit,
    wait_for_generation_slot,
)


@pytest.fixture
def client(prefect_server: None) -> Iterator[SyncPrefectClient]:
    """A client of a server without the limit."""
    with get_client(sync_client=True) as client:
        forget_limit(client)
        yield client
        forget_limit(client)


def forget_limit(client: SyncPrefectClient) -> None:
    with contextlib.suppress(ObjectNotFound):
        client.delete_global_concurrency_limit_by_name(GENERATION_LIMIT)


def test_the_limit_is_created_at_the_number_that_is_set(
    client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTA_GENERATIONS_PER_MINUTE", "20")
    get_settings.cache_clear()
    try:
        limit = ensure_generation_limit()
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
    assert limit.active
    busiest_minute = limit.limit + 60 * limit.slot_decay_per_second
    assert busiest_minute < 21 + 1e-6


def test_what_an_operator_changed_is_kept(client: SyncPrefectClient) -> None:
    ensure_generation_limit()
    client.update_global_concurrency_limit(
        GENERATION_LIMIT, GlobalConcurrencyLimitUpdate(slot_decay_per_second=0.05)
    )
    assert ensure_generation_limit().slot_decay_per_second == 0.05


@pytest.mark.parametrize("change", [{"active": False}, {"slot_decay_per_second": 0.0}])
def test_a_limit_that_holds_nothing_back_is_refused(
    client: SyncPrefectClient, change: dict[str, float]
) -> None:
    ensure_generation_limit()
    client.update_global_concurrency_limit(
        GENERATION_LIMIT, GlobalConcurrencyLimitUpdate.model_validate(change)
    )
    with pytest.raises(GenerationLimitUnusable, match=GENERATION_LIMIT):
        ensure_generation_limit()


def test_without_the_limit_nothing_starts(client: SyncPrefectClient) -> None:
    with pytest.raises(GenerationLimitUnusable, match="does not exist"):
        wait_for_generation_slot()


def test_no_window_holds_more_starts_than_the_cap(client: SyncPrefectClient) -> None:
    per_second = 5
    client.create_global_concurrency_limit(
        GlobalConcurrencyLimitCreate(
            name=GENERATION_LIMIT, limit=1, active=True, slot_decay_per_second=per_second
        )
    )

    def start(_: int) -> float:
        wait_for_generation_slot()
        return time.monotonic()

    with ThreadPoolExecutor(8) as pool:
        starts = sorted(pool.map(start, range(16)))
    window = 1.0
    busiest = max(sum(1 for other in starts if 0 <= other - one < window) for one in starts)
    assert busiest <= 1 + per_second * window
    assert starts[-1] - starts[0] >= (len(starts) - 1) / per_second * 0.9
