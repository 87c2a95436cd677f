"""Processes that are killed in the middle: what they had is given to another run, or ended."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelled, Crashed, State
from sqlalchemy import Engine, select, update

from db.errors import BulkTaskNotFailed, BulkTaskUnderWay
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from flows import retry_failed
from flows.generate_preview import generate_preview
from flows.reconcile import Reconciled, put_right
from settings import PROJECT_ROOT, get_settings
from tests.db.ended_batch import row
from tests.pages import Pages
from tests.prefect_server import run_python

pytestmark = pytest.mark.faults
LEASE_SECONDS = 3
NOTHING = Reconciled(0, 0, 0)
ENDED = Reconciled(previews=0, sources=0, bulk_tasks=1)
BEGUN_AGAIN = Reconciled(previews=0, sources=0, bulk_tasks=1, runs_started=1)
HELD = """
import json, sys, time
from creative.local import LocalGenerator
import tasks.prefills
from flows import bulk_generate

class Held(LocalGenerator):
    def prefill(self, brief, calls=None):
        if brief.position:
            time.sleep(600)
        return super().prefill(brief)

tasks.prefills.get_generator = Held
bulk_generate(json.loads(sys.argv[1]), workspace="acme")
"""


class Held:
    """A process that makes three previews of a page: one is done, and two halves are held up."""

    def __init__(self, environment: dict[str, str], pages: Pages) -> None:
        wanted = [{"url": f"{pages.url}/mug", "batch_size": 3}]
        self.environment = environment | {
            "CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://"),
            "CTA_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", HELD, json.dumps(wanted)],
            cwd=PROJECT_ROOT, env=self.environment,
        )  # fmt: skip
        wait_for(lambda: sorted(statuses_of(CTAIFramePreview)) == ["done", "running", "running"])
        wait_for(lambda: len(made("background_url")) == 3)
        self.bulk_task = the_bulk_task()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def lose(self) -> None:
        """Kill it, and wait until its lease has run out."""
        self.kill()
        time.sleep(LEASE_SECONDS + 0.5)


@pytest.fixture
def held(
    database: Engine, environment: dict[str, str], pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Held]:
    """At work on a Prefect server that may have the deployments or not."""
    monkeypatch.setenv("CTA_LEASE_SECONDS", str(LEASE_SECONDS))
    get_settings.cache_clear()
    process = Held(environment, pages)
    try:
        with temporary_settings({PREFECT_API_URL: environment["PREFECT_API_URL"]}):
            yield process
    finally:
        process.kill()
        monkeypatch.undo()
        get_settings.cache_clear()


@pytest.fixture
def without_deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.runs.Runs.can_start", lambda runs, name: False)


def wait_for(condition: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "What was waited for did not come."
        time.sleep(0.1)


def statuses_of(record: Any) -> list[str]:
    with unit_of_work() as session:
        return list(session.scalars(select(record.status)))


def the_bulk_task() -> CTABulkGenerateTask:
    with unit_of_work() as session:
        return session.scalars(select(CTABulkGenerateTask)).one()


def made(half: str) -> dict[Any, Any]:
    """One half of each preview that has it."""
    column = getattr(CTAIFramePreview, half)
    with unit_of_work() as session:
        found = session.execute(select(CTAIFramePreview.id, column).where(column.is_not(None)))
        return dict(found.tuples().all())


def set_state(held: Held, state: State[Any]) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(held.bulk_task.flow_run_id, state, force=True)


def all_done() -> bool:
    return statuses_of(CTAIFramePreview) == ["done"] * 3 and statuses_of(CTABulkGenerateTask) == [
        "done"
    ]


def test_what_is_alive_is_left_alone_whatever_prefect_says(held: Held) -> None:
    set_state(held, Crashed(message="No heartbeat came."))
    time.sleep(LEASE_SECONDS + 0.5)
    assert put_right() == NOTHING
    assert the_bulk_task().status == "running"
    with pytest.raises(BulkTaskUnderWay):
        retry_failed(held.bulk_task.id)


def test_a_lost_bulk_task_is_begun_again_by_a_deployment_and_pays_for_nothing_twice(
    held: Held, registered: dict[str, str]
) -> None:
    backgrounds = made("background_url")
    held.kill()
    assert put_right() == NOTHING, "its lease has not run out"
    time.sleep(LEASE_SECONDS + 0.5)
    assert put_right() == BEGUN_AGAIN
    waiting = the_bulk_task()
    assert (waiting.status, waiting.attempt, waiting.times_lost) == ("pending", 2, 1)
    assert waiting.flow_run_id not in (None, held.bulk_task.flow_run_id)
    assert sorted(statuses_of(CTAIFramePreview)) == ["done", "queued", "queued"]
    assert put_right() == NOTHING

    run_python(held.environment, "-m", "prefect", "flow-run", "execute", str(waiting.flow_run_id))

    assert all_done()
    assert made("background_url") == backgrounds
    with unit_of_work() as session:
        assert sorted(session.scalars(select(CTAIFramePreview.attempt))) == [1, 2, 2]


@pytest.mark.usefixtures("without_deployments")
def test_where_nobody_would_run_it_a_lost_bulk_task_ends_and_can_be_retried(held: Held) -> None:
    backgrounds = made("background_url")
    held.lose()
    assert put_right() == ENDED
    ended = the_bulk_task()
    assert (ended.status, sorted(statuses_of(CTAIFramePreview))) == (
        "done", ["done", "failed", "failed"],
    )  # fmt: skip
    assert ended.error_message == (
        "2 of 3 previews failed. The process that was at it was lost; it can be run again. (2×)"
    )

    assert retry_failed(ended.id).progress["done"] == 3

    assert all_done()
    assert made("background_url") == backgrounds
    assert the_bulk_task().error_message is None
    with pytest.raises(BulkTaskNotFailed):
        retry_failed(ended.id)


def test_a_bulk_task_that_was_just_killed_is_resumed_once_its_lease_has_run_out(
    held: Held,
) -> None:
    held.kill()
    assert retry_failed(held.bulk_task.id).status == "done"
    assert all_done()


@pytest.mark.usefixtures("registered")
def test_what_was_cancelled_is_not_begun_again(held: Held) -> None:
    set_state(held, Cancelled())
    held.lose()
    assert put_right() == ENDED
    assert sorted(statuses_of(CTAIFramePreview)) == ["done", "failed", "failed"]
    assert "The run was cancelled; it can be run again." in str(the_bulk_task().error_message)


@pytest.mark.usefixtures("registered")
def test_what_is_lost_too_often_is_given_up(held: Held) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview)
            .where(CTAIFramePreview.status == "running")
            .values(times_lost=get_settings().max_times_lost)
        )
    held.lose()
    assert put_right() == ENDED, "nothing is left to be made"
    assert sorted(statuses_of(CTAIFramePreview)) == ["done", "failed", "failed"]
    assert statuses_of(CTABulkGenerateSource) == ["done"]


@pytest.mark.usefixtures("without_deployments")
def test_one_preview_of_a_killed_process_can_be_made_again_by_itself(held: Held) -> None:
    held.lose()
    put_right()
    with unit_of_work() as session:
        failed = session.scalars(
            select(CTAIFramePreview.id).where(CTAIFramePreview.status == "failed")
        ).all()
    for preview_id in failed:
        generate_preview(preview_id)
    assert row(CTABulkGenerateTask, held.bulk_task.id).error_message is None
    assert all_done()
