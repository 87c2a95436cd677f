"""Whoever comes late, twice, or at the same time as another changes nothing and pays for nothing."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from db.models import CTABulkGenerateSource
from db.session import unit_of_work
from tests import gemini_server as gemini
from tests.dask_cluster import Batch, send
from tests.faults.batches import (
    IMAGE_MODEL,
    PUT_RIGHT,
    RETRY,
    SWEEP,
    TEXT_MODEL,
    Paid,
    bulk_task,
    previews,
    source,
    statuses,
    wait_for,
)
from tests.faults.conftest import KEY, LEASE_SECONDS
from tests.faults.gates import Gate
from tests.faults.oracle import violations, watched
from tests.faults.test_crashes import as_it_is
from tests.faults.workers import Prefect
from tests.gemini_server import GeminiServer
from tests.pages import Pages
from tests.prefect_server import run_python

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
AGAIN = "from flows.generate_preview import generate_preview; generate_preview('{}')"


@pytest.fixture
def environment_of_job(
    bare_prefect: dict[str, str], job: dict[str, str], database: Engine
) -> Iterator[dict[str, str]]:
    with watched(database):
        yield bare_prefect | job


@pytest.fixture
def failed(
    environment_of_job: dict[str, str], gemini_server: GeminiServer, pages: Pages
) -> list[UUID]:
    """Two previews that failed; from now on, Gemini makes what it is asked for."""
    gemini_server.script(gemini.blocked_prompt())
    with Batch(environment_of_job, [source(pages, "mug", 2)]) as batch:
        batch.ended()
    assert statuses()["preview"] == {"failed": 2}
    return [preview.id for preview in previews()]


def both_ended(environment: dict[str, str], program: str) -> list[str]:
    """What two processes print that run the same at the same time."""
    with Batch(environment, [], program) as first, Batch(environment, [], program) as second:
        return [one.ended() for one in (first, second)]


def test_of_two_processes_that_make_a_preview_at_once_one_makes_it(
    failed: list[UUID],
    environment_of_job: dict[str, str],
    gemini_server: GeminiServer,
    database: Engine,
    data_dir: Path,
) -> None:
    gemini_server.script(gemini.default_answer)
    paid = Paid(gemini_server)
    printed = both_ended(environment_of_job, AGAIN.format(failed[0]))
    assert paid.since() == Counter({IMAGE_MODEL: 1, TEXT_MODEL: 1}), printed
    assert statuses()["preview"] == {"done": 1, "failed": 1}, printed
    assert [preview.attempt for preview in previews()] == [2, 1]
    told = violations(database, data_dir / "media", secrets=[KEY])
    # What a preview that is made by itself is a part of is at work again for as long.
    assert [one for one in told if not one.startswith("I3 cta_bulk_generate")] == []


def test_of_two_that_run_a_batch_again_at_once_one_does(
    failed: list[UUID],
    environment_of_job: dict[str, str],
    gemini_server: GeminiServer,
    database: Engine,
    data_dir: Path,
) -> None:
    gemini_server.script(
        lambda call: (
            gemini.varied_picture(call) if call.wants_picture else gemini.varied_words(call)
        )
    )
    paid = Paid(gemini_server)
    recorded = bulk_task()
    assert recorded is not None
    printed = both_ended(environment_of_job, RETRY.format(recorded.id))
    assert paid.since() == Counter({IMAGE_MODEL: 2, TEXT_MODEL: 2}), printed
    assert statuses()["preview"] == {"done": 2}, printed
    assert violations(database, data_dir / "media", secrets=[KEY]) == []


def test_a_frozen_process_that_wakes_changes_nothing_of_what_another_made(
    environment_of_job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    """It wakes with an answer in its hands, and with more that it would have to ask for."""
    with (
        Gate(gemini_server, lambda _, number: number >= 2) as gate,
        Batch(environment_of_job, [source(pages, "mug", 2)]) as frozen,
    ):
        wait_for(lambda: gate.held == 2 or not frozen.is_alive())
        send(frozen.process, signal.SIGSTOP)
        time.sleep(LEASE_SECONDS + 1)
        run_python(environment_of_job, "-c", PUT_RIGHT)
        recorded = bulk_task()
        assert recorded is not None
        run_python(environment_of_job, "-c", RETRY.format(recorded.id))
        assert statuses()["preview"] == {"done": 2}
        made = [as_it_is(preview) for preview in previews()]
        paid = Paid(gemini_server)
        gate.open()
        send(frozen.process, signal.SIGCONT)
        printed = frozen.ended()
    assert paid.since() == Counter(), printed
    assert [as_it_is(preview) for preview in previews()] == made, printed
    assert statuses()["bulk task"] == {"done": 1}
    run_python(environment_of_job, "-c", SWEEP)
    assert violations(database, data_dir / "media", secrets=[KEY], is_swept=True) == []


def test_a_healthy_run_that_prefect_takes_for_dead_is_left_at_work(
    environment_of_job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    """Heartbeats that come late have its zombie automation crash runs that are alive (18653)."""
    prefect = Prefect(environment_of_job)
    with (
        Gate(gemini_server, lambda _, number: number < 2) as gate,
        Batch(environment_of_job, [source(pages, "mug", 3)]) as batch,
    ):
        paid = Paid(gemini_server)
        wait_for(lambda: gate.held == 2 or not batch.is_alive())
        for run_id in prefect.unfinished():
            prefect.set_state(run_id, "CRASHED", force=True)
        before = statuses()
        time.sleep(LEASE_SECONDS + 1)
        run_python(environment_of_job, "-c", PUT_RIGHT)
        assert statuses() == before
        gate.open()
        printed = batch.ended()
    assert statuses()["preview"] == {"done": 3}, printed
    assert statuses()["bulk task"] == {"done": 1}
    assert paid.since() == Counter({IMAGE_MODEL: 3, TEXT_MODEL: 3})
    assert violations(database, data_dir / "media", secrets=[KEY]) == []


def test_a_batch_whose_rows_are_gone_when_its_answers_come_ends(
    environment_of_job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    """A product may be deleted under a batch, and its previews with it."""
    with (
        Gate(gemini_server) as gate,
        Batch(environment_of_job, [source(pages, "mug", 1), source(pages, "cup", 1)]) as batch,
    ):
        wait_for(lambda: gate.held == 2 or not batch.is_alive())
        with unit_of_work() as session:
            [preview] = previews()
            session.delete(session.get_one(type(preview), preview.id))
        gate.open()
        printed = batch.ended()
    with unit_of_work() as session:
        ended = list(
            session.scalars(
                select(CTABulkGenerateSource.status).order_by(CTABulkGenerateSource.position)
            )
        )
    assert ended == ["failed", "done"], printed
    run_python(environment_of_job, "-c", SWEEP)
    assert violations(database, data_dir / "media", secrets=[KEY], is_swept=True) == []
