"""Whose row a run works on: the one that the run above gave it, or one that it runs again."""

from collections.abc import Collection
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from db import previews, reopening, sources
from db.errors import SourceNotOwned
from db.halves import PreviewAttempt
from db.retrying import persistent
from db.session import unit_of_work
from tasks.leases import lease_of_process
from tasks.limits import wait_for_generation_slot
from tasks.wanted import check_not_cancelled

_ATTEMPTS: dict[UUID, int] = {}
_ORDERED: set[UUID] = set()


def is_part_of_another(flow_run: FlowRun) -> bool:
    """Whether another flow run started this one; if not, a person or a program runs it again."""
    return flow_run.parent_task_run_id is not None


def note_ordered(run_id: UUID) -> None:
    """Say of a run of this process that it was started for a row which waits for it."""
    _ORDERED.add(run_id)


def row_has_waited(row_id: UUID) -> bool:
    """Whether the flow run that is under way was started for a row that waited for it.

    The key by which Prefect takes all orders of one run for one names the row. A run that had
    ended, and that a person has begin once more, is none.
    """
    return _was_waited_for(_flow_run(), row_id)


def _was_waited_for(run: FlowRun, row_id: UUID) -> bool:
    is_ordered = run.id in _ORDERED or str(row_id) in (run.idempotency_key or "")
    return is_ordered and run.run_count <= 1 and not _is_begun_by_hand(run.id)


def _is_begun_by_hand(run_id: UUID) -> bool:
    """Whether a run was put back that had ended, as "Retry" does in Prefect's UI."""
    with get_client(sync_client=True) as client:
        states = sorted(client.read_flow_run_states(run_id), key=lambda state: state.timestamp)
    has_ended = False
    for state in states:
        if has_ended and state.is_scheduled():
            return True
        has_ended = has_ended or state.is_final()
    return False


@persistent
def claim_source(source_id: UUID) -> bool:
    """Make the flow run that is under way the one that works on a source.

    Returns whether the source is run again by itself, and not as a part of its bulk task.

    Raises:
        SourceNotOwned: it has ended, or another run was given it.
        UnknownRecord, NotRunAgain: it is run by itself, and there is no such source, or none that
            could be run again now.
    """
    run = _flow_run()
    waited = _was_waited_for(run, source_id)
    with unit_of_work() as session:
        if not is_part_of_another(run):
            reopening.reopen_source(session, source_id, run.id, lease_of_process(), waited=waited)
            return True
        if not sources.claim(session, source_id, run.id, lease_of_process()):
            raise SourceNotOwned(source_id)
        return False


def claim_preview(preview_id: UUID, parts: Collection[str] = ()) -> PreviewAttempt | None:
    """Make the flow run that is under way the one that makes a preview; returns its attempt.

    A preview that is run again by itself stays `queued` until the limit lets its generation start;
    for one that is a part of another run, that run has waited. None where nothing is left to be
    made of it: it only lacked the last word of its run.

    Args:
        preview_id: the preview.
        parts: what of it is to be made anew, for one that is run by itself.

    Raises:
        PreviewNotOwned: it has ended, or another run was given it.
        UnknownRecord, NotRunAgain: it is run by itself, and there is no such preview, or none that
            could be run again now.
        RunCancelled: the run was cancelled.
        GenerationLimitUnusable: the limit would not hold anything back.
    """
    run = _flow_run()
    if not is_part_of_another(run):
        if not _reopen_preview(preview_id, run, parts):
            return None
        wait_for_generation_slot(lambda: check_not_cancelled([run.id]))
    attempt = _start_preview(preview_id, run.id)
    _ATTEMPTS[run.id] = attempt.attempt
    return attempt


def attempt_of(run_id: UUID) -> int | None:
    """The attempt that a run has claimed in this process; None where it was in another process."""
    return _ATTEMPTS.get(run_id)


def forget_attempt(run_id: UUID) -> None:
    """A run has ended, and what it has claimed with it."""
    _ATTEMPTS.pop(run_id, None)


@persistent
def _reopen_preview(preview_id: UUID, run: FlowRun, parts: Collection[str]) -> bool:
    waited = _was_waited_for(run, preview_id)
    with unit_of_work() as session:
        return reopening.reopen_preview(
            session, preview_id, run.id, lease_of_process(), parts,
            waited=waited,
        )  # fmt: skip


@persistent
def _start_preview(preview_id: UUID, run_id: UUID) -> PreviewAttempt:
    with unit_of_work() as session:
        return previews.claim(session, preview_id, run_id, lease_of_process())


def _flow_run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("A row is claimed within a flow run.")
    return context.flow_run
