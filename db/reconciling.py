"""Rows whose run is lost or has ended without them, and what becomes of them.

Such a row is looked at as the topmost of what its run was about: a bulk task, or a source or a
preview that was run by itself. Its parts go with it. Parts of what is alive are left to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.orm import Session

from db import bulk_tasks, leases, reopening, resuming, sources, statuses
from db.errors import UnknownRecord
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
    TaskStatus,
)


@dataclass(frozen=True)
class OwnedRow:
    """A row that has not ended, and the run that had to bring it there.

    `lease_ran_out` tells that its process is known to be dead; else it never had a lease.
    """

    record: statuses.Record
    id: UUID
    bulk_task_id: UUID
    run_id: UUID
    lease_ran_out: bool


@dataclass(frozen=True)
class WaitingRow:
    """A row that waits for a run which nobody has started; it stands so since `since`."""

    record: statuses.Record
    id: UUID
    since: datetime


def unfinished(session: Session, age: timedelta) -> list[OwnedRow]:
    """The topmost rows that have not ended and whose process does not count as alive.

    Those without a lease are left out where they were written within `age`.
    """
    return [
        OwnedRow(record, *row)
        for record, query in _topmost(
            lambda record: (record.flow_run_id, leases.has_run_out(record))
        )
        for row in session.execute(
            query.where(
                record.flow_run_id.is_not(None),
                ~leases.is_held(record),
                leases.has_run_out(record) | (record.updated_at < func.now() - age),
            )
        )
    ]


def waiting(session: Session, age: timedelta) -> list[WaitingRow]:
    """The topmost rows that wait for a run: for longer than `age`, or since theirs was lost."""
    return [
        WaitingRow(record, row[0], row[2])
        for record, query in _topmost(lambda record: (record.updated_at,))
        for row in session.execute(
            query.where(
                record.status.in_(statuses.WAITING),
                record.flow_run_id.is_(None),
                (record.updated_at < func.now() - age) | (record.times_lost > 0),
            )
        )
    ]


def _topmost(columns: Any) -> list[tuple[statuses.Record, Select[Any]]]:
    """The rows that have not ended and are no part of one that has its own run, by their kind."""
    bulk_task, source, preview = CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview
    alone = [bulk_task.status.in_(statuses.UNFINISHED), bulk_task.reopened_at.is_not(None)]
    return [
        (
            preview,
            select(preview.id, bulk_task.id, *columns(preview))
            .join(source, source.id == preview.source_id)
            .join(bulk_task, bulk_task.id == source.bulk_generate_task_id)
            .where(*alone, preview.status.in_(statuses.UNFINISHED))
            .where(source.status.in_(statuses.UNFINISHED), source.reopened_at.is_not(None)),
        ),
        (
            source,
            select(source.id, bulk_task.id, *columns(source))
            .join(source.bulk_generate_task)
            .where(*alone, source.status.in_(statuses.UNFINISHED), source.reopened_at.is_(None)),
        ),
        (
            bulk_task,
            select(bulk_task.id, bulk_task.id, *columns(bulk_task)).where(
                bulk_task.status.in_(statuses.UNFINISHED), bulk_task.reopened_at.is_(None)
            ),
        ),
    ]


def is_quiet(session: Session, bulk_task_id: UUID, age: timedelta) -> bool:
    """Whether nothing of a bulk task was written for `age`."""
    places: list[tuple[statuses.Record, Any]] = [
        (CTABulkGenerateTask, CTABulkGenerateTask.id),
        (CTABulkGenerateSource, CTABulkGenerateSource.bulk_generate_task_id),
        (CTAIFramePreview, CTAIFramePreview.bulk_generate_task_id),
    ]
    written = (
        select(record.id).where(place == bulk_task_id, record.updated_at >= func.now() - age)
        for record, place in places
    )
    return not any(session.scalar(select(exists(rows))) for rows in written)


def end(session: Session, row: OwnedRow, reason: str | None) -> bool:
    """End a row as the hooks of its run would have; False when it has ended or has a new owner.

    Previews that are filled are `done`, others `failed`. A source and a bulk task end from their
    previews, and a reopened one with the last of its parts.
    """
    if not _is_still(session, row):
        return False
    if row.record is CTABulkGenerateTask:
        return bulk_tasks.settle(session, row.id, row.run_id, reason)
    bulk_task, source = reopening.lock(session, _known_source_of(session, row))
    if row.record is CTABulkGenerateSource:
        ended = sources.settle(session, row.id, row.run_id, reason)
    else:
        ended = bool(statuses.close_previews(session, CTAIFramePreview.id == row.id, reason))
    reopening.settle_reopened(session, bulk_task, source)
    return ended


def requeue(session: Session, row: OwnedRow, most_times_lost: int, reason: str) -> bool:
    """Have a row whose run was lost wait for another; False when it has ended or has a new owner.

    What its run was making is queued as a new attempt; what is filled is done. What was lost more
    often than `most_times_lost` ends with `reason` instead.
    """
    if not _is_still(session, row):
        return False
    if row.record is CTAIFramePreview:
        of_previews = CTAIFramePreview.id == row.id
    elif row.record is CTABulkGenerateSource:
        of_previews = CTAIFramePreview.source_id == row.id
    else:
        of_previews = CTAIFramePreview.bulk_generate_task_id == row.id
    moving = of_previews & CTAIFramePreview.status.in_(statuses.UNFINISHED)
    statuses.complete_filled(session, of_previews)
    is_preview = row.record is CTAIFramePreview
    statuses.requeue_previews(session, moving, lost=True, by_itself=is_preview)
    given_up = moving & (CTAIFramePreview.times_lost > most_times_lost)
    statuses.close_previews(session, given_up, reason)
    if row.record is CTABulkGenerateTask:
        return _requeue_bulk_task(session, row, most_times_lost, reason)
    bulk_task, source = reopening.lock(session, _known_source_of(session, row))
    if row.record is CTABulkGenerateSource:
        source.times_lost += 1
        session.flush()
        if source.times_lost > most_times_lost or sources.is_whole(session, source):
            sources.settle(session, row.id, row.run_id, reason)
        else:
            source.status, source.flow_run_id, source.lease_id = TaskStatus.PENDING, None, None
            session.flush()
    reopening.settle_reopened(session, bulk_task, source)
    return True


def _requeue_bulk_task(session: Session, row: OwnedRow, most_times_lost: int, reason: str) -> bool:
    bulk_task = resuming.lock(session, row.id)
    # Compared by the database: a bulk task whose run was lost at once was never begun.
    got_on = session.scalar(
        select(
            exists().where(
                CTABulkGenerateSource.bulk_generate_task_id == row.id,
                CTABulkGenerateTask.id == row.id,
                CTABulkGenerateSource.finished_at > CTABulkGenerateTask.started_at,
            )
        )
    )
    bulk_task.times_lost = 1 if got_on else bulk_task.times_lost + 1
    if bulk_task.times_lost > most_times_lost:
        session.flush()
        return bulk_tasks.settle(session, row.id, row.run_id, reason)
    sources.end_whole(session, row.id)
    if not sources.unfinished(session, row.id):
        session.flush()
        return bulk_tasks.settle(session, row.id, row.run_id)
    resuming.release_sources(session, row.id)
    bulk_task.attempt += 1
    resuming.give(bulk_task, None, None)
    return True


def _is_still(session: Session, row: OwnedRow) -> bool:
    """Whether a row stands as it was found, now that it is locked, and all above it before it."""
    if row.record is CTABulkGenerateTask:
        if session.get(CTABulkGenerateTask, row.id) is None:
            return False
        resuming.lock(session, row.id)
    else:
        source_id = _source_of(session, row)
        if source_id is None:
            return False
        reopening.lock(session, source_id)
    wanted = (
        row.record.id == row.id,
        row.record.status.in_(statuses.UNFINISHED),
        row.record.flow_run_id == row.run_id,
        ~leases.is_held(row.record),
    )
    found = select(row.record.id).where(*wanted).with_for_update(key_share=True)
    return session.scalar(found) is not None


def _source_of(session: Session, row: OwnedRow) -> UUID | None:
    if row.record is CTABulkGenerateSource:
        found = select(CTABulkGenerateSource.id).where(CTABulkGenerateSource.id == row.id)
    else:
        found = select(CTAIFramePreview.source_id).where(CTAIFramePreview.id == row.id)
    return session.scalar(found)


def _known_source_of(session: Session, row: OwnedRow) -> UUID:
    source_id = _source_of(session, row)
    if source_id is None:
        raise UnknownRecord("source", row.id)
    return source_id


def give(session: Session, row: WaitingRow, run_id: UUID) -> bool:
    """Note the run that was started for a row which waited for one; False when it has another."""
    given = session.execute(
        update(row.record)
        .where(
            row.record.id == row.id,
            row.record.status.in_(statuses.WAITING),
            row.record.flow_run_id.is_(None),
        )
        .values(flow_run_id=run_id)
    )
    return statuses.rows_of(given) == 1


def end_what_lost_its_parts(session: Session) -> int:
    """End reopened sources, and their bulk tasks, whose reopened previews were deleted meanwhile.

    Returns how many sources there were.
    """
    moving = exists().where(
        CTAIFramePreview.source_id == CTABulkGenerateSource.id,
        CTAIFramePreview.status.in_((PreviewStatus.QUEUED, PreviewStatus.RUNNING)),
    )
    found = session.scalars(
        select(CTABulkGenerateSource.id)
        .join(CTABulkGenerateSource.bulk_generate_task)
        .where(
            CTABulkGenerateTask.status.in_(statuses.UNFINISHED),
            CTABulkGenerateSource.status.in_(statuses.UNFINISHED),
            CTABulkGenerateSource.reopened_at.is_not(None),
            ~moving,
        )
        .order_by(CTABulkGenerateSource.bulk_generate_task_id)
    ).all()
    for source_id in found:
        reopening.settle_reopened(session, *reopening.lock(session, source_id))
    return len(found)


@dataclass(frozen=True)
class IdleRuns:
    """Runs that are at work on nothing that is known.

    The row of those that are `orphaned` has ended, or has another owner. The row of those that are
    `unknown` is not there: it may be in another database, or may never have been recorded.
    """

    orphaned: list[UUID]
    unknown: list[UUID]


def idle_runs(session: Session, record: statuses.Record, runs: Mapping[UUID, UUID]) -> IdleRuns:
    """Those of `runs` that are at work on nothing that is known.

    Args:
        session: the transaction.
        record: what kind of rows the runs are about.
        runs: the id of the row that each run is about, by the id of the run.
    """
    rows = session.execute(
        select(record.id, record.flow_run_id, record.status).where(record.id.in_(runs.values()))
    )
    known = {row.id: row for row in rows}
    orphaned = [
        run_id
        for run_id, row_id in runs.items()
        if row_id in known
        and (
            known[row_id].status not in statuses.UNFINISHED
            or known[row_id].flow_run_id not in (None, run_id)
        )
    ]
    return IdleRuns(orphaned, [run_id for run_id in runs if runs[run_id] not in known])
