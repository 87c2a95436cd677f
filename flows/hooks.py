"""Prefect state → status row. The only place in the flows that writes a status.

Prefect logs what a hook raises and goes on, so each write is tried again for a while, changes
nothing when it comes late or twice, and is refused by rows that another run owns.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State

from db import bulk_tasks, previews, reopening, sources, waiting
from db.errors import BulkTaskGivenUp, BulkTaskReopened, UnknownRecord
from db.models import CTABulkGenerateTask, CTAIFramePreview
from db.retrying import persistent
from db.session import unit_of_work
from db.waiting import WaitingRecord
from tasks.claims import attempt_of, forget_attempt, is_part_of_another
from tasks.failures import NothingGenerated, explain, outcome_of
from tasks.leases import lease_of_process


def bulk_task_id_of(flow_run: FlowRun) -> UUID:
    """The bulk task of a run: the one it was given, else the one that it records as its own id."""
    given = flow_run.parameters.get("bulk_task_id")
    return UUID(str(given)) if given else flow_run.id


def reason_of(state: State[Any]) -> str | None:
    """Why a run ended as it did; None when its rows say it better."""
    if state.is_cancelled() or state.is_cancelling():
        return "The run was cancelled; it can be run again."
    if state.is_crashed():
        return f"The run crashed and can be run again. {state.message or ''}".strip()
    if not state.is_failed():
        return None
    error = outcome_of(state)
    if isinstance(error, NothingGenerated):
        return None
    if isinstance(error, BaseException):
        return explain(error)
    return state.message


@persistent
def mark_bulk_task_running(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A bulk task that was recorded before its run began is `running`."""
    with unit_of_work() as session:
        bulk_tasks.start(session, bulk_task_id_of(flow_run), flow_run.id, lease_of_process())


@persistent
def settle_bulk_task(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A bulk task has ended, and everything of it with it."""
    with unit_of_work() as session:
        bulk_tasks.settle(session, bulk_task_id_of(flow_run), flow_run.id, reason_of(state))


@persistent
def give_up(parameters: Mapping[str, Any], reason: str) -> None:
    """The row that a run was to be about, by the run's parameters, never got the run."""
    with unit_of_work() as session:
        waiting.give_up(session, *_row_of(parameters), reason)


@persistent
def take_row(flow_run: FlowRun) -> None:
    """The row of a run that is yet to begin in this process is under the process's lease."""
    with (
        suppress(UnknownRecord, BulkTaskGivenUp, BulkTaskReopened),
        unit_of_work() as session,
    ):
        waiting.own(session, *_row_of(flow_run.parameters), flow_run.id, lease_of_process())


@persistent
def end_lost(flow_run: FlowRun, state: State[Any], *, waits: bool = True) -> None:
    """The row of a run has ended that no hook of the run ends any more, whether it began or not.

    Without `waits` only where the run has it: it may wait for another one by now.
    """
    row, reason = _row_of(flow_run.parameters), reason_of(state)
    with unit_of_work() as session:
        waiting.end(session, *row, flow_run.id, reason, waits=waits)


def _row_of(parameters: Mapping[str, Any]) -> tuple[WaitingRecord, UUID]:
    """What a run is about that is a part of no other: a bulk task or a preview."""
    if preview_id := parameters.get("preview_id"):
        return CTAIFramePreview, UUID(str(preview_id))
    return CTABulkGenerateTask, UUID(str(parameters["bulk_task_id"]))


@persistent
def mark_source_running(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A source is `running`, and its bulk task with it; one that is run again claims it itself."""
    if is_part_of_another(flow_run):
        with unit_of_work() as session:
            sources.start(session, _id(flow_run, "source_id"), flow_run.id, lease_of_process())


@persistent
def settle_source(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A source has ended, and its previews with it; run again, its bulk task may have, too."""
    settle = sources.settle if is_part_of_another(flow_run) else reopening.settle_source
    with unit_of_work() as session:
        settle(session, _id(flow_run, "source_id"), flow_run.id, reason_of(state))


@persistent
def mark_preview_running(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A preview's generation has started; one that is run again waits for the limit first."""
    if is_part_of_another(flow_run):
        with unit_of_work() as session:
            previews.start(session, _id(flow_run, "preview_id"), flow_run.id, lease_of_process())


@persistent
def mark_preview_done(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A preview is `done`; run again, what it is a part of may have ended, too."""
    _end_preview(flow_run, None)


@persistent
def mark_preview_failed(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """A preview has `failed`, was cancelled, or crashed; what it is a part of may have ended."""
    _end_preview(flow_run, reason_of(state) or "The preview could not be made.")


def _end_preview(flow_run: FlowRun, reason: str | None) -> None:
    preview_id, attempt = _id(flow_run, "preview_id"), attempt_of(flow_run.id)
    with unit_of_work() as session:
        if not is_part_of_another(flow_run):
            reopening.settle_preview(session, preview_id, flow_run.id, reason, attempt=attempt)
        elif reason is None:
            previews.complete(session, preview_id, flow_run.id, attempt=attempt)
        else:
            previews.fail(session, preview_id, flow_run.id, reason, attempt=attempt)
    forget_attempt(flow_run.id)


def _id(flow_run: FlowRun, parameter: str) -> UUID:
    return UUID(str(flow_run.parameters[parameter]))
