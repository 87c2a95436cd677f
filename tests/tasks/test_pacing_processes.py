"""Processes that share the cap: strict, in turns, and going on when one dies, freezes or is cut off."""

import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine

from settings import PROJECT_ROOT
from tests.db.turns_seen import cut, holders, wait_for_waiting, waiting
from tests.prefect_server import connection_url, free_port, wait_until_healthy
from tests.tasks.conftest import PER_SECOND, Starter
from tests.tasks.slots import (
    Taken,
    Taker,
    ask_directly,
    assert_strict,
    change_limit,
    make_limit,
)

LEAST_FULLNESS = 0.85


class Foreigner:
    """A client that takes no turns, and sleeps after a refusal for as long as Prefect says."""

    def __init__(self, api: str) -> None:
        self.taken: list[Taken] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._take, args=(api,))
        self._thread.start()

    def _take(self, api: str) -> None:
        while not self._ended.is_set():
            asked = time.monotonic()
            answer = ask_directly(api)
            if answer.status_code == 200:
                self.taken.append(Taken(asked, time.monotonic()))
            self._ended.wait(float(answer.headers.get("Retry-After", 0)))

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


@pytest.mark.parametrize("processes", [1, 3])
def test_no_window_holds_more_than_the_cap_and_no_process_starves(
    start: Starter, api: str, processes: int
) -> None:
    takers = [start(threads=3) for _ in range(processes)]
    for one in takers:
        one.next()
    foreigner = Foreigner(api)
    try:
        since = time.monotonic()
        takers[0].next(15 // processes)
        takers[-1].next(5)
        until = time.monotonic()
    finally:
        foreigner.end()
    ours = [one.taken for one in takers]
    assert_strict([*foreigner.taken, *(one for some in ours for one in some)], PER_SECOND)
    within = [sum(since < one.granted <= until for one in some) for some in ours]
    assert min(within) >= sum(within) / processes / 3


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
def test_the_cap_is_used_fully_while_somebody_waits(
    start: Starter, api: str, processes: int
) -> None:
    """At one a second, beside which a busy machine's pauses are short."""
    make_limit(api, per_second=1)
    takers = [start(threads=3) for _ in range(processes)]
    for one in takers:
        one.next(20 // processes)
    taken = sorted(one for taker in takers for one in taker.taken)
    assert (len(taken) - 1) / (taken[-1].asked - taken[0].granted) >= LEAST_FULLNESS


def test_processes_take_turns_however_many_threads_they_have(start: Starter) -> None:
    first, second = start(threads=4), start(threads=1)
    first.next()
    second.next()
    since = second.taken[0].granted
    first.next(len(first.taken) + 8)
    moments = [one.granted for one in first.taken if one.granted > since]
    between = [sum(a < one.granted <= b for one in second.taken) for a, b in pairwise(moments)]
    # One each in turn; a process that is slow to come back may miss some.
    assert max(between) <= 1
    assert sum(between) >= len(between) / 2


def hold_and_wait(
    start: Starter, api: str, engine: Engine, threads: int = 2
) -> tuple[Taker, Taker, Taker]:
    """Three processes on a slow limit: one that has the turn, and rests, and two that wait."""
    make_limit(api, per_second=1 / 60)
    holder = start(threads, _FROZEN_SECONDS=2, _KEPT_SECONDS=0.5)
    holder.next()
    others = start(threads), start(threads)
    wait_for_waiting(engine, 2)
    return holder, *others


@pytest.mark.faults
@pytest.mark.parametrize("which", ["has the turn", "waits"])
def test_a_killed_process_holds_nobody_up(
    start: Starter, api: str, database: Engine, which: str
) -> None:
    holder, other, another = hold_and_wait(start, api, database)
    victim, survivor = (holder, other) if which == "has the turn" else (other, holder)
    victim.kill()
    change_limit(api, slot_decay_per_second=PER_SECOND)
    survivor.next(4)
    another.next(4)
    assert_strict(survivor.taken + another.taken, PER_SECOND)


@pytest.mark.faults
def test_a_frozen_process_loses_its_turn_and_comes_back_harmlessly(
    start: Starter, api: str, database: Engine
) -> None:
    holder, other, another = hold_and_wait(start, api, database)
    holder.process.send_signal(signal.SIGSTOP)
    change_limit(api, slot_decay_per_second=PER_SECOND)
    other.next(3)
    another.next(3)
    holder.process.send_signal(signal.SIGCONT)
    for one in (holder, other, another):
        one.forget()
        one.next(3)
    assert_strict(holder.taken[1:] + other.taken + another.taken, PER_SECOND)


@pytest.mark.faults
def test_a_process_that_froze_while_it_waited_passes_its_turn_on(
    start: Starter, api: str, database: Engine
) -> None:
    make_limit(api, per_second=1 / 60)
    holder = start(2, _KEPT_SECONDS=0.5)
    holder.next()
    victim = start(2, _FROZEN_SECONDS=1)
    wait_for_waiting(database, 1)
    victim.process.send_signal(signal.SIGSTOP)
    change_limit(api, slot_decay_per_second=PER_SECOND)
    holder.next(4)
    victim.process.send_signal(signal.SIGCONT)
    victim.next(3)
    assert_strict(holder.taken[1:] + victim.taken, PER_SECOND)


@pytest.mark.faults
def test_processes_whose_connections_are_cut_go_on(
    start: Starter, api: str, database: Engine
) -> None:
    takers = hold_and_wait(start, api, database, threads=1)
    for _ in takers:
        cut(database, *holders(database))
        wait_for_waiting(database, 2)
    cut(database, *waiting(database))
    wait_for_waiting(database, 2)
    change_limit(api, slot_decay_per_second=PER_SECOND)
    for one in takers:
        one.next(3)
    assert_strict([taken for one in takers for taken in one.taken[1:]], PER_SECOND)


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_a_server_that_is_started_again_finds_everybody_waiting(
    environment: dict[str, str], database: Engine, tmp_path: Path
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
    make_limit(own["PREFECT_API_URL"], PER_SECOND)
    # What Prefect's own client sleeps between its tries outlasts a turn.
    takers = [Taker(own, 3, _FROZEN_SECONDS=5) for _ in range(2)]
    try:
        for one in takers:
            one.next(2)
        server.kill()
        server.wait()
        server = serve()
        for one in takers:
            one.forget()
            one.next(5, timeout=90)
            assert one.process.poll() is None
        assert_strict([taken for one in takers for taken in one.taken], PER_SECOND)
    finally:
        for one in takers:
            one.kill()
        server.terminate()
        server.wait(timeout=30)
