"""A batch that is cancelled in Prefect's UI stops paying at once, and every row of it says so."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from db.models import CTAGenerationTurn, CTAIFramePreview
from tests.faults.batches import PUT_RIGHT, Paid, previews, source, statuses, wait_for
from tests.faults.conftest import KEY, LEASE_SECONDS
from tests.faults.gates import Gate
from tests.faults.oracle import ENDED, violations, watched
from tests.faults.test_crashes import as_it_is
from tests.faults.workers import Prefect, Worker
from tests.gemini_server import GeminiServer
from tests.pages import Pages
from tests.prefect_server import run_python

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
BEGUN_ALREADY = 4  # two previews at a time, and both halves of each
SECONDS = 60  # in which every row has to be at its end


class Running:
    """A batch that a worker runs, with Gemini behind a gate."""

    def __init__(
        self, prefect: Prefect, worker: Worker, server: GeminiServer, pages: Pages, wanted: int
    ) -> None:
        self._prefect = prefect
        self.worker = worker
        self.paid = Paid(server)
        self.run_id = prefect.start(
            "bulk-generate", sources=[source(pages, "mug", wanted)], workspace="acme"
        )

    def cancel(self) -> None:
        self.paid.since()
        self._prefect.cancel(self.run_id)

    def wait_until_ended(self) -> None:
        wait_for(
            lambda: all(set(counts) <= set(ENDED) for counts in statuses().values()),
            SECONDS, self.worker.log(),
        )  # fmt: skip


Start = Callable[[int], Running]


@pytest.fixture
def start(
    database: Engine,
    prefect: Prefect,
    start_worker: Callable[[], Worker],
    gemini_server: GeminiServer,
    pages: Pages,
) -> Iterator[Start]:
    def start_one(wanted: int) -> Running:
        return Running(prefect, start_worker(), gemini_server, pages, wanted)

    with watched(database):
        yield start_one


def assert_at_rest(
    environment: dict[str, str], prefect: Prefect, database: Engine, data_dir: Path
) -> None:
    """Once `reconcile` has closed what Prefect was left with, nothing is open and all is true."""
    time.sleep(LEASE_SECONDS + 1)
    run_python(environment, "-c", PUT_RIGHT)
    assert prefect.unfinished() == {}
    assert violations(database, data_dir / "media", secrets=[KEY]) == []


def says_cancelled(preview: CTAIFramePreview) -> bool:
    return "cancelled" in str(preview.error_message)


@pytest.mark.parametrize("answers_come", [True, False], ids=["answers come", "answers never come"])
def test_no_call_is_made_after_the_cancel_and_every_row_ends(
    start: Start,
    gemini_server: GeminiServer,
    prefect: Prefect,
    environment_of_workers: dict[str, str],
    database: Engine,
    data_dir: Path,
    answers_come: bool,
) -> None:
    """Where answers never come, Prefect kills the run half a minute later, and runs one hook."""
    with Gate(gemini_server) as gate:
        batch = start(6)
        wait_for(lambda: gate.held == BEGUN_ALREADY, told=batch.worker.log())
        batch.cancel()
        if answers_come:
            time.sleep(3)
            gate.open()
        batch.wait_until_ended()
        assert batch.paid.since() == Counter()
    counts = Counter(preview.status for preview in previews())
    assert counts["failed"] >= 4
    for preview in previews():
        assert preview.status == "done" or says_cancelled(preview), preview.error_message
    wait_for(lambda: prefect.state_of(batch.run_id) == "CANCELLED", SECONDS)
    assert_at_rest(environment_of_workers, prefect, database, data_dir)
    assert batch.paid.since() == Counter()


def test_what_was_done_before_the_cancel_stays_done(
    start: Start,
    gemini_server: GeminiServer,
    prefect: Prefect,
    environment_of_workers: dict[str, str],
    database: Engine,
    data_dir: Path,
) -> None:
    with Gate(gemini_server, lambda _, number: number < 8) as gate:
        batch = start(5)
        wait_for(
            lambda: statuses()["preview"]["done"] == 4 and gate.held == 2, told=batch.worker.log()
        )
        done = [as_it_is(preview) for preview in previews() if preview.status == "done"]
        batch.cancel()
        batch.wait_until_ended()
        assert [as_it_is(one) for one in previews() if one.status == "done"][:4] == done
        assert batch.paid.since() == Counter()
    assert statuses()["bulk task"] == {"done": 1}
    assert_at_rest(environment_of_workers, prefect, database, data_dir)


def test_previews_that_wait_for_the_cap_take_no_slot_any_more(
    start: Start,
    gemini_server: GeminiServer,
    prefect: Prefect,
    environment_of_workers: dict[str, str],
    database: Engine,
    data_dir: Path,
) -> None:
    per_second = 1 / 10
    prefect.set_cap(per_second)
    with Gate(gemini_server) as gate:
        batch = start(10)
        wait_for(lambda: gate.held == 2, told=batch.worker.log())
        batch.cancel()
        gate.open()
        batch.wait_until_ended()
    started = last_start(database)
    time.sleep(2 / per_second)
    assert last_start(database) == started
    assert batch.paid.since() == Counter()
    waiting = [preview for preview in previews() if preview.started_at is None]
    assert len(waiting) >= 8
    assert all(says_cancelled(preview) for preview in waiting)
    assert_at_rest(environment_of_workers, prefect, database, data_dir)


def last_start(database: Engine) -> object:
    """When a generation was started last."""
    with database.connect() as connection:
        return connection.scalar(select(func.max(CTAGenerationTurn.started_at)))


def test_a_batch_that_is_cancelled_before_it_began_ends(
    database: Engine, prefect: Prefect, start_worker: Callable[[], Worker], pages: Pages
) -> None:
    """It is in the queue of a worker, or of none; nothing of it is recorded yet."""
    run_id: UUID = prefect.start("bulk-generate", sources=[source(pages, "mug", 1)])
    prefect.cancel(run_id)
    worker = start_worker()
    wait_for(lambda: prefect.state_of(run_id) == "CANCELLED", SECONDS, worker.log())
    assert previews() == []
