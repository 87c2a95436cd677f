"""Rows whose run is lost: put right from outside, because no hook of the run could."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import FlowRun, State, StateType

from db import leases, reconciling
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.reconciling import OwnedRow, WaitingRow
from db.retrying import persistent
from db.session import unit_of_work
from db.waiting import run_key
from flows.hooks import bulk_task_id_of, reason_of
from flows.runs import Runs, prefect_runs
from settings import get_settings
from tasks.media import sweep_media

GRACE = timedelta(minutes=1)
"""How long a row without a lease is left to the hooks of its run: since it was written, and since
the run ended."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""How long nothing of a bulk task may be written before a run that Prefect does not know is dead.

A server that was named by mistake knows none of the runs that are at work.
"""
UNSTARTED_AFTER = timedelta(minutes=2)
"""How long a row may wait for whoever recorded it to start its run."""
ORPHANED_AFTER = timedelta(minutes=5)
"""How old a run is at least that is closed because it is at work on nothing."""
UNBEGUN_AFTER = timedelta(minutes=10)
"""How long a run that a worker has taken may stand as it is and have no row under its lease: it
takes seconds to begin, and one whose machine went away meanwhile never does."""
OVERDUE_AFTER = timedelta(hours=1)
"""How long a run of `reconcile` itself stands as it is before it is closed: it takes seconds."""
_AGAIN: dict[Any, tuple[str, str]] = {
    CTABulkGenerateTask: ("retry-failed", "bulk_task_id"),
    CTABulkGenerateSource: ("process-url", "source_id"),
    CTAIFramePreview: ("generate-preview", "preview_id"),
}
"""The flow that makes what is missing of a row, and its parameter."""
_ABOUT: dict[str, Any] = {
    "bulk-generate": CTABulkGenerateTask,
    "bulk-generate-feed": CTABulkGenerateTask,
    "retry-failed": CTABulkGenerateTask,
    "process-url": CTABulkGenerateSource,
    "generate-preview": CTAIFramePreview,
    "regenerate": CTAIFramePreview,
}
"""What kind of row a run of each flow is about."""
_ORPHANED = "Nobody works on it any more: its row has ended, or another run has it."
_OVERDUE = "Nobody works on it any more: it has been at it for too long."
_FORGOTTEN = "Prefect does not know the run any more; it can be run again."
_LOST = "The process that was at it was lost; it can be run again."
_FAILED = re.compile(r"Flow run encountered an exception: (?P<error>\w+): (?P<told>.*)", re.DOTALL)


@dataclass(frozen=True)
class Reconciled:
    """How many rows were put right: ended, or given to a new run; and what was cleared away.

    A source or a bulk task counts once, whatever became of its parts.
    """

    previews: int
    sources: int
    bulk_tasks: int
    runs_started: int = 0
    runs_closed: int = 0
    files_removed: int = 0

    def __str__(self) -> str:
        counts = {"preview": self.previews, "source": self.sources, "bulk task": self.bulk_tasks}
        told = [f"{count} {noun}{'s' * (count > 1)}" for noun, count in counts.items() if count]
        said = f"Put right what runs that died had left: {', '.join(told)}." if told else ""
        also = {
            "run started": self.runs_started,
            "orphaned run closed": self.runs_closed,
            "picture of no preview removed": self.files_removed,
        }
        told = [f"{count} × {what}" for what, count in also.items() if count]
        said += f" {', '.join(told)}." if told else ""
        return said.strip() or "No row is left of a run that died."


@flow(name="reconcile")
def reconcile() -> Reconciled:
    """Put right the rows whose run is lost.

    A bulk task, or a source or a preview that was run by itself, is lost when the lease of its
    process has run out, or when its run has ended in Prefect, was never begun, or is not known
    there any more, without it. What is filled is `done`. The rest is begun again by a new run of
    the deployments, as often as `CTA_MAX_TIMES_LOST` says; where that is used up, where the run was
    cancelled or failed, and where the server has no deployments, it ends with the reason. Runs that
    are at work on nothing are closed, and pictures that belong to no preview are removed. It may be
    run at any moment, and as often as one likes.
    """
    reconciled = put_right()
    get_run_logger().info("%s", reconciled)
    return reconciled


def put_right() -> Reconciled:
    """What the flow `reconcile` does; returns what it did.

    Raises:
        httpx.HTTPError: the Prefect server cannot be reached; nothing was changed.
    """
    with unit_of_work() as session:
        rows = reconciling.unfinished(session, GRACE)
    count: Counter[Any] = Counter()
    with prefect_runs() as runs:
        known = runs.known({row.run_id for row in rows})
        forgotten = _forgotten([row for row in rows if row.run_id not in known])
        for row in rows:
            count[row.record] += _put_right(
                runs, row, known.get(row.run_id), row.bulk_task_id in forgotten
            )
        started = _start_waiting(runs)
        closed = _close_orphans(runs) + _close_overdue(runs)
    with unit_of_work() as session:
        count[CTABulkGenerateSource] += reconciling.end_what_lost_its_parts(session)
        leases.forget_old(session)
    return Reconciled(
        count[CTAIFramePreview], count[CTABulkGenerateSource], count[CTABulkGenerateTask],
        started, closed, sweep_media(),
    )  # fmt: skip


def _put_right(runs: Runs, row: OwnedRow, run: FlowRun | None, is_forgotten: bool) -> bool:
    """Put one row right; False where that is not called for."""
    state = None if run is None else run.state
    if state is not None and state.is_final() and state.type != StateType.CRASHED:
        if row.lease_ran_out or _ended_a_while_ago(state):
            return _end(row, _reason_of(state))
        return False
    is_lost = row.lease_ran_out or _was_never_begun(run)
    if is_lost and state is not None and state.is_cancelling():
        return _end(row, reason_of(state))
    if is_lost:
        return _begin_again(runs, row, _LOST)
    if state is None:
        return is_forgotten and _begin_again(runs, row, _FORGOTTEN)
    return _ended_a_while_ago(state) and _begin_again(runs, row, str(reason_of(state)))


def _was_never_begun(run: FlowRun | None) -> bool:
    """Whether a worker took a run so long ago that it would be at work on its row by now.

    Runs that no deployment started have none: those that an API runs itself wait for each other.
    """
    return (
        run is not None
        and run.deployment_id is not None
        and run.state is not None
        and run.state.type in (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
        and run.state.timestamp < datetime.now(UTC) - UNBEGUN_AFTER
    )


def _begin_again(runs: Runs, row: OwnedRow, reason: str) -> bool:
    """Have a row wait for a new run, where one can be started; else end it."""
    flow_name, _ = _AGAIN[row.record]
    return _requeue(row, reason) if runs.can_start(flow_name) else _end(row, reason)


def _start_waiting(runs: Runs) -> int:
    """Start a run for each row that nobody has started one for; returns how many there were."""
    with unit_of_work() as session:
        rows = reconciling.waiting(session, UNSTARTED_AFTER)
    started = 0
    for row in rows:
        flow_name, parameter = _AGAIN[row.record]
        if not runs.can_start(flow_name):
            continue
        # Whoever looks at the same time starts the same run.
        key = run_key(flow_name, row.id, row.since)
        run_id = runs.start(flow_name, {parameter: str(row.id)}, key)
        started += _give(row, run_id)
    return started


def _close_orphans(runs: Runs) -> int:
    """Close the runs that are at work on nothing any more; returns how many there were."""
    closed = 0
    for flow_name, record in _ABOUT.items():
        for some in runs.moving(flow_name, ORPHANED_AFTER):
            about = {run.id: _row_id_of(run) for run in some}
            with unit_of_work() as session:
                idle = reconciling.idle_runs(session, record, about)
            unrecorded = [
                run for run in some if run.id in idle.unknown and _never_recorded(runs, run)
            ]
            for run_id in (*idle.orphaned, *(run.id for run in unrecorded)):
                runs.close(run_id, _ORPHANED)
                closed += 1
    return closed


def _close_overdue(runs: Runs) -> int:
    """Close the runs of `reconcile` that a dead worker left; returns how many there were."""
    until = datetime.now(UTC) - OVERDUE_AFTER
    overdue = [
        run
        for some in runs.moving("reconcile", OVERDUE_AFTER)
        for run in some
        if run.state is not None and run.state.timestamp < until
    ]
    for run in overdue:
        runs.close(run.id, _OVERDUE)
    return len(overdue)


def _never_recorded(runs: Runs, run: FlowRun) -> bool:
    """Whether a run that was to record a bulk task has not, in a time that would do for all."""
    records = run.id == _row_id_of(run)
    began = run.start_time or run.expected_start_time
    return (
        records
        and began is not None
        and began < datetime.now(UTC) - FORGOTTEN_AFTER
        and not runs.has_completed(run.id, "record-bulk-task")
    )


def _row_id_of(run: FlowRun) -> UUID:
    row_id = run.parameters.get("preview_id") or run.parameters.get("source_id")
    return UUID(str(row_id)) if row_id else bulk_task_id_of(run)


def _forgotten(rows: Iterable[OwnedRow]) -> set[UUID]:
    """The bulk tasks that have been quiet for so long that their unknown runs are dead."""
    with unit_of_work() as session:
        return {
            bulk_task_id
            for bulk_task_id in {row.bulk_task_id for row in rows}
            if reconciling.is_quiet(session, bulk_task_id, FORGOTTEN_AFTER)
        }


def _ended_a_while_ago(state: State[Any]) -> bool:
    return state.is_final() and (
        state.timestamp is None or state.timestamp < datetime.now(UTC) - GRACE
    )


def _reason_of(state: State[Any]) -> str | None:
    """Why a run ended, from what the server keeps of it; None when the rows say it better."""
    if not state.is_failed():
        return reason_of(state)
    told = _FAILED.fullmatch(state.message or "")
    if told is None:
        return f"The run failed and can be run again. {state.message or ''}".strip()
    return None if told["error"] == "NothingGenerated" else told["told"]


@persistent
def _end(row: OwnedRow, reason: str | None) -> bool:
    with unit_of_work() as session:
        return reconciling.end(session, row, reason)


@persistent
def _give(row: WaitingRow, run_id: UUID) -> bool:
    with unit_of_work() as session:
        return reconciling.give(session, row, run_id)


@persistent
def _requeue(row: OwnedRow, reason: str) -> bool:
    with unit_of_work() as session:
        return reconciling.requeue(session, row, get_settings().max_times_lost, reason)
