"""Rows whose run died: put right from outside, because no hook of the run could."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State

from db import reconciling
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.reconciling import OwnedRow
from db.retrying import persistent
from db.session import unit_of_work
from flows.hooks import reason_of

GRACE = timedelta(minutes=1)
"""How long a row is left to the hooks of its run: since it was written, and since the run ended."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""How long nothing of a bulk task may be written before a run that Prefect does not know is dead.

A server that was named by mistake knows none of the runs that are at work.
"""
_RUNS_PER_CALL = 200
_FORGOTTEN = "Prefect does not know the run any more; it can be run again."
_FAILED = re.compile(r"Flow run encountered an exception: (?P<error>\w+): (?P<told>.*)", re.DOTALL)


@dataclass(frozen=True)
class Reconciled:
    """How many rows of dead runs were ended."""

    previews: int
    sources: int
    bulk_tasks: int

    def __str__(self) -> str:
        counts = {"preview": self.previews, "source": self.sources, "bulk task": self.bulk_tasks}
        told = [f"{count} {noun}{'s' * (count > 1)}" for noun, count in counts.items() if count]
        if not told:
            return "No row is left of a run that died."
        return f"Ended what runs that died had left unfinished: {', '.join(told)}."


@flow(name="reconcile")
def reconcile() -> Reconciled:
    """Put right the rows whose run died.

    A bulk task, a source or a preview that has not ended, and whose run has ended in Prefect or is
    not known there any more, ends as the hooks of that run would have ended it: `done` where a
    preview is done, else `failed` with the reason. It may be run at any moment, and as often as one
    likes. Bulk tasks that never got a run are the API's to start. A run that Prefect takes for
    running although its process is dead is left alone: Prefect has to notice that first.
    """
    reconciled = put_right()
    get_run_logger().info("%s", reconciled)
    return reconciled


def put_right() -> Reconciled:
    """What the flow `reconcile` does; returns how many rows it ended.

    Raises:
        httpx.HTTPError: the Prefect server cannot be reached; nothing was changed.
    """
    with unit_of_work() as session:
        rows = reconciling.unfinished(session, GRACE)
    known = _runs({row.run_id for row in rows})
    forgotten = _forgotten([row for row in rows if row.run_id not in known])
    ended = {CTAIFramePreview: 0, CTABulkGenerateSource: 0, CTABulkGenerateTask: 0}
    for row in rows:
        run = known.get(row.run_id)
        if run is None and row.bulk_task_id in forgotten:
            ended[row.record] += _end(row, _FORGOTTEN)
        elif run is not None and _has_died(run.state):
            ended[row.record] += _end(row, _reason_of(run.state))
    with unit_of_work() as session:
        ended[CTABulkGenerateSource] += reconciling.end_what_lost_its_parts(session)
    return Reconciled(*ended.values())


def _runs(run_ids: Iterable[UUID]) -> dict[UUID, FlowRun]:
    """Those of the runs that Prefect knows."""
    wanted = sorted(run_ids)
    known: dict[UUID, FlowRun] = {}
    with get_client(sync_client=True) as client:
        for first in range(0, len(wanted), _RUNS_PER_CALL):
            asked = FlowRunFilterId(any_=wanted[first : first + _RUNS_PER_CALL])
            found = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(id=asked), limit=_RUNS_PER_CALL
            )
            known |= {run.id: run for run in found}
    return known


def _forgotten(rows: Iterable[OwnedRow]) -> set[UUID]:
    """The bulk tasks that have been quiet for so long that their unknown runs are dead."""
    with unit_of_work() as session:
        return {
            bulk_task_id
            for bulk_task_id in {row.bulk_task_id for row in rows}
            if reconciling.is_quiet(session, bulk_task_id, FORGOTTEN_AFTER)
        }


def _has_died(state: State[Any] | None) -> bool:
    return (
        state is not None
        and state.is_final()
        and (state.timestamp is None or state.timestamp < datetime.now(UTC) - GRACE)
    )


def _reason_of(state: State[Any] | None) -> str | None:
    """Why a run ended, from what the server keeps of it; None when the rows say it better."""
    if state is None:
        return None
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
