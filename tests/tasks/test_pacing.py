"""One process at the cap: in order, asking once a period, following what is changed, never hanging."""

import contextvars
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from sqlalchemy import Engine, create_engine, text

from db import turns
from tasks import pacing
from tasks.pacing import GenerationLimitUnreachable, GenerationLimitUnusable, Pacer, _Line
from tests.db.turns_seen import holders, terminate_holder
from tests.prefect_server import free_port
from tests.tasks.conftest import PER_SECOND
from tests.tasks.slots import LIMIT, ask_directly, change_limit, make_limit


@pytest.fixture
def asked(pacer: Pacer, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The requests that this process sends to Prefect, and when, by the monotonic clock."""
    sent: list[tuple[str, float]] = []
    original = httpx.HTTPTransport.handle_request

    def counted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, time.monotonic()))
        return original(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", counted)
    pacer.wait()
    sent.clear()
    return sent


def increments(asked: list[tuple[str, float]]) -> list[float]:
    return [moment for path, moment in asked if path.endswith("/increment")]


@contextmanager
def meanwhile(target: Callable[[], None]) -> Iterator[threading.Thread]:
    """Run something in a thread that knows this one's Prefect server."""
    thread = threading.Thread(target=contextvars.copy_context().run, args=(target,), daemon=True)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def spoil(api: str, change: dict[str, float] | None) -> None:
    """Change the limit, or delete it."""
    if change is None:
        httpx.delete(f"{api}/v2/concurrency_limits/{LIMIT}", timeout=60).raise_for_status()
    else:
        change_limit(api, **change)


def wait_for_holder(engine: Engine) -> None:
    deadline = time.monotonic() + 30
    while not holders(engine):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_waiting_costs_one_request_a_start_and_a_reading_now_and_then(
    pacer: Pacer, asked: list[tuple[str, float]]
) -> None:
    for _ in range(10):
        pacer.wait()
    # A slow machine may have asked a moment too early once.
    assert 10 <= len(increments(asked)) <= 12
    assert len(asked) <= len(increments(asked)) + 4


def test_a_slot_that_another_took_is_waited_for_with_few_requests(
    pacer: Pacer, asked: list[tuple[str, float]], api: str
) -> None:
    make_limit(api, per_second=1 / 3)
    ask_directly(api).raise_for_status()
    begun = time.monotonic()
    pacer.wait()
    seconds = time.monotonic() - begun
    assert seconds >= 2.5
    assert len(increments(asked)) <= 3
    assert len(asked) <= 5 * seconds


def test_whether_a_slot_is_wanted_is_looked_at_before_ones_turn_and_again_after_a_long_wait(
    pacer: Pacer, api: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_in_turn: list[bool] = []

    def look() -> None:
        looked_in_turn.append(bool(holders(engine)))

    pacer.wait()
    pacer.wait(look)
    assert looked_in_turn == [False], "others wait while one has its turn"
    monkeypatch.setattr(pacing, "_SEEN_SECONDS", 0)
    pacer.wait(look)
    assert looked_in_turn[1:] == [False, True]


def test_a_limit_that_hardly_holds_anything_back_is_asked_out_of_turn(
    api: str, asked: list[tuple[str, float]]
) -> None:
    make_limit(api, per_second=1000)
    fresh = Pacer(LIMIT)
    fresh.wait()
    asked.clear()
    with turns.turn(60):
        fresh.wait()
    assert len(increments(asked)) == 1
    make_limit(api, per_second=2)
    ask_directly(api).raise_for_status()
    begun = time.monotonic()
    fresh.wait()
    assert time.monotonic() - begun >= 0.4, "one that was made slower holds back at once"


def test_threads_are_let_in_in_the_order_in_which_they_came() -> None:
    line = _Line()
    came: list[int] = []
    threads = []
    with line.place():
        for number in range(20):

            def wait(number: int = number) -> None:
                with line.place():
                    came.append(number)

            threads.append(threading.Thread(target=wait, daemon=True))
            threads[-1].start()
            while len(line._waiting) < number + 2:
                time.sleep(0.001)
    for one in threads:
        one.join(30)
    assert came == list(range(20))


def test_a_thread_that_is_interrupted_while_it_waits_leaves_the_line() -> None:
    line = _Line()
    behind = threading.Event()

    def wait_behind() -> None:
        with line.place():
            behind.set()

    release = threading.Event()

    def hold() -> None:
        with line.place():
            release.wait()

    def interrupt() -> None:
        while len(line._waiting) < 3:
            time.sleep(0.001)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with meanwhile(hold):
        while not line._waiting:
            time.sleep(0.001)

        def come_behind() -> None:
            while len(line._waiting) < 2:
                time.sleep(0.001)
            wait_behind()

        with meanwhile(come_behind), meanwhile(interrupt):
            with pytest.raises(KeyboardInterrupt), line.place():
                pytest.fail("It was let in while another was.")
            assert not behind.is_set()
            release.set()
    assert behind.is_set()
    assert not line._waiting


def test_a_thread_that_is_interrupted_during_its_turn_lets_the_others_in(
    pacer: Pacer, api: str, engine: Engine
) -> None:
    pacer.wait()
    change_limit(api, slot_decay_per_second=1 / 60)

    def interrupt() -> None:
        wait_for_holder(engine)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with meanwhile(interrupt), pytest.raises(KeyboardInterrupt):
        pacer.wait()
    assert holders(engine) == []
    change_limit(api, slot_decay_per_second=PER_SECOND)
    with meanwhile(pacer.wait):
        pass


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"active": False}, "switched off"),
        ({"slot_decay_per_second": 0}, "no slot decay"),
        ({"limit": 0}, "no slots"),
        (None, "does not exist"),
    ],
)
def test_those_who_wait_are_told_when_the_limit_stops_to_hold(
    pacer: Pacer, api: str, engine: Engine, change: dict[str, float] | None, told: str
) -> None:
    make_limit(api, per_second=1 / 60)
    pacer.wait()
    outcomes: list[Exception] = []

    def wait() -> None:
        try:
            pacer.wait()
        except GenerationLimitUnusable as error:
            outcomes.append(error)

    with meanwhile(wait), meanwhile(wait):
        wait_for_holder(engine)
        spoil(api, change)
    assert [told in str(one) for one in outcomes] == [True, True]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"slot_decay_per_second": 0}, "no slot decay"),
        ({"limit": 0}, "no slots"),
        (None, "does not exist"),
    ],
)
def test_a_limit_that_was_spoilt_just_before_it_is_asked_is_told(
    pacer: Pacer, api: str, change: dict[str, float] | None, told: str
) -> None:
    pacer.wait()
    spoil(api, change)
    # What was read of the limit is still believed.
    with pytest.raises(GenerationLimitUnusable, match=told):
        pacer.wait()


