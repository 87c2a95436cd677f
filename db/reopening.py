"""What has ended, run again by itself: one preview, or one source, each as a new attempt.

A bulk task or a source of which a part is run again is `running` again, and `reopened_at` tells it
from one whose own run is at work: hooks of the run that once worked on it come too late. It is
settled from its rows when the last of its parts has ended. Rows are locked from the top down: the
bulk task, the source, its previews.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import bulk_tasks, leases, previews, sources, statuses
from db.errors import (
    BulkTaskUnderWay,
    PreviewNotFailed,
    PreviewNotOwned,
    PreviewUnderWay,
    SourceNotFailed,
    SourceNotOwned,
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


PARTS: dict[str, str] = {"background": "background_url", "prefill": "draft"}
"""The halves of a preview by the names that people have for them, and their columns."""


def reopen_preview(
    session: Session,
    preview_id: UUID,
    run_id: UUID | None = None,
    lease_id: UUID | None = None,
    parts: Collection[str] = (),
    *,
    waited: bool = False,
) -> bool:
    """Queue a preview as a new attempt, which `run_id` owns; without one it waits for its run.

    Returns False where nothing is left to be made of it: it only lacked the last word of its run.

    One that failed is made whole: what exists of its halves stays, unless it is among `parts`. One
    that is done is made anew in its `parts`, and stays as it is until that has succeeded. One that
    this very run has queued already stays queued; one that it was making when its process died, or
    that another process was making which is dead, is queued once more. For a run that the preview
    `waited` for, what has ended meanwhile stays so: who had asked for the run was told of that end.

    Raises:
        UnknownRecord: no preview has this id; `WrongKindOfRecord` where another record has it.
        PreviewNotOwned: it was ended before the run began that it waited for.
        PreviewNotFailed: it is done, and no parts are named.
        PreviewUnderWay, SourceUnderWay, BulkTaskUnderWay: a run is at work on it, or on what it is
            a part of.
    """
    bulk_task, source, preview = lock_preview(session, preview_id)
    if preview.status in statuses.UNFINISHED:
        _check_may_go_on(session, bulk_task, source, preview, run_id)
        if preview.filled_attempt == preview.attempt:  # it only lacked its run's last word
            statuses.complete_filled(session, CTAIFramePreview.id == preview_id)
            settle_reopened(session, bulk_task, source)
            return False
    else:
        if waited:
            raise PreviewNotOwned(preview_id)
        if preview.status == PreviewStatus.DONE and not parts:
            raise PreviewNotFailed(preview_id)
        _check_bulk_task(bulk_task)
        if _has_its_own_run(source):
            raise SourceUnderWay(source.id, source.flow_run_id)
        _reopen(bulk_task)
        _reopen(source)
        preview.times_lost = 0
        for part in parts:
            setattr(preview, PARTS[part], None)
    _queue(preview, run_id, lease_id)
    return True


def _check_may_go_on(
    session: Session,
    bulk_task: CTABulkGenerateTask,
    source: CTABulkGenerateSource,
    preview: CTAIFramePreview,
    run_id: UUID | None,
) -> None:
    """See to it that a preview which has not ended is the run's: its own, or nobody's any more."""
    if run_id is not None and preview.flow_run_id == run_id:
        return
    _check_bulk_task(bulk_task)
    is_alone = not _has_its_own_run(source)
    waits = preview.flow_run_id is None and preview.status == PreviewStatus.QUEUED
    if run_id is None or not (is_alone and (waits or _is_lost(session, preview))):
        raise PreviewUnderWay(preview.id, preview.flow_run_id)


def _is_lost(session: Session, row: CTABulkGenerateSource | CTAIFramePreview) -> bool:
    """Whether the process that was at a row counts as dead."""
    return row.lease_id is not None and not leases.seconds_left(session, row.lease_id)


def reopen_source(
    session: Session,
    source_id: UUID,
    run_id: UUID,
    lease_id: UUID | None = None,
    *,
    waited: bool = False,
) -> None:
    """Have `run_id` work on a source once more, which is `running` from now on.

    Its previews that failed are queued, each as a new attempt; those that are done stay. Where the
    run has it already, because its process died and it was begun once more, or where another
    process had it that is dead, what has not ended is queued. For a run that the source `waited`
    for, what has ended meanwhile stays so.

    Raises:
        SourceNotOwned: it was ended before the run began that it waited for.
        UnknownRecord: no source has this id; `WrongKindOfRecord` where another record has it.
        SourceNotFailed: all its previews are done.
        SourceUnderWay, BulkTaskUnderWay: a run is at work on it, or on what it is a part of.
    """
    bulk_task, source = lock(session, source_id)
    statuses.complete_filled(session, CTAIFramePreview.source_id == source_id)
    unmade = _lock_previews(session, source_id)
    if source.status not in statuses.UNFINISHED:
        if waited:
            raise SourceNotOwned(source_id)
        _check_bulk_task(bulk_task)
        if not unmade and sources.count_done(session, source_id) >= source.batch_size:
            raise SourceNotFailed(source_id, source.batch_size)
        _reopen(bulk_task)
        source.times_lost = 0
    elif not _has_its_own_run(source) or source.flow_run_id != run_id:
        _check_bulk_task(bulk_task)
        waits = source.flow_run_id is None and source.status == TaskStatus.PENDING
        if not _has_its_own_run(source) or not (waits or _is_lost(session, source)):
            raise SourceUnderWay(source_id, _run_at_work(source, unmade.values()))
    source.status = TaskStatus.RUNNING
    source.error_message = source.finished_at = source.reopened_at = None
    source.flow_run_id, source.lease_id = run_id, lease_id
    source.started_at = func.clock_timestamp()
    for preview in unmade.values():
        _queue(preview, None, None)


def settle_preview(
    session: Session,
    preview_id: UUID,
    run_id: UUID,
    reason: str | None = None,
    *,
    attempt: int | None = None,
) -> None:
    """End a preview that `run_id` made again by itself, and what it is a part of.

    It could not be made where a reason is given, else it is `done`. Nothing happens where the run
    was refused the preview, or where it is in another attempt by now.
    """
    source_id = session.scalar(
        select(CTAIFramePreview.source_id).where(
            CTAIFramePreview.id == preview_id, CTAIFramePreview.flow_run_id == run_id
        )
    )
    if source_id is not None:
        bulk_task, source = lock(session, source_id)
        if reason is None:
            previews.complete(session, preview_id, run_id, attempt=attempt)
        else:
            previews.fail(session, preview_id, run_id, reason, attempt=attempt)
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


def lock_preview(
    session: Session, preview_id: UUID
) -> tuple[CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview]:
    """Have everybody else wait who wants to move a preview, or what it is a part of.

    Raises:
        UnknownRecord: no preview has this id; `WrongKindOfRecord` where another record has it.
    """
    known = session.get(CTAIFramePreview, preview_id)
    if known is None:
        raise _unknown(session, "preview", preview_id)
    bulk_task, source = lock(session, known.source_id)
    preview = session.get(
        CTAIFramePreview, preview_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if preview is None:
        raise UnknownRecord("preview", preview_id)
    return bulk_task, source, preview


def _lock_previews(session: Session, source_id: UUID) -> dict[UUID, CTAIFramePreview]:
    """The previews of a source that are not done, by their id.

    Those that are done stay so, and whoever edits one holds its lock.
    """
    found = session.scalars(
        select(CTAIFramePreview)
        .where(
            CTAIFramePreview.source_id == source_id, CTAIFramePreview.status != PreviewStatus.DONE
        )
        .order_by(CTAIFramePreview.position)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {preview.id: preview for preview in found}


def _has_its_own_run(row: CTABulkGenerateTask | CTABulkGenerateSource) -> bool:
    return row.status in statuses.UNFINISHED and row.reopened_at is None


def _is_reopened(row: CTABulkGenerateTask | CTABulkGenerateSource) -> bool:
    return row.status in statuses.UNFINISHED and row.reopened_at is not None


def _run_at_work(source: CTABulkGenerateSource, unmade: Iterable[CTAIFramePreview]) -> UUID | None:
    if _has_its_own_run(source):
        return source.flow_run_id
    moving = (preview for preview in unmade if preview.status in statuses.UNFINISHED)
    return next((preview.flow_run_id for preview in moving), None)


def _check_bulk_task(bulk_task: CTABulkGenerateTask) -> None:
    if _has_its_own_run(bulk_task):
        raise BulkTaskUnderWay(bulk_task.id, bulk_task.flow_run_id)


def _reopen(row: CTABulkGenerateTask | CTABulkGenerateSource) -> None:
    if row.status not in statuses.UNFINISHED:
        row.status = TaskStatus.RUNNING
        row.error_message = row.finished_at = None
        row.reopened_at = func.clock_timestamp()


def _queue(preview: CTAIFramePreview, run_id: UUID | None, lease_id: UUID | None) -> None:
    """Queue a locked preview, as a new attempt unless it waits already.

    When that had begun stays until the next one begins: see `statuses.owned_by`.
    """
    if preview.status != PreviewStatus.QUEUED:
        preview.attempt += 1
    preview.status = PreviewStatus.QUEUED
    preview.flow_run_id, preview.lease_id = run_id, lease_id
    preview.error_message = preview.finished_at = None
    preview.review = preview.reviewed_by = preview.reviewed_at = None  # it was of what was seen


def _unknown(session: Session, wanted: str, record_id: UUID) -> UnknownRecord:
    for kind, record in _KINDS.items():
        if session.get(record, record_id) is not None:
            return WrongKindOfRecord(wanted, record_id, kind)
    return UnknownRecord(wanted, record_id)
