"""Bulk tasks: recorded, owned, settled."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.product import Source
from db import statuses
from db.errors import UnknownRecord
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview, TaskStatus
from db.progress import failures, progress, summary


def name_for(moment: datetime) -> str:
    """The name that a bulk task gets, such as `Batch Task - Jan 28, 10:30 AM`."""
    hour = moment.strftime("%I").lstrip("0")
    return f"Batch Task - {moment:%b} {moment.day}, {hour}:{moment:%M %p}"


def record(
    session: Session,
    bulk_task_id: UUID,
    sources: Sequence[Source],
    *,
    workspace: str,
    user: str,
    refresh: bool = False,
) -> None:
    """Record a request and its sources as `pending`; a known one stays as it is."""
    inserted = session.execute(
        insert(CTABulkGenerateTask)
        .values(
            id=bulk_task_id,
            name=name_for(datetime.now().astimezone()),
            status=TaskStatus.PENDING,
            workspace=workspace,
            user=user,
            refresh=refresh,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(CTABulkGenerateTask.id)
    ).scalar_one_or_none()
    if inserted is None:
        return
    session.add_all(
        CTABulkGenerateSource(
            bulk_generate_task_id=bulk_task_id,
            position=position,
            url=source.url,
            batch_size=source.batch_size,
            product_data=source.product
            and source.product.model_dump(mode="json", exclude_none=True),
            workspace=workspace,
            user=user,
        )
        for position, source in enumerate(sources)
    )


def own(session: Session, bulk_task_id: UUID, run_id: UUID) -> None:
    """Make a run the owner of a bulk task that has none yet.

    Raises:
        UnknownRecord: no bulk task has this id.
    """
    found = session.execute(
        update(CTABulkGenerateTask)
        .where(CTABulkGenerateTask.id == bulk_task_id)
        .values(flow_run_id=func.coalesce(CTABulkGenerateTask.flow_run_id, run_id))
        .returning(CTABulkGenerateTask.id)
    ).scalar_one_or_none()
    if found is None:
        raise UnknownRecord("bulk task", bulk_task_id)


def start(session: Session, bulk_task_id: UUID, run_id: UUID) -> bool:
    """Mark a pending bulk task `running`; False when nothing moved."""
    return statuses.start(session, CTABulkGenerateTask, bulk_task_id, run_id)


def settle(session: Session, bulk_task_id: UUID, run_id: UUID, reason: str | None = None) -> None:
    """End a bulk task from its previews: `done` when one of them is, else `failed`.

    Whatever of it has not reached its end is closed as `failed`, with `reason` where one is
    given. Nothing happens when another run owns the task.
    """
    owner = session.execute(
        select(CTABulkGenerateTask.flow_run_id)
        .where(CTABulkGenerateTask.id == bulk_task_id)
        .with_for_update()
    ).scalar_one_or_none()
    if owner not in (None, run_id):
        return
    previews = CTAIFramePreview.bulk_generate_task_id == bulk_task_id
    sources = CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id
    statuses.close(session, CTAIFramePreview, previews, reason)
    statuses.close(session, CTABulkGenerateSource, sources, reason)
    counts = progress(session, bulk_task_id)
    told = summary(failures(session, bulk_task_id), counts.total)
    status = TaskStatus.DONE if counts.done else TaskStatus.FAILED
    if status is TaskStatus.FAILED:
        told = told or reason or statuses.ENDED_EARLY
    statuses.finish(session, CTABulkGenerateTask, bulk_task_id, run_id, status, told)
