"""Processes that share the cap: strict, in turns, and going on when one of them dies."""

import contextlib
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from settings import PROJECT_ROOT
from tasks import pacing
from tasks.pacing import _Line
from tests.prefect_server import connection_url, free_port, wait_until_healthy

PER_SECOND = 5
Starter = Callable[..., "Taker"]


class Taker:
    """A process that takes slots; `next` waits for its next one."""

    def __init__(self, environment: dict[str, str], threads: int, *frozen: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "slot_taker.py"), str(threads), *frozen],
            cwd=PROJECT_ROOT, env=environment | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.taken: list[float] = []
        self._lines: queue.Queue[float] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.taken.append(float(line))
            self._lines.put(float(line))

    def next(self, count: int = 1, timeout: float = 60) -> list[float]:
        return [self._lines.get(timeout=timeout) for _ in range(count)]

    def forget(self) -> None:
        """Pass over what it has taken so far."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._lines.get_nowait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def api(environment: dict[str, str], engine: Engine) -> str:
    """The address of a server whose limit lets five generations start in a second."""
    api = environment["PREFECT_API_URL"]
    make_limit(api)
    return api


def make_limit(api: str, per_second: float = PER_SECOND) -> None:
    limits = f"{api}/v2/concurrency_limits"
    httpx.delete(f"{limits}/preview-generation")
    limit = {"name": "preview-generation", "limit": 1, "slot_decay_per_second": per_second}
    httpx.post(f"{limits}/", json=limit).raise_for_status()


@pytest.fixture
def start(environment: dict[str, str], api: str) -> Iterator[Starter]:
    takers: list[Taker] = []

    def start_one(threads: int = 2, *frozen: str, **variables: str) -> Taker:
        takers.append(Taker(environment | variables, threads, *frozen))
        return takers[-1]

    yield start_one
    for one in takers:
        one.kill()


def busiest(moments: list[float], seconds: float) -> int:
    return max(sum(one <= other < one + seconds for other in moments) for one in moments)


def test_no_window_holds_more_than_the_cap_and_no_process_starves(start: Starter) -> None:
    takers = [start(threads=3) for _ in range(3)]
    for one in takers:
        one.next()
    since = time.monotonic()
    takers[0].next(12)
    until = time.monotonic()
    taken = sorted(moment for one in takers for moment in one.taken)
    # Printed a little later than granted, hence not the whole window.
    assert busiest(taken, 1.9) <= 2 * PER_SECOND
    within = [sum(since < moment <= until for moment in one.taken) for one in takers]
    assert min(within) >= sum(within) / len(takers) / 3


def test_processes_take_turns(start: Starter) -> None:
    first, second = start(threads=4), start(threads=1)
    first.next()
    second.next()
    since = time.monotonic()
    first.next(10)
    between = [sum(a < moment <= b for moment in second.taken) for a, b in pairwise(first.taken)]
    counted = between[-8:]
    assert time.monotonic() > since
    # Four threads of one process get no more than the one thread of the other.
    assert sum(counted) >= len(counted) / 2


@pytest.mark.parametrize("which", ["one that has the turn", "one that waits"])
def test_a_killed_process_holds_nobody_up(start: Starter, which: str) -> None:
    survivor, victim = start(threads=1), start(threads=2)
    survivor.next()
    victim.next()
    for _ in range(6):
        # Between two slots of the survivor the victim has the turn; just after its own it waits.
        (survivor if which == "one that has the turn" else victim).next()
    victim.kill()
    survivor.forget()
    survivor.next(5, timeout=20)


def test_a_frozen_process_loses_its_turn_and_comes_back_harmlessly(start: Starter) -> None:
    survivor, victim = start(1, "1"), start(2, "1")
    victim.next()
    survivor.next()
    victim.process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    survivor.forget()
    survivor.next(6, timeout=30)
    victim.process.send_signal(signal.SIGCONT)
    victim.next(4, timeout=30)
    survivor.next(2, timeout=30)
    taken = sorted(survivor.taken + victim.taken)
    assert busiest(taken[-10:], 0.9) <= PER_SECOND


def test_one_who_takes_no_turns_neither_stops_the_others_nor_lets_more_through(
    start: Starter, api: str
) -> None:
    taker = start(threads=2)
    taker.next()
    foreign: list[float] = []
    slot = {"names": ["preview-generation"], "slots": 1, "mode": "rate_limit"}
    deadline = time.monotonic() + 60
    count = len(taker.taken)
    while len(taker.taken) < count + 8 and time.monotonic() < deadline:
        if httpx.post(f"{api}/v2/concurrency_limits/increment", json=slot).status_code == 200:
            foreign.append(time.monotonic())
        # A refused request begins the decay anew, so that nobody may ask all the time.
        time.sleep(0.9)
    assert len(taker.taken) >= count + 8
    assert busiest(sorted(taker.taken + foreign), 1.9) <= 2 * PER_SECOND


def test_a_lost_connection_to_the_database_is_made_anew(start: Starter, engine: Engine) -> None:
    taker = start(threads=2)
    taker.next()
    cut = 0
    while cut < 3:
        with engine.begin() as connection:
            cut += connection.scalar(
                text(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE (query LIKE '%cta_generation_turn%' OR query LIKE '%advisory%') "
                    "AND pid <> pg_backend_pid()"
                )
            )
        taker.forget()
        taker.next(2, timeout=30)
    assert taker.process.poll() is None


def test_what_an_operator_changes_is_followed_in_the_middle_of_a_long_rest(
    start: Starter, api: str
) -> None:
    make_limit(api, per_second=1 / 60)
    taker = start(threads=1)
    taker.next()
    change = {"slot_decay_per_second": 50}
    httpx.patch(f"{api}/v2/concurrency_limits/preview-generation", json=change).raise_for_status()
    taker.next(5, timeout=30)


def test_waiting_costs_one_request_a_start(
    start: Starter, environment: dict[str, str], api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    original = httpx.HTTPTransport.handle_request

    def counted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return original(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", counted)
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: api}):
        pacer = pacing.Pacer("preview-generation")
        for _ in range(10):
            pacer.wait()
    increments = sum(path.endswith("/increment") for path in asked)
    # A slow machine may have asked a moment too early once.
    assert 10 <= increments <= 12
    assert len(asked) <= increments + 4


def test_threads_are_let_in_in_the_order_in_which_they_came() -> None:
    line = _Line()
    came: list[int] = []
    threads = []
    with line.place():
        for number in range(20):
            begun = threading.Event()

            def wait(number: int = number, begun: threading.Event = begun) -> None:
                begun.set()
                with line.place():
                    came.append(number)

            threads.append(threading.Thread(target=wait))
            threads[-1].start()
            begun.wait()
            while len(line._waiting) < number + 2:
                time.sleep(0.001)
    for one in threads:
        one.join()
    assert came == list(range(20))


def test_a_thread_that_fails_leaves_the_line() -> None:
    line = _Line()
    with pytest.raises(KeyboardInterrupt), line.place():
        raise KeyboardInterrupt
    with line.place():
        pass
    assert not line._waiting


@pytest.mark.parametrize("change", ["off", "no decay", "gone"])
def test_those_who_wait_are_told_when_the_limit_stops_to_hold(
    api: str, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setattr(pacing, "_KEPT_SECONDS", 0.2)
    address = f"{api}/v2/concurrency_limits/preview-generation"
    with temporary_settings({PREFECT_API_URL: api}):
        pacer = pacing.Pacer("preview-generation")
        pacer.wait()
        if change == "gone":
            httpx.delete(address).raise_for_status()
        else:
            values = {"active": False} if change == "off" else {"slot_decay_per_second": 0}
            httpx.patch(address, json=values).raise_for_status()
        time.sleep(0.3)
        with pytest.raises(pacing.GenerationLimitUnusable, match="preview-generation"):
            pacer.wait()


def test_a_start_that_the_clock_puts_into_the_future_holds_nobody_up(
    api: str, engine: Engine
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: api}):
        pacer = pacing.Pacer("preview-generation")
        pacer.wait()
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE cta_generation_turn SET started_at = now() + interval '1 hour'")
            )
        # It would be an hour; the test's own time limit is four minutes.
        pacer.wait()


def test_a_server_that_stays_away_is_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setattr(pacing, "_GIVE_UP_SECONDS", 2)
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        pacer = pacing.Pacer("preview-generation")
        with pytest.raises(httpx.ConnectError):
            pacer.wait()


@pytest.mark.timeout(400)
def test_a_server_that_is_started_again_finds_everybody_waiting(
    environment: dict[str, str], engine: Engine, tmp_path: Path
) -> None:
    port = free_port()
    own = environment | {
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": connection_url(tmp_path),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
    }

    def serve() -> "subprocess.Popen[bytes]":
        with (tmp_path / "server.log").open("a") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
                cwd=PROJECT_ROOT, env=own, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until_healthy(f"{own['PREFECT_API_URL']}/health", tmp_path / "server.log")
        return server

    server = serve()
    make_limit(own["PREFECT_API_URL"])
    taker = Taker(own, 3)
    try:
        taker.next(3)
        server.kill()
        server.wait()
        time.sleep(1)
        taker.forget()
        server = serve()
        # At the whole rate again: ten starts take two seconds, and the test has a minute for them.
        taker.next(10, timeout=60)
        assert taker.process.poll() is None
    finally:
        taker.kill()
        server.terminate()
        server.wait(timeout=30)
