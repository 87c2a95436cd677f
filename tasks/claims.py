"""Whose row a run works on: the one that the run above gave it, or one that it runs again."""

from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from db import previews, reopening, sources
from db.errors import PreviewNotOwned, SourceNotOwned
from db.retrying import persistent
from db.session import unit_of_work
from tasks.limits import wait_for_generation_slot


def is_part_of_another(flow_run: FlowRun) -> bool:
    """Whether another flow run started this one; if not, a person or a program runs it again."""
    return flow_run.parent_task_run_id is not None


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
    with unit_of_work() as session:
        if not is_part_of_another(run):
            reopening.reopen_source(session, source_id, run.id)
            return True
        if not sources.claim(session, source_id, run.id):
            raise SourceNotOwned(source_id)
        return False


def claim_preview(preview_id: UUID) -> None:
    """Make the flow run that is under way the one that makes a preview.

    A preview that is run again by itself stays `queued` until the limit lets its generation start;
    for one that is a part of another run, that run has waited.

    Raises:
        PreviewNotOwned: it has ended, or another run was given it.
        UnknownRecord, NotRunAgain: it is run by itself, and there is no such preview, or none that
            could be run again now.
        GenerationLimitUnusable: the limit would not hold anything back.
    """
    run = _flow_run()
    if not is_part_of_another(run):
        _reopen_preview(preview_id, run.id)
        wait_for_generation_slot()
    _start_preview(preview_id, run.id)


@persistent
def _reopen_preview(preview_id: UUID, run_id: UUID) -> None:
    with unit_of_work() as session:
        reopening.reopen_preview(session, preview_id, run_id)


@persistent
def _start_preview(preview_id: UUID, run_id: UUID) -> None:
    with unit_of_work() as session:
        if not previews.claim(session, preview_id, run_id):
            raise PreviewNotOwned(preview_id)


def _flow_run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("A row is claimed within a flow run.")
    return context.flow_run
