"""What has ended, run again by itself: one preview, or one source, each as a new attempt.

A bulk task or a source of which a part is run again is `running` again, and `reopened_at` tells it
from one whose own run is at work: hooks of the run that once worked on it come too late. It is
settled from its rows when the last of its parts has ended. Rows are locked from the top down: the
bulk task, the source, its previews.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import bulk_tasks, sources, statuses
from db.errors import (
    BulkTaskUnderWay,
    PreviewNotFailed,
    PreviewUnderWay,
    SourceNotFailed,
    SourceUnderWay,
    UnknownRecord,
    WrongKindOfRecord,
)
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
    TaskStatus,
)

_KINDS = {
    "bulk task": CTABulkGenerateTask, "source": CTABulkGenerateSource, "preview": CTAIFramePreview,
}  # fmt: skip


def reopen_preview(session: Session, preview_id: UUID, run_id: UUID) -> None:
    """Queue a preview that failed as a new attempt, which `run_id` owns.

    One that this very run has queued already stays queued; one that it was making when its process
    died is queued once more.

    Raises:
        UnknownRecord: no preview has this id; `WrongKindOfRecord` where another record has it.
        PreviewNotFailed: it is done.
        PreviewUnderWay, SourceUnderWay, BulkTaskUnderWay: a run is at work on it, or on what it is
            a part of.
    """
    known = session.get(CTAIFramePreview, preview_id)
    if known is None:
        raise _unknown(session, "preview", preview_id)
    bulk_task, source = lock(session, known.source_id)
    preview = _lock_previews(session, source.id).get(preview_id)
    if preview is None:
        raise PreviewNotFailed(preview_id)
    if preview.status not in statuses.UNFINISHED:
        _check_bulk_task(bulk_task)
        if _has_its_own_run(source):
            raise SourceUnderWay(source.id, source.flow_run_id)
        _reopen(bulk_task)
        _reopen(source)
    elif preview.flow_run_id != run_id:
        _check_bulk_task(bulk_task)
        raise PreviewUnderWay(preview_id, preview.flow_run_id)
    _queue(preview, run_id)


def reopen_source(session: Session, source_id: UUID, run_id: UUID) -> None:
    """Have `run_id` work on a source once more, which is `running` from now on.

    Its previews that failed are queued, each as a new attempt; those that are done stay. Where the
    run has it already, because its process died and it was begun once more, what has not ended is
    queued.

    Raises:
        UnknownRecord: no source has this id; `WrongKindOfRecord` where another record has it.
        SourceNotFailed: all its previews are done.
        SourceUnderWay, BulkTaskUnderWay: a run is at work on it, or on what it is a part of.
    """
    bulk_task, source = lock(session, source_id)
    previews = _lock_previews(session, source_id)
    if source.status not in statuses.UNFINISHED:
        _check_bulk_task(bulk_task)
        if not previews and sources.count_done(session, source_id) >= source.batch_size:
            raise SourceNotFailed(source_id, source.batch_size)
        _reopen(bulk_task)
        source.status = TaskStatus.RUNNING
        source.error_message = source.finished_at = source.reopened_at = None
        source.flow_run_id = run_id
        source.started_at = func.clock_timestamp()
    elif source.flow_run_id != run_id or not _has_its_own_run(source):
        _check_bulk_task(bulk_task)
        raise SourceUnderWay(source_id, _run_at_work(source, previews.values()))
    for preview in previews.values():
        _queue(preview, None)


def settle_preview(
    session: Session, preview_id: UUID, run_id: UUID, reason: str | None = None
) -> None:
    """End a preview that `run_id` made again by itself, and what it is a part of.

    It is `failed` where a reason is given, else `done`. Nothing happens where the run was refused
    the preview.
    """
    source_id = session.scalar(
        select(CTAIFramePreview.source_id).where(
            CTAIFramePreview.id == preview_id, CTAIFramePreview.flow_run_id == run_id
        )
    )
    if source_id is not None:
        bulk_task, source = lock(session, source_id)
        status = PreviewStatus.FAILED if reason else PreviewStatus.DONE
        statuses.finish(session, CTAIFramePreview, preview_id, run_id, status, reason)
        settle_reopened(session, bulk_task, source)


def settle_source(
    session: Session, source_id: UUID, run_id: UUID, reason: str | None = None
) -> None:
    """End a source that `run_id` worked on by itself, with its previews, and its bulk task.

    Nothing happens where the run was refused the source.
    """
    if session.get(CTABulkGenerateSource, source_id) is None:
        return
    bulk_task, source = lock(session, source_id)
    if source.flow_run_id == run_id:
        sources.settle(session, source_id, run_id, reason)
        settle_reopened(session, bulk_task, source)


def settle_reopened(
    session: Session, bulk_task: CTABulkGenerateTask, source: CTABulkGenerateSource
) -> None:
    """End a source and its bulk task, both locked, if reopened and nothing of them is moving."""
    if _is_reopened(source) and not sources.count_unfinished(session, source.id):
        sources.end_from_previews(session, source.id, source.flow_run_id)
    if _is_reopened(bulk_task) and not sources.unfinished(session, bulk_task.id):
        bulk_tasks.end_from_previews(session, bulk_task.id, bulk_task.flow_run_id)


def lock(session: Session, source_id: UUID) -> tuple[CTABulkGenerateTask, CTABulkGenerateSource]:
    """Have everybody else wait who wants to move a source or its bulk task.

    Raises:
        UnknownRecord: no source has this id; `WrongKindOfRecord` where another record has it.
    """
    bulk_task = session.scalars(
        select(CTABulkGenerateTask)
        .join(CTABulkGenerateTask.sources)
        .where(CTABulkGenerateSource.id == source_id)
        .with_for_update(of=CTABulkGenerateTask, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    source = session.get(
        CTABulkGenerateSource, source_id, with_for_update={"key_share": True},
        populate_existing=True,
    )  # fmt: skip
    if bulk_task is None or source is None:
        raise _unknown(session, "source", source_id)
    return bulk_task, source


def _lock_previews(session: Session, source_id: UUID) -> dict[UUID, CTAIFramePreview]:
    """The previews of a source that are not done, by their id.

    Those that are done stay so, and whoever edits one holds its lock.
    """
    previews = session.scalars(
        select(CTAIFramePreview)
        .where(
            CTAIFramePreview.source_id == source_id, CTAIFramePreview.status != PreviewStatus.DONE
        )
        .order_by(CTAIFramePreview.position)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {preview.id: preview for preview in previews}


def _has_its_own_run(row: CTABulkGenerateTask | CTABulkGenerateSource) -> bool:
    return row.status in statuses.UNFINISHED and row.reopened_at is None


def _is_reopened(row: CTABulkGenerateTask | CTABulkGenerateSource) -> bool:
    return row.status in statuses.UNFINISHED and row.reopened_at is not None


def _run_at_work(
    source: CTABulkGenerateSource, previews: Iterable[CTAIFramePreview]
) -> UUID | None:
    if _has_its_own_run(source):
        return source.flow_run_id
    moving = (preview for preview in previews if preview.status in statuses.UNFINISHED)
    return next((preview.flow_run_id for preview in moving), None)


def _check_bulk_task(bulk_task: CTABulkGenerateTask) -> None:
    if _has_its_own_run(bulk_task):
        raise BulkTaskUnderWay(bulk_task.id, bulk_task.flow_run_id)


def _reopen(row: CTABulkGenerateTask | CTABulkGenerateSource) -> None:
    if row.status not in statuses.UNFINISHED:
        row.status = TaskStatus.RUNNING
        row.error_message = row.finished_at = None
        row.reopened_at = func.clock_timestamp()


def _queue(preview: CTAIFramePreview, run_id: UUID | None) -> None:
    """Queue a locked preview, with nothing left of an attempt that ended or broke off.

    When that had begun stays until the next one begins: see `statuses.owned_by`.
    """
    if preview.status != PreviewStatus.QUEUED:
        preview.attempt += 1
    preview.status = PreviewStatus.QUEUED
    preview.flow_run_id = run_id
    preview.error_message = preview.finished_at = None
    preview.prefill = preview.headline_key = None


def _unknown(session: Session, wanted: str, record_id: UUID) -> UnknownRecord:
    for kind, record in _KINDS.items():
        if session.get(record, record_id) is not None:
            return WrongKindOfRecord(wanted, record_id, kind)
    return UnknownRecord(wanted, record_id)
