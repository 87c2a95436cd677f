"""What became of each source of a bulk task."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from db.models import CTABulkGenerateSource, ECommerceProduct, PreviewStatus, TaskStatus
from db.progress import made_by_source
from db.statuses import UNFINISHED


@dataclass(frozen=True)
class SourceOutcome:
    """What became of one source.

    `queued`, `running`, `done` and `failed` add up to `batch_size`: previews that are not recorded
    yet count as queued while the source is under way, and as failed once it has ended.
    """

    source_id: UUID
    url: str
    batch_size: int
    status: str
    error_message: str | None
    product_id: UUID | None
    product_title: str | None
    ranked_by: str | None
    queued: int
    running: int
    done: int
    failed: int


def by_source(session: Session, bulk_task_id: UUID) -> list[SourceOutcome]:
    """What became of the sources of a bulk task, in the order in which they were given."""
    return _read(session, _outcomes(bulk_task_id))


def page(
    session: Session, bulk_task_id: UUID, *, status: TaskStatus | None, number: int, size: int
) -> list[SourceOutcome]:
    """What became of some sources of a bulk task: a page, of which the first has the number 1."""
    asked = _outcomes(bulk_task_id).limit(size).offset((number - 1) * size)
    return _read(session, asked.where(*_standing(status)))


def count(session: Session, bulk_task_id: UUID, *, status: TaskStatus | None) -> int:
    """How many sources of a bulk task stand so."""
    return session.scalar(
        select(func.count(CTABulkGenerateSource.id)).where(
            CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id, *_standing(status)
        )
    ) or 0  # fmt: skip


def _standing(status: TaskStatus | None) -> list[ColumnElement[bool]]:
    return [] if status is None else [CTABulkGenerateSource.status == status]


def _outcomes(bulk_task_id: UUID) -> Select[Any]:
    made = made_by_source(bulk_task_id).subquery()
    counts = [
        func.coalesce(made.c[status.value], 0).label(status.value) for status in PreviewStatus
    ]
    missing = CTABulkGenerateSource.batch_size - func.coalesce(made.c.made, 0)
    return (
        select(
            CTABulkGenerateSource.id,
            CTABulkGenerateSource.url,
            CTABulkGenerateSource.batch_size,
            CTABulkGenerateSource.status,
            CTABulkGenerateSource.error_message,
            CTABulkGenerateSource.product_id,
            ECommerceProduct.title,
            ECommerceProduct.ranked_by,
            missing.label("missing"),
            *counts,
        )
        .outerjoin(ECommerceProduct, ECommerceProduct.id == CTABulkGenerateSource.product_id)
        .outerjoin(made, made.c.source_id == CTABulkGenerateSource.id)
        .where(CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id)
        .order_by(CTABulkGenerateSource.position)
    )


def _read(session: Session, asked: Select[Any]) -> list[SourceOutcome]:
    return [
        SourceOutcome(
            source_id=row.id,
            url=row.url,
            batch_size=row.batch_size,
            status=row.status,
            error_message=row.error_message,
            product_id=row.product_id,
            product_title=row.title,
            ranked_by=row.ranked_by,
            queued=row.queued + (row.missing if row.status in UNFINISHED else 0),
            running=row.running,
            done=row.done,
            failed=row.failed + (0 if row.status in UNFINISHED else row.missing),
        )
        for row in session.execute(asked)
    ]
