"""Rows that have not ended, and their end from outside where the run that owns them died."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from db import bulk_tasks, reopening, sources, statuses
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview


@dataclass(frozen=True)
class OwnedRow:
    """A row that has not ended, and the run that has to bring it there."""

    record: statuses.Record
    id: UUID
    bulk_task_id: UUID
    run_id: UUID


def unfinished(session: Session, age: timedelta) -> list[OwnedRow]:
    """The rows that have not ended and were not written for `age`, parts before what they are of.

    What no run has claimed is left out, and what was reopened for its parts: both end with others.
    """
    bulk_task, source, preview = CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview
    wanted: list[tuple[statuses.Record, Any]] = [
        (
            preview,
            select(preview.id, bulk_task.id, preview.flow_run_id).join(
                bulk_task, bulk_task.id == preview.bulk_generate_task_id
            ),
        ),
        (
            source,
            select(source.id, bulk_task.id, source.flow_run_id)
            .join(source.bulk_generate_task)
            .where(source.reopened_at.is_(None)),
        ),
        (
            bulk_task,
            select(bulk_task.id, bulk_task.id, bulk_task.flow_run_id).where(
                bulk_task.reopened_at.is_(None)
            ),
        ),
    ]
    return [
        OwnedRow(record, *row)
        for record, query in wanted
        for row in session.execute(
            query.where(
                bulk_task.status.in_(statuses.UNFINISHED),
                record.status.in_(statuses.UNFINISHED),
                record.flow_run_id.is_not(None),
                record.updated_at < func.now() - age,
            )
        )
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

    A preview that has its prefill is `done`, others are `failed`. A source and a bulk task end from
    their previews, and a reopened one with the last of its parts.
    """
    if row.record is CTABulkGenerateTask:
        return bulk_tasks.settle(session, row.id, row.run_id, reason)
    if row.record is CTABulkGenerateSource:
        return _end_source(session, row, reason)
    return _end_preview(session, row, reason)


def _end_source(session: Session, row: OwnedRow, reason: str | None) -> bool:
    if session.get(CTABulkGenerateSource, row.id) is None:
        return False
    bulk_task, source = reopening.lock(session, row.id)
    ended = source.flow_run_id == row.run_id and sources.settle(session, row.id, row.run_id, reason)
    reopening.settle_reopened(session, bulk_task, source)
    return ended


def _end_preview(session: Session, row: OwnedRow, reason: str | None) -> bool:
    preview = session.get(CTAIFramePreview, row.id)
    if preview is None:
        return False
    bulk_task, source = reopening.lock(session, preview.source_id)
    mine = (CTAIFramePreview.id == row.id) & (CTAIFramePreview.flow_run_id == row.run_id)
    ended = statuses.close_previews(session, mine, reason)
    reopening.settle_reopened(session, bulk_task, source)
    return bool(ended)


def end_what_lost_its_parts(session: Session) -> int:
    """End reopened sources, and their bulk tasks, whose reopened previews were deleted meanwhile.

    Returns how many sources there were.
    """
    moving = exists().where(
        CTAIFramePreview.source_id == CTABulkGenerateSource.id,
        CTAIFramePreview.status.in_(statuses.UNFINISHED),
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
