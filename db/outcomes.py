"""What became of each source of a bulk task."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTAIFramePreview,
    ECommerceProduct,
    PreviewStatus,
    TaskStatus,
)
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
    of_bulk_task = CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id
    return _outcomes(session, of_bulk_task, CTAIFramePreview.bulk_generate_task_id == bulk_task_id)


def page(
    session: Session, bulk_task_id: UUID, *, status: TaskStatus | None, number: int, size: int
) -> list[SourceOutcome]:
    """What became of the sources on one page, in the order in which they were given.

    The first page has the number 1; beyond the last there are none. With a `status` there are on
    the pages only those that stand so.
    """
    on_page = session.scalars(
        select(CTABulkGenerateSource.id)
        .where(*_standing(bulk_task_id, status))
        .order_by(CTABulkGenerateSource.position)
        .limit(size)
        .offset((number - 1) * size)
    ).all()
    return _outcomes(
        session, CTABulkGenerateSource.id.in_(on_page), CTAIFramePreview.source_id.in_(on_page)
    )


def first(session: Session, bulk_task_id: UUID, limit: int) -> list[SourceOutcome]:
    """What became of at most `limit` sources, of those that want looking at first.

    They are those that failed, those that are done and lack previews, those under way, and the
    rest, each in the order in which they were given.
    """
    urgency = case(
        (CTABulkGenerateSource.status == TaskStatus.FAILED, 0),
        (CTABulkGenerateSource.error_message.is_not(None), 1),
        (CTABulkGenerateSource.status == TaskStatus.RUNNING, 2),
        else_=3,
    )
    urgent = session.scalars(
        select(CTABulkGenerateSource.id)
        .where(*_standing(bulk_task_id, None))
        .order_by(urgency, CTABulkGenerateSource.position)
        .limit(limit)
    ).all()
    found = _outcomes(
        session, CTABulkGenerateSource.id.in_(urgent), CTAIFramePreview.source_id.in_(urgent)
    )
    by_id = {outcome.source_id: outcome for outcome in found}
    return [by_id[source_id] for source_id in urgent if source_id in by_id]


def count(session: Session, bulk_task_id: UUID, *, status: TaskStatus | None) -> int:
    """How many sources a bulk task has, or how many of them stand so."""
    counted = select(func.count(CTABulkGenerateSource.id))
    return session.scalar(counted.where(*_standing(bulk_task_id, status))) or 0


def _standing(bulk_task_id: UUID, status: TaskStatus | None) -> list[ColumnElement[bool]]:
    conditions = [CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id]
    if status is not None:
        conditions.append(CTABulkGenerateSource.status == status)
    return conditions


def _outcomes(
    session: Session, of_sources: ColumnElement[bool], of_previews: ColumnElement[bool]
) -> list[SourceOutcome]:
    made = made_by_source(of_previews).subquery()
    counts = [
        func.coalesce(made.c[status.value], 0).label(status.value) for status in PreviewStatus
    ]
    rows = session.execute(
        select(
            CTABulkGenerateSource.id,
            CTABulkGenerateSource.url,
            CTABulkGenerateSource.batch_size,
            CTABulkGenerateSource.status,
            CTABulkGenerateSource.error_message,
            CTABulkGenerateSource.product_id,
            ECommerceProduct.title,
            ECommerceProduct.ranked_by,
            (CTABulkGenerateSource.batch_size - func.coalesce(made.c.made, 0)).label("missing"),
            *counts,
        )
        .outerjoin(ECommerceProduct, ECommerceProduct.id == CTABulkGenerateSource.product_id)
        .outerjoin(made, made.c.source_id == CTABulkGenerateSource.id)
        .where(of_sources)
        .order_by(CTABulkGenerateSource.position)
    )
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
        for row in rows
    ]
