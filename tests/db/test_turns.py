"""Turns: one process at a time, first come, first served, and nobody holds the others up for ever."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from db import turns
from db.turns import turn
from tests.db.turns_seen import holders, terminate_holder, wait_for_waiting

LIMIT = "preview-generation"


@pytest.fixture(autouse=True)
def _empty(database: Engine) -> None:
    """No generation was started yet."""


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[], None]], threading.Thread]]:
    threads: list[threading.Thread] = []

    def start_one(target: Callable[[], None]) -> threading.Thread:
        threads.append(threading.Thread(target=target, daemon=True))
        threads[-1].start()
        return threads[-1]

    yield start_one
    for one in threads:
        one.join(30)
        assert not one.is_alive()


def test_turns_come_in_the_order_in_which_they_were_asked_for(
    engine: Engine, start: Callable[[Callable[[], None]], threading.Thread]
) -> None:
    came: list[int] = []
    with turn(30):
        for number in range(3):

            def take(number: int = number) -> None:
                with turn(30):
                    came.append(number)

            start(take)
            wait_for_waiting(engine, number + 1)
        assert came == []
    with turn(30):
        assert came == [0, 1, 2]


def test_a_block_that_fails_gives_its_turn_back(engine: Engine) -> None:
    with pytest.raises(KeyboardInterrupt), turn(30):
        raise KeyboardInterrupt
    assert holders(engine) == []


def test_one_that_froze_loses_its_turn_and_what_it_writes_later(
    start: Callable[[Callable[[], None]], threading.Thread],
) -> None:
    came = threading.Event()

    def come() -> None:
        with turn(30) as mine:
            mine.note_start(LIMIT, 100)
        came.set()

    def freeze() -> None:
        with turn(0.3) as frozen:
            start(come)
            assert came.wait(30)
            frozen.note_start(LIMIT, 0)

    with pytest.raises(OperationalError):
        freeze()
    with turn(30) as mine:
        assert (mine.seconds_since_start(LIMIT) or 0) >= 100


def test_one_that_shows_itself_keeps_its_turn(engine: Engine) -> None:
    with turn(1) as mine:
        [holder] = holders(engine)
        for _ in range(8):
            time.sleep(0.2)
            mine.keep()
        assert holders(engine) == [holder]


def test_one_whose_connection_was_cut_is_told(engine: Engine) -> None:
    def lose() -> None:
        with turn(30) as mine:
            terminate_holder(engine)
            mine.keep()

    with pytest.raises(OperationalError):
        lose()
    assert holders(engine) == []


def test_a_turn_is_waited_for_whatever_the_bounds_of_the_login(
    engine: Engine,
    start: Callable[[Callable[[], None]], threading.Thread],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasty = create_engine(
        engine.url,
        connect_args={"options": "-c statement_timeout=200 -c lock_timeout=200"},
        pool_size=1,
    )
    monkeypatch.setattr(turns, "get_engine", lambda: hasty)
    came = threading.Event()

    def take() -> None:
        with turn(30):
            came.set()

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": turns._LOCK})
        waiter = start(take)
        wait_for_waiting(engine, 1)
        time.sleep(0.6)
    waiter.join(30)
    assert came.is_set()
    with hasty.begin() as connection:
        bounds = text(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
            "current_setting('idle_in_transaction_session_timeout')"
        )
        assert tuple(connection.execute(bounds).one()) == ("200ms", "200ms", "0")
    hasty.dispose()


def test_the_last_start_is_known_by_its_limit() -> None:
    with turn(30) as mine:
        assert mine.seconds_since_start(LIMIT) is None
        mine.note_start(LIMIT, 7)
        assert mine.seconds_since_start("another") is None
    with turn(30) as mine:
        passed = mine.seconds_since_start(LIMIT)
        assert passed is not None
        assert passed >= 7
        mine.note_start(LIMIT, 1)
        later = mine.seconds_since_start(LIMIT)
        assert later is not None
        assert later < passed


def test_time_is_the_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    with turn(30) as mine:
        mine.note_start(LIMIT, 7)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with turn(30) as mine:
        assert 7 <= (mine.seconds_since_start(LIMIT) or 0) < 200
