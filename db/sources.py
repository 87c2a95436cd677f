"""The sources of a bulk task: listed, started, settled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from catalog.product import ProductData, Source
from db import statuses
from db.errors import UnknownRecord
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
    TaskStatus,
)
from db.progress import failures, summary


@dataclass(frozen=True)
class SourceReference:
    """A source, by its id, with the address that people know it by."""

    id: UUID
    url: str


@dataclass(frozen=True)
class SourceRequest:
    """What is asked for with a source, and for whom; `product` is what the user handed over.

    `made_of` is the product of which previews of the source are recorded already, and `is_retried`
    tells whether the bulk task is made in a later attempt.
    """

    id: UUID
    url: str
    batch_size: int
    workspace: str
    user: str
    refresh: bool
    requested_at: datetime
    product: ProductData | None
    made_of: UUID | None
    is_retried: bool


def stored_product(source: Source) -> dict[str, Any] | None:
    """The data that was handed over with a source, as its record keeps it."""
    if source.product is None:
        return None
    return source.product.model_dump(mode="json", exclude_none=True)


def unfinished(session: Session, bulk_task_id: UUID) -> list[SourceReference]:
    """The sources that still have to be worked on, in the order in which they were given."""
    rows = session.execute(
        select(CTABulkGenerateSource.id, CTABulkGenerateSource.url)
        .where(
            CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id,
            CTABulkGenerateSource.status.in_(statuses.UNFINISHED),
        )
        .order_by(CTABulkGenerateSource.position)
    )
    return [SourceReference(id=row.id, url=row.url) for row in rows]


def request(session: Session, source_id: UUID) -> SourceRequest:
    """What is asked for with a source.

    Raises:
        UnknownRecord: no source has this id.
    """
    row = session.execute(
        select(
            CTABulkGenerateSource, CTABulkGenerateTask.refresh, CTABulkGenerateTask.created_at,
            CTABulkGenerateTask.attempt,
            exists().where(CTAIFramePreview.source_id == source_id),
        )
        .join(
            CTABulkGenerateTask,
            CTABulkGenerateTask.id == CTABulkGenerateSource.bulk_generate_task_id,
        )
        .where(CTABulkGenerateSource.id == source_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise UnknownRecord("source", source_id)
    source, refresh, requested_at, attempt, has_previews = row
    data = source.product_data
    return SourceRequest(
        id=source.id,
        url=source.url,
        batch_size=source.batch_size,
        workspace=source.workspace,
        user=source.user,
        refresh=refresh,
        requested_at=requested_at,
        product=None if data is None else ProductData.model_validate(data),
        made_of=source.product_id if has_previews else None,
        is_retried=attempt > 1,
    )


def assign_product(session: Session, source_id: UUID, product_id: UUID) -> None:
    """Note which product a source's page turned out to be."""
    session.execute(
        update(CTABulkGenerateSource)
        .where(CTABulkGenerateSource.id == source_id)
        .values(product_id=product_id)
    )


def start(session: Session, source_id: UUID, run_id: UUID, lease_id: UUID | None = None) -> bool:
    """Mark a source `running`, and its bulk task with it; False when the source did not move."""
    parent = select(CTABulkGenerateSource.bulk_generate_task_id).where(
        CTABulkGenerateSource.id == source_id
    )
    # The bulk task first, as whoever ends it locks its rows.
    session.execute(
        update(CTABulkGenerateTask)
        .where(
            CTABulkGenerateTask.id == parent.scalar_subquery(),
            CTABulkGenerateTask.status == TaskStatus.PENDING,
        )
        .values(status=TaskStatus.RUNNING, started_at=func.clock_timestamp())
    )
    return statuses.start(session, CTABulkGenerateSource, source_id, run_id, lease_id)


def claim(session: Session, source_id: UUID, run_id: UUID, lease_id: UUID | None = None) -> bool:
    """Whether a run works on a source; one that is pending, and free, is started for it."""
    return statuses.claim(session, CTABulkGenerateSource, source_id, run_id, lease_id)


def count_done(session: Session, source_id: UUID) -> int:
    """How many previews of a source are `done`."""
    return (
        session.scalar(
            select(func.count()).where(
                CTAIFramePreview.source_id == source_id,
                CTAIFramePreview.status == PreviewStatus.DONE,
            )
        )
        or 0
    )


