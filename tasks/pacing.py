"""A client of the generation limit that starts as many as it lets through, and asks seldom.

Prefect's own client sleeps about a whole period after each refusal, and each refusal begins the
decay of the slot anew. This one knows when the next slot is free: processes take turns (`db.turns`)
and the one whose turn it is asks once, a moment after the period has passed.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random

from db.turns import Turn, turn

_LOCKED = 423
_UNPROCESSABLE = 422
_MAY_PASS = {408, 429, 500, 502, 503, 504}
_KEPT_SECONDS = 5  # how long what was read of the limit is believed
_FROZEN_SECONDS = 30  # a process that has not moved for so long has lost its turn
_POLL_SECONDS = 0.3
_LOOK_SECONDS = 3  # how often one that waits looks whether it is still wanted
_SEEN_SECONDS = 1  # how long what it saw is believed
_ANSWER_SECONDS = 20
_GIVE_UP_SECONDS = 600  # how long nothing but failures is borne
_SHORT_SECONDS = 0.01  # a period in which Prefect could not answer those who ask in turn
_LEAST_SLACK = 0.005
_LARGEST_SLACK = 0.1


class GenerationLimitUnusable(Exception):
    """The global concurrency limit would hold nothing or everything back, or is not there."""


class GenerationLimitUnreachable(Exception):
    """Prefect or the database stayed away for longer than is waited for."""


def period_of(limit: GlobalConcurrencyLimitResponse) -> float:
    """The seconds in which one slot of a limit becomes free.

    Raises:
        GenerationLimitUnusable: it is switched off, or has no slots or no decay.
    """
    if limit.active and limit.limit < 1:
        raise GenerationLimitUnusable(
            f"The global concurrency limit {limit.name!r} has no slots, so no generation could "
            "ever start: set its limit to 1 in Prefect."
        )
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
        self._period = float("inf")
        self._read_at = -float("inf")
        self._slack = 0.0
        self._failing_since = self._failed_at = -float("inf")
        self._connected: tuple[str, SyncPrefectClient] | None = None

    def wait(self, check: Callable[[], None] = lambda: None) -> None:
        """Wait for a slot, for as long as it takes; what cannot be reached is tried again.

        Args:
            check: raises where the slot is not wanted any more; it is called at once, every few
                seconds, and before the slot is asked for unless that was within the last second.

        Raises:
            GenerationLimitUnusable: the limit does not exist, is switched off, or has no slots or
                no decay.
            GenerationLimitUnreachable: Prefect or the database stayed away for ten minutes.
        """
        persistent = Retrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random(0.5, 2),
            stop=self._stays_away,
            retry_error_callback=_give_up,
        )
        wanted = _Wanted(check)
        # While others have their turn: what is asked in one's own holds up all who wait.
        wanted.look()
        with self._line.place(wanted.look):
            self._failed_at = -float("inf")
            persistent(self._wait_for_turn, wanted)

    def period(self) -> float:
        """The seconds between two starts, as the server has it."""
        with get_client(sync_client=True) as client:
            return self._period_now(client)

    def _period_now(self, client: SyncPrefectClient) -> float:
        if time.monotonic() - self._read_at > _KEPT_SECONDS:
            self._read(client)
        return self._period

    def _stays_away(self, _: RetryCallState) -> bool:
        """Whether failures have followed one another for too long; a wait in between is none."""
        now = time.monotonic()
        if now - self._failed_at > _GIVE_UP_SECONDS:
            self._failing_since = now
        self._failed_at = now
        return now - self._failing_since >= _GIVE_UP_SECONDS

    def _is_granted_at_once(self, wanted: "_Wanted") -> bool:
        """Whether a limit that hardly holds anything back has let this one through, out of turn."""
        if self._period >= _SHORT_SECONDS:
            return False
        client = self._client()
        wanted.check_unless_seen()
        return self._period_now(client) < _SHORT_SECONDS and self._ask(client)

    def _wait_for_turn(self, wanted: "_Wanted") -> None:
        if self._is_granted_at_once(wanted):
            return
        granted = False
        try:
            client = self._client()
            with turn(_FROZEN_SECONDS) as mine:
                self._rest_until_free(client, mine)
                wanted.check_unless_seen()
                asked_at = self._ask_until_granted(client, mine)
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
        began = time.monotonic()
        while (left := self._seconds_left(client, mine, began)) > 0:
            time.sleep(min(left, _KEPT_SECONDS))
            if left <= _KEPT_SECONDS:
                mine.keep()
                return

    def _seconds_left(self, client: SyncPrefectClient, mine: Turn, began: float) -> float:
        """How long the slot is still taken; the turn `began` then, by the monotonic clock."""
        passed = mine.seconds_since_start(self._limit_name)
        period = self._period_now(client)
        self._failed_at = -float("inf")
        self._slack = max(self._slack, min(period / 100, _LARGEST_SLACK), _LEAST_SLACK)
        if passed is None:
            return 0.0
        # Nobody starts during this turn, whatever the database's clock says.
        return period + self._slack - max(passed, time.monotonic() - began)

    def _ask_until_granted(self, client: SyncPrefectClient, mine: Turn) -> float:
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
                mine.keep()

    def _ask(self, client: SyncPrefectClient) -> bool:
        try:
            answer = client.increment_concurrency_slots(
                names=[self._limit_name], slots=1, mode="rate_limit"
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code == _LOCKED:
                return False
            if error.response.status_code == _UNPROCESSABLE:
                self._read(client)  # says what is wrong with the limit
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


class _Wanted:
    """Whether a slot is still wanted, by what raises where it is not, and as of when."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._seen_at = -float("inf")

    def look(self) -> None:
        """Look now; a database that is away for a moment is no reason to leave the line."""
        with contextlib.suppress(OperationalError):
            self._check()
            self._seen_at = time.monotonic()

    def check_unless_seen(self) -> None:
        """Look, unless that was done a moment ago."""
        if time.monotonic() - self._seen_at > _SEEN_SECONDS:
            self._check()


class _Line:
    """Lets one thread in at a time, in the order in which they came; a plain lock has no order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextlib.contextmanager
    def place(self, look: Callable[[], None] = lambda: None) -> Iterator[None]:
        mine = threading.Event()
        try:
            with self._lock:
                self._waiting.append(mine)
                self._waiting[0].set()
            while not mine.wait(_LOOK_SECONDS):
                look()
            yield
        finally:
            with self._lock:
                with contextlib.suppress(ValueError):
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
    if isinstance(error, DBAPIError):
        return isinstance(error, OperationalError) or error.connection_invalidated
    return isinstance(error, httpx.TransportError | NoConnection)


def _give_up(state: RetryCallState) -> None:
    # A database that ended the turn of one who waited for Prefect hides Prefect's own error.
    raise GenerationLimitUnreachable(
        "The Prefect server or the database could not be reached for "
        f"{_GIVE_UP_SECONDS / 60:.0f} minutes, so that no generation may start: see that both run, "
        "and start the bulk task again."
    ) from (state.outcome.exception() if state.outcome else None)
