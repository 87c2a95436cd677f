"""A client of the generation limit that starts as many as it lets through, and asks seldom.

Prefect's own client sleeps about a whole period after each refusal, and each refusal begins the
decay of the slot anew. This one knows when the next slot is free: processes take turns (`db.turns`)
and the one whose turn it is asks once, a moment after the period has passed.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from db.turns import Turn, turn

_LOCKED = 423
_MAY_PASS = {408, 429, 500, 502, 503, 504}
_KEPT_SECONDS = 5  # how long what was read of the limit is believed
_FROZEN_SECONDS = 30  # a process that has not moved for so long has lost its turn
_POLL_SECONDS = 0.25
_ANSWER_SECONDS = 20
_GIVE_UP_SECONDS = 600
_LEAST_SLACK = 0.005
_LARGEST_SLACK = 0.1


class GenerationLimitUnusable(Exception):
    """The global concurrency limit would not hold anything back, or is not there."""


def period_of(limit: GlobalConcurrencyLimitResponse) -> float:
    """The seconds in which one slot of a limit becomes free.

    Raises:
        GenerationLimitUnusable: it is switched off, or has no decay.
    """
    if not limit.active or not limit.slot_decay_per_second:
        raise GenerationLimitUnusable(
            f"The global concurrency limit {limit.name!r} is switched off or has no slot "
            "decay, so nothing would hold generations back: switch it on in Prefect, or delete "
            "it and start again."
        )
    return 1 / limit.slot_decay_per_second


class Pacer:
    """Hands out the slots of one limit to the threads of this process, in order."""

    def __init__(self, limit_name: str) -> None:
        self._limit_name = limit_name
        self._line = _Line()
        self._period = 0.0
        self._read_at = -float("inf")
        self._slack = 0.0
        self._connected: tuple[str, SyncPrefectClient] | None = None

    def wait(self) -> None:
        """Wait for a slot, for as long as it takes; what cannot be reached is tried again.

        Raises:
            GenerationLimitUnusable: the limit does not exist, is switched off, or has no decay.
            httpx.HTTPError, OperationalError: Prefect or the database stayed away for ten minutes.
        """
        persistent = Retrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random(0.5, 2),
            stop=stop_after_delay(_GIVE_UP_SECONDS),
            reraise=True,
        )
        with self._line.place():
            persistent(self._wait_for_turn)

    def period(self) -> float:
        """The seconds between two starts, as the server has it."""
        with get_client(sync_client=True) as client:
            return self._period_now(client)

    def _period_now(self, client: SyncPrefectClient) -> float:
        if time.monotonic() - self._read_at > _KEPT_SECONDS:
            self._read(client)
        return self._period

    def _wait_for_turn(self) -> None:
        granted = False
        try:
            client = self._client()
            with turn(_FROZEN_SECONDS) as mine:
                self._rest_until_free(client, mine)
                asked_at = self._ask_until_granted(client)
                granted = True
                mine.note_start(self._limit_name, time.monotonic() - asked_at)
        except DBAPIError:
            # A slot that was granted is ours all the same; whoever is next asks a little early.
            if not granted:
                raise

    def _client(self) -> SyncPrefectClient:
        """One client for all turns: a new one has to connect and to ask for a CSRF token first."""
        server = str(PREFECT_API_URL.value())
        if self._connected is None or self._connected[0] != server:
            settings = {"timeout": _ANSWER_SECONDS}
            client = get_client(httpx_settings=settings, sync_client=True).__enter__()
            self._connected = (server, client)
        return self._connected[1]

    def _rest_until_free(self, client: SyncPrefectClient, mine: Turn) -> None:
        while True:
            passed = mine.seconds_since_start(self._limit_name)
            period = self._period_now(client)
            self._slack = max(self._slack, min(period / 100, _LARGEST_SLACK), _LEAST_SLACK)
            left = 0.0 if passed is None else min(period, period - passed) + self._slack
            if left <= 0:
                return
            time.sleep(min(left, _KEPT_SECONDS))
            if left <= _KEPT_SECONDS:
                return

    def _ask_until_granted(self, client: SyncPrefectClient) -> float:
        """Ask when the slot should be free; returns when the request was sent that was granted."""
        while True:
            asked_at = time.monotonic()
            if self._ask(client):
                self._slack *= 0.9
                return asked_at
            # Somebody asked who takes no turns, or the request came a moment too early.
            self._slack = min(2 * self._slack + _LEAST_SLACK, _LARGEST_SLACK)
            time.sleep(min(self._period + self._slack, _KEPT_SECONDS))
            while self._read(client):
                time.sleep(_POLL_SECONDS)

    def _ask(self, client: SyncPrefectClient) -> bool:
        try:
            answer = client.increment_concurrency_slots(
                names=[self._limit_name], slots=1, mode="rate_limit"
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code == _LOCKED:
                return False
            raise
        if not answer.json():
            self._read_at = -float("inf")
            raise _missing(self._limit_name)
        return True

    def _read(self, client: SyncPrefectClient) -> bool:
        """Read the limit; returns whether all its slots are taken."""
        self._read_at = -float("inf")
        try:
            limit = client.read_global_concurrency_limit_by_name(self._limit_name)
        except ObjectNotFound:
            raise _missing(self._limit_name) from None
        self._period = period_of(limit)
        self._read_at = time.monotonic()
        return limit.active_slots >= limit.limit


class _Line:
    """Lets one thread in at a time, in the order in which they came; a plain lock has no order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        mine = threading.Event()
        with self._lock:
            self._waiting.append(mine)
            if self._waiting[0] is mine:
                mine.set()
        try:
            mine.wait()
            yield
        finally:
            with self._lock:
                self._waiting.remove(mine)
                if self._waiting:
                    self._waiting[0].set()


def _missing(limit_name: str) -> GenerationLimitUnusable:
    return GenerationLimitUnusable(
        f"The global concurrency limit {limit_name!r} does not exist on the Prefect server, so "
        "nothing would hold generations back: run `make deploy`, or start the bulk task again."
    )


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in _MAY_PASS
    return isinstance(error, httpx.TransportError | OperationalError | NoConnection)