def test_a_faster_limit_is_followed_in_the_middle_of_a_long_rest(
    pacer: Pacer, api: str, engine: Engine
) -> None:
    make_limit(api, per_second=1 / 3600)
    pacer.wait()
    with meanwhile(pacer.wait):
        wait_for_holder(engine)
        change_limit(api, slot_decay_per_second=10)


def test_a_faster_limit_is_followed_while_a_strangers_slot_is_waited_for(
    pacer: Pacer, api: str, asked: list[tuple[str, float]]
) -> None:
    make_limit(api, per_second=1 / 3600)
    ask_directly(api).raise_for_status()
    with meanwhile(pacer.wait):
        while not increments(asked):
            time.sleep(0.01)
        change_limit(api, slot_decay_per_second=10)


def test_a_slower_limit_is_followed_within_some_seconds(
    pacer: Pacer, api: str, asked: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_KEPT_SECONDS", 0.3)
    change_limit(api, slot_decay_per_second=1)
    pacer.wait()
    pacer.wait()
    asked.clear()
    for _ in range(3):
        pacer.wait()
    # One that still asked five times a second would be refused each time.
    assert len(increments(asked)) <= 4


def test_more_slots_let_no_more_through_than_the_decay(
    pacer: Pacer, api: str, asked: list[tuple[str, float]]
) -> None:
    change_limit(api, limit=20)
    for _ in range(6):
        pacer.wait()
    moments = increments(asked)
    assert len(moments) == 6
    assert moments[-1] - moments[0] >= 0.95 * 5 / PER_SECOND


def test_one_that_lost_its_turn_while_resting_takes_another_before_it_asks(
    api: str, asked: list[tuple[str, float]], engine: Engine
) -> None:
    # With room in the limit nothing but turns keeps the starts apart.
    make_limit(api, per_second=1 / 2, slots=20)
    fresh = Pacer(LIMIT)
    fresh.wait()
    with meanwhile(fresh.wait):
        wait_for_holder(engine)
        terminate_holder(engine)
    fresh.wait()
    first, second, third = increments(asked)
    assert min(second - first, third - second) >= 0.95 * 2


def test_a_slot_that_was_granted_is_kept_when_the_database_goes_just_then(
    pacer: Pacer, engine: Engine, asked: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Pacer._ask

    def ask_and_cut(self: Pacer, client: SyncPrefectClient) -> bool:
        granted = original(self, client)
        if granted:
            terminate_holder(engine)
        return granted

    with monkeypatch.context() as patched:
        patched.setattr(Pacer, "_ask", ask_and_cut)
        time.sleep(1 / PER_SECOND)
        pacer.wait()
        assert len(increments(asked)) == 1
    with meanwhile(pacer.wait):
        pass


def test_one_that_waits_for_a_strangers_slot_keeps_its_turn(
    pacer: Pacer, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others would ask meanwhile, be refused, and so begin the decay of the slot anew."""
    monkeypatch.setattr(pacing, "_KEPT_SECONDS", 0.3)
    monkeypatch.setattr(pacing, "_FROZEN_SECONDS", 1)
    make_limit(api, per_second=1 / 4)
    ask_directly(api).raise_for_status()
    with meanwhile(pacer.wait):
        pass
    # It was still its turn when the slot was granted, so that the start was noted.
    with turns.turn(30) as mine:
        assert mine.seconds_since_start(LIMIT) is not None


@pytest.mark.timeout(90)
def test_a_start_that_the_clock_puts_into_the_future_holds_nobody_up(
    pacer: Pacer, api: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_KEPT_SECONDS", 0.5)
    make_limit(api, per_second=1 / 2)
    pacer.wait()
    shift_start(engine, "+ interval '1 hour'")
    pacer.wait()
    shift_start(engine, "- interval '10 years'")
    pacer.wait()


def shift_start(engine: Engine, by: str) -> None:
    with engine.begin() as connection:
        shift = text(f"UPDATE cta_generation_turn SET started_at = started_at {by}")
        assert connection.execute(shift).rowcount == 1


@pytest.mark.timeout(90)
def test_the_clock_of_the_machine_does_not_matter(
    pacer: Pacer, asked: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(time, "time", lambda: 1e9 - next(hours))
    for _ in range(5):
        pacer.wait()
    monkeypatch.undo()
    assert len(asked) <= 5 + 4


def test_a_failure_after_a_long_wait_is_not_the_end(
    pacer: Pacer, api: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_GIVE_UP_SECONDS", 2)
    monkeypatch.setattr(pacing, "_KEPT_SECONDS", 0.5)
    make_limit(api, per_second=1 / 60)
    pacer.wait()
    outcomes: list[str] = []

    def wait() -> None:
        pacer.wait()
        outcomes.append("granted")

    with meanwhile(wait):
        wait_for_holder(engine)
        time.sleep(3)
        terminate_holder(engine)
        change_limit(api, slot_decay_per_second=PER_SECOND)
    assert outcomes == ["granted"]


def test_a_server_that_stays_away_is_told_after_a_while(
    pacer: Pacer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_GIVE_UP_SECONDS", 4)
    away = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    begun = time.monotonic()
    with (
        temporary_settings(away),
        pytest.raises(GenerationLimitUnreachable, match="could not be reached") as raised,
    ):
        pacer.wait()
    assert time.monotonic() - begun >= 4
    assert isinstance(raised.value.__cause__, httpx.ConnectError)
    with meanwhile(pacer.wait):
        pass


def test_a_database_that_stays_away_is_told_after_a_while(
    pacer: Pacer, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = create_engine(f"postgresql+psycopg2://u:secret@127.0.0.1:{free_port()}/none")
    monkeypatch.setattr(pacing, "_GIVE_UP_SECONDS", 4)
    with monkeypatch.context() as patched:
        patched.setattr(turns, "get_engine", lambda: away)
        with pytest.raises(GenerationLimitUnreachable, match="could not be reached") as raised:
            pacer.wait()
    assert "secret" not in str(raised.value)
    with meanwhile(pacer.wait):
        pass
