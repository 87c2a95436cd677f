"""Runs that a worker took, and that never came to their row: its machine went away meanwhile."""

from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Paused, Pending, Running, Scheduled
from sqlalchemy import Engine, update

from db import bulk_tasks, leases, reopening, resuming, waiting
from db.models import CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from flows import retry_failed
from flows.generate_preview import generate_preview
from flows.reconcile import Reconciled, put_right
from tests.db.ended_batch import EndedBatch, end_a_batch

pytestmark = pytest.mark.usefixtures("prefect_server")
RECONCILE = import_module("flows.reconcile")
NOTHING = Reconciled(0, 0, 0)
ENDED = ["done", "done", "done", "failed", "failed"]
WAITS = ["pending", "pending", "done", "queued", "queued"]


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and runs count as old, however young they are."""
    for name in ("GRACE", "UNBEGUN_AFTER"):
        monkeypatch.setattr(RECONCILE, name, timedelta(0))


def deployment_of(client: SyncPrefectClient, flow: Any, name: str = "tests") -> UUID:
    return client.create_deployment(client.create_flow(flow), name)


def deployed_run(state: State[Any], flow: Any, **parameters: str) -> UUID:
    """A run of a deployment, as a worker left it."""
    with get_client(sync_client=True) as client:
        return client.create_flow_run_from_deployment(
            deployment_of(client, flow), parameters=parameters, state=state
        ).id


def waits_for(state: State[Any]) -> EndedBatch:
    """A bulk task that is to be run again, and waits for a run that is in a state."""
    batch = end_a_batch()
    run_id = deployed_run(state, retry_failed, bulk_task_id=str(batch.bulk_task_id))
    with unit_of_work() as session:
        resuming.resume(session, batch.bulk_task_id)
        bulk_tasks.own(session, batch.bulk_task_id, run_id)
    assert batch.statuses() == WAITS
    return batch


@pytest.mark.usefixtures("long_ago")
@pytest.mark.parametrize("state", [Pending(), Running()])
def test_a_row_whose_run_never_came_to_it_is_put_right(database: Engine, state: State[Any]) -> None:
    batch = waits_for(state)
    assert put_right().bulk_tasks == 1
    assert batch.statuses() == ENDED
    told = batch.preview(1).error_message
    assert told == "The process that was at it was lost; it can be run again."


@pytest.mark.usefixtures("long_ago")
@pytest.mark.parametrize("state", [Scheduled(), Paused(timeout_seconds=60)])
def test_a_row_whose_run_nobody_has_taken_yet_waits(database: Engine, state: State[Any]) -> None:
    batch = waits_for(state)
    assert put_right() == NOTHING
    assert batch.statuses() == WAITS


def test_a_run_has_some_minutes_to_come_to_its_row(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RECONCILE, "GRACE", timedelta(0))
    batch = waits_for(Running())
    assert put_right() == NOTHING
    assert batch.statuses() == WAITS


@pytest.mark.usefixtures("long_ago")
def test_a_run_that_no_deployment_started_may_wait_for_others(database: Engine) -> None:
    """Those of an API that runs batches itself are pending until there is a place."""
    batch = end_a_batch()
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(
            retry_failed, parameters={"bulk_task_id": str(batch.bulk_task_id)}, state=Pending()
        )
    with unit_of_work() as session:
        resuming.resume(session, batch.bulk_task_id)
        bulk_tasks.own(session, batch.bulk_task_id, run.id)
    assert put_right() == NOTHING
    assert batch.statuses() == WAITS


@pytest.mark.usefixtures("long_ago")
def test_what_was_being_cancelled_when_its_process_died_is_not_begun_again(
    database: Engine,
) -> None:
    """Nobody finishes the cancellation, until Prefect's server does after some minutes."""
    with get_client(sync_client=True) as client:
        again = deployment_of(client, retry_failed, "retry-failed")
    try:
        batch, lease_id = waits_for(Cancelling()), uuid4()
        with unit_of_work() as session:
            leases.renew(session, lease_id, -1)
            session.execute(update(CTABulkGenerateTask).values(status="running", lease_id=lease_id))
        reconciled = put_right()
        assert (reconciled.bulk_tasks, reconciled.runs_started) == (1, 0)
        assert batch.statuses() == ENDED
        told = batch.preview(1).error_message
        assert told == "The run was cancelled; it can be run again."
    finally:
        with get_client(sync_client=True) as client:
            client.delete_deployment(again)


@pytest.mark.usefixtures("long_ago")
def test_a_preview_whose_runs_never_begin_is_given_up_at_last(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTA_MAX_TIMES_LOST", "1")
    RECONCILE.get_settings.cache_clear()
    with get_client(sync_client=True) as client:
        again = deployment_of(client, generate_preview, "generate-preview")
    try:
        batch = end_a_batch()
        with unit_of_work() as session:
            reopening.reopen_preview(session, batch.failed[0])
            run_id = deployed_run(Pending(), generate_preview, preview_id=str(batch.failed[0]))
            waiting.own(session, CTAIFramePreview, batch.failed[0], run_id)
        assert put_right().runs_started == 1
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(batch.preview(1).flow_run_id, Pending(), force=True)  # type: ignore[arg-type]
        assert put_right().runs_started == 0
        assert batch.statuses() == ENDED
    finally:
        monkeypatch.delenv("CTA_MAX_TIMES_LOST")
        RECONCILE.get_settings.cache_clear()
        with get_client(sync_client=True) as client:
            client.delete_deployment(again)
