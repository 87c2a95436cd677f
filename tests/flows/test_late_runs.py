"""A run that begins when the row that waited for it has been ended, and somebody told so."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import FlowRunCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry, Crashed, Pending, to_state_create
from sqlalchemy import Engine

from db import reopening, resuming, waiting
from db.models import CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from flows import hooks, regenerate, retry_failed
from flows.generate_preview import generate_preview
from flows.process_url import process_url
from tests.db.ended_batch import EndedBatch, end_a_batch

pytestmark = pytest.mark.usefixtures("prefect_server")
STOPPED = "The process that ran it was stopped."


def asked_for(batch: EndedBatch, again: Any) -> FlowRun:
    """A run that does not begin yet, and its row, which waits for it as one of the API's does."""
    record: Any
    with unit_of_work() as session:
        if again is not retry_failed:
            record, row_id = CTAIFramePreview, batch.failed[0]
            reopening.reopen_preview(session, row_id)
            parameters = {"preview_id": str(row_id)}
        else:
            record, row_id = CTABulkGenerateTask, batch.bulk_task_id
            resuming.resume(session, row_id)
            parameters = {"bulk_task_id": str(row_id)}
        since = waiting.waits_since(session, record, row_id)
    with get_client(sync_client=True) as client:
        wanted = FlowRunCreate(
            flow_id=client.create_flow(again),
            parameters=parameters,
            state=to_state_create(Pending()),
            idempotency_key=waiting.run_key(again.name, row_id, since),
        )
        answer = client.request("POST", "/flow_runs/", json=wanted.model_dump(mode="json"))
    return FlowRun.model_validate(answer.json())


def end(batch: EndedBatch, run: FlowRun, how: str) -> None:
    """End the row, by the run's process or by whoever could not start the run."""
    if how == "its process was stopped":
        hooks.end_lost(run, Crashed(message=STOPPED))
    else:
        hooks.give_up(run.parameters, STOPPED)


def begin(again: Any, run_id: UUID) -> State[Any]:
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(run_id)
    state: State[Any] = run_flow(again, flow_run=run, return_type="state")
    return state


def test_a_source_that_was_ended_before_its_run_began_stays_ended(database: Engine) -> None:
    """`reconcile` ordered the run, and took it for lost, for it was long in coming."""
    batch = end_a_batch()
    with get_client(sync_client=True) as client:
        wanted = FlowRunCreate(
            flow_id=client.create_flow(process_url),
            parameters={"source_id": str(batch.read)},
            state=to_state_create(Pending()),
            idempotency_key=waiting.run_key("process-url", batch.read, datetime.now(UTC)),
        )
        made = client.request("POST", "/flow_runs/", json=wanted.model_dump(mode="json"))
    assert begin(process_url, UUID(made.json()["id"])).is_failed()
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]
    assert batch.preview(1).attempt == 1


@pytest.mark.parametrize("how", ["its process was stopped", "no run could be started"])
@pytest.mark.parametrize("again", [generate_preview, regenerate, retry_failed])
def test_a_row_that_was_ended_before_its_run_began_stays_ended(
    database: Engine, again: Any, how: str
) -> None:
    batch = end_a_batch()
    run = asked_for(batch, again)
    end(batch, run, how)
    ended = batch.preview(1)
    assert (ended.status, ended.attempt) == ("failed", 2)
    assert STOPPED in str(ended.error_message)

    assert begin(again, run.id).is_failed()

    late = batch.preview(1)
    assert (late.status, late.attempt, late.error_message) == ("failed", 2, ended.error_message)
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]


@pytest.mark.parametrize("had_begun", [True, False])
def test_a_run_that_is_begun_once_more_by_hand_makes_what_was_ended(
    database: Engine, had_begun: bool
) -> None:
    """Prefect's "Retry" begins the same run anew, and whoever presses it knows how it ended."""
    batch = end_a_batch()
    run = asked_for(batch, regenerate)
    end(batch, run, "its process was stopped")
    if had_begun:
        begin(regenerate, run.id)
    else:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run.id, Crashed(message="No such folder."), force=True)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
    begin(regenerate, run.id)
    assert batch.preview(1).attempt == 3