def count_unfinished(session: Session, source_id: UUID) -> int:
    """How many recorded previews of a source have not reached their end."""
    return (
        session.scalar(
            select(func.count()).where(
                CTAIFramePreview.source_id == source_id,
                CTAIFramePreview.status.in_(statuses.UNFINISHED),
            )
        )
        or 0
    )


def failure_summary(session: Session, source_id: UUID) -> str | None:
    """Why previews of a source failed, in a sentence or two; None when none did."""
    source = session.get_one(CTABulkGenerateSource, source_id)
    reasons = failures(session, source.bulk_generate_task_id, source_id)
    return summary(reasons, source.batch_size)


def settle(session: Session, source_id: UUID, run_id: UUID, reason: str | None = None) -> bool:
    """End a source from its previews: `done` when one of them is, else `failed`.

    Its previews that have not reached their end are closed, with `reason` where one is given.
    Nothing happens when another run owns the source, when it was taken from this one, or when it
    was reopened for one of its previews. Returns whether the source had not ended before.
    """
    source = session.execute(
        select(CTABulkGenerateSource.id)
        .where(
            CTABulkGenerateSource.id == source_id,
            CTABulkGenerateSource.reopened_at.is_(None),
            statuses.owned_by(CTABulkGenerateSource, run_id),
        )
        .with_for_update()
    ).one_or_none()
    if source is None:
        return False
    statuses.close_previews(session, CTAIFramePreview.source_id == source_id, reason)
    return end_from_previews(session, source_id, run_id, reason)


def end_all(session: Session, bulk_task_id: UUID, reason: str | None) -> None:
    """End all sources of a locked bulk task, and their previews."""
    of_sources = CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id
    of_previews = CTAIFramePreview.bulk_generate_task_id == bulk_task_id
    # Sources first: one that is queueing previews is waited for, and they are closed after it.
    moving = session.execute(
        select(CTABulkGenerateSource.id, CTABulkGenerateSource.flow_run_id)
        .where(of_sources, CTABulkGenerateSource.status.in_(statuses.UNFINISHED))
        .order_by(CTABulkGenerateSource.position)
        .with_for_update(key_share=True)
    ).all()
    statuses.close_previews(session, of_previews, reason)
    done = select(CTAIFramePreview.source_id).where(
        of_previews, CTAIFramePreview.status == PreviewStatus.DONE
    )
    with_something_done = set(session.scalars(done)) if moving else set()
    for source in moving:
        if source.id in with_something_done:
            end_from_previews(session, source.id, source.flow_run_id, reason)
    statuses.close(session, CTABulkGenerateSource, of_sources, reason)


def is_whole(session: Session, source: CTABulkGenerateSource) -> bool:
    """Whether all previews of a source are recorded, and have reached their end."""
    counted = func.count().filter(CTAIFramePreview.status.not_in(statuses.UNFINISHED))
    ended = session.scalar(select(counted).where(CTAIFramePreview.source_id == source.id))
    return ended == source.batch_size


def end_whole(session: Session, bulk_task_id: UUID) -> None:
    """End the sources of a locked bulk task that only lack the last word of their run."""
    moving = session.scalars(
        select(CTABulkGenerateSource)
        .where(
            CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id,
            CTABulkGenerateSource.status.in_(statuses.UNFINISHED),
            CTABulkGenerateSource.flow_run_id.is_not(None),
        )
        .order_by(CTABulkGenerateSource.position)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for source in moving:
        if is_whole(session, source):
            end_from_previews(session, source.id, source.flow_run_id)


def end_from_previews(
    session: Session, source_id: UUID, run_id: UUID | None, reason: str | None = None
) -> bool:
    """End a source that is locked, and of which no preview is moving; False when it had ended."""
    told = failure_summary(session, source_id)
    status = TaskStatus.DONE if count_done(session, source_id) else TaskStatus.FAILED
    if status is TaskStatus.FAILED:
        told = reason or told or statuses.ENDED_EARLY
    return statuses.finish(session, CTABulkGenerateSource, source_id, run_id, status, told)
