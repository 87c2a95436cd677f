"""Bulk tasks: recorded at the start, looked at in the end."""

import time
from collections.abc import Sequence
from uuid import UUID

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from catalog.product import Source
from db import bulk_tasks, costs, progress, reports, resuming, sources
from db.errors import UnknownRecord
from db.reports import BulkGenerateResult as BulkGenerateResult
from db.retrying import persistent
from db.session import unit_of_work
from db.sources import SourceReference as SourceReference
from tasks.failures import NothingGenerated, PartsNotStarted, may_pass
from tasks.leases import lease_of_process

_LOOK_SECONDS = 1


@task(
    name="record-bulk-task",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=2,
    retry_condition_fn=may_pass,
)
def record_bulk_task(
    bulk_task_id: UUID | None,
    requested: Sequence[Source],
    *,
    run_id: UUID,
    workspace: str,
    user: str,
    refresh: bool,
) -> list[SourceReference]:
    """Record a request under the run's own id, unless it is recorded under another.

    Returns the sources that are still to be done.

    Raises:
        UnknownRecord: `bulk_task_id` names a bulk task that was deleted.
        BulkTaskGivenUp: it was ended before its run began.
        BulkTaskReopened: parts of it are being run again by themselves.
    """
    with unit_of_work() as session:
        if bulk_task_id is None:
            bulk_tasks.record(
                session, run_id, requested, workspace=workspace, user=user, refresh=refresh
            )
        bulk_tasks.own(session, bulk_task_id or run_id, run_id, lease_of_process())
        return sources.unfinished(session, bulk_task_id or run_id)


@persistent
def resume_bulk_task(bulk_task_id: UUID, *, run_id: UUID, waited: bool) -> list[SourceReference]:
    """Have a run make what is missing of a bulk task; returns the sources to be worked on.

    Where the process of another run may be dead, its lease is waited for. `waited` says whether the
    run was started for the bulk task, which waited for it.

    Raises:
        UnknownRecord: no bulk task has this id.
        BulkTaskGivenUp: it was ended before the run began that it waited for.
        BulkTaskNotFailed: nothing is missing.
        BulkTaskUnderWay: another run is at work on it, or is about to be.
        BulkTaskReopened: parts of it are being run again by themselves.
    """
    _wait_for_lease(bulk_task_id, run_id)
    with unit_of_work() as session:
        resuming.resume(session, bulk_task_id, run_id, lease_of_process(), waited=waited)
        return sources.unfinished(session, bulk_task_id)


def _wait_for_lease(bulk_task_id: UUID, run_id: UUID) -> None:
    """Wait until the lease of another run has run out, or is renewed."""
    left = longest = _seconds_until_lost(bulk_task_id, run_id)
    if left:
        get_run_logger().info(
            "Another process was at the bulk task: in %.0f s it is known whether it lives.", left
        )
    while 0 < left <= longest:
        longest = left
        time.sleep(min(left, _LOOK_SECONDS))
        left = _seconds_until_lost(bulk_task_id, run_id)


def _seconds_until_lost(bulk_task_id: UUID, run_id: UUID) -> float:
    with unit_of_work() as session:
        return resuming.seconds_until_lost(session, bulk_task_id, run_id)


@persistent
def recorded_sources(run_id: UUID) -> list[SourceReference] | None:
    """The sources still to be done of the bulk task that a run has recorded; None when it has not.

    A run that is tried again finds what it was about in its records, whatever its feed has become.
    """
    with unit_of_work() as session:
        try:
            bulk_tasks.own(session, run_id, run_id, lease_of_process())
        except UnknownRecord:
            return None
        return sources.unfinished(session, run_id)


@persistent
def check_bulk_task(bulk_task_id: UUID, problems: Sequence[str]) -> None:
    """Look at what became of a bulk task after its sources have ended, and log it with its cost.

    Args:
        bulk_task_id: the bulk task.
        problems: what the runs of its sources said, of those that failed.

    Raises:
        PartsNotStarted: a source has not reached its end.
        NothingGenerated: no preview is done.
    """
    with unit_of_work() as session:
        if sources.unfinished(session, bulk_task_id):
            raise PartsNotStarted(" ".join(problems) or "Some sources were never begun.")
        counts = progress.progress(session, bulk_task_id)
        get_run_logger().info(
            "%s of %s previews done, %s failed. %s",
            counts.done, counts.total, counts.failed, costs.of_bulk_task(session, bulk_task_id),
        )  # fmt: skip
        if not counts.done:
            reasons = progress.failures(session, bulk_task_id)
            raise NothingGenerated(
                bulk_task_id, progress.summary(reasons, counts.total) or "Nothing was asked for."
            )


@persistent
def bulk_generate_result(bulk_task_id: UUID) -> BulkGenerateResult:
    """What became of a bulk task, from its records."""
    with unit_of_work() as session:
        return reports.bulk_generate_result(session, bulk_task_id)
