"""How far a bulk task is, counted when asked for."""

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from db.models import CTABulkGenerateSource, CTAIFramePreview, PreviewStatus, TaskStatus
from db.statuses import UNFINISHED

_REASONS_TOLD = 5


@dataclass(frozen=True)
class Progress:
    """How many previews stand where; the four always add up to `total`."""

    total: int
    queued: int
    running: int
    done: int
    failed: int

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


def progress(session: Session, bulk_task_id: UUID) -> Progress:
    """Count the previews of a bulk task, in one query.

    Previews that are not recorded yet count as `queued` while their source is under way, and as
    `failed` once it has ended.
    """
    return of_each(session, [bulk_task_id])[bulk_task_id]


def of_each(session: Session, bulk_task_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """Count the previews of several bulk tasks, in one query for all; see `progress`.

    Those that the session cannot see have none.
    """
    whose = CTABulkGenerateSource.bulk_generate_task_id
    made = made_by_source(CTAIFramePreview.bulk_generate_task_id.in_(bulk_task_ids)).subquery()
    missing = CTABulkGenerateSource.batch_size - func.coalesce(made.c.made, 0)
    under_way = CTABulkGenerateSource.status.in_(UNFINISHED)

    def total_of(*parts: ColumnElement[int]) -> ColumnElement[int]:
        return func.coalesce(func.sum(sum(parts[1:], parts[0])), 0)

    def counted(status: PreviewStatus) -> ColumnElement[int]:
        return func.coalesce(made.c[status.value], 0)

    rows = session.execute(
        select(
            whose,
            total_of(CTABulkGenerateSource.batch_size.expression).label("total"),
            total_of(counted(PreviewStatus.QUEUED), case((under_way, missing), else_=0)),
            total_of(counted(PreviewStatus.RUNNING)),
            total_of(counted(PreviewStatus.DONE)),
            total_of(counted(PreviewStatus.FAILED), case((under_way, 0), else_=missing)),
        )
        .select_from(CTABulkGenerateSource)
        .outerjoin(made, made.c.source_id == CTABulkGenerateSource.id)
        .where(whose.in_(bulk_task_ids))
        .group_by(whose)
    )
    counts = {bulk_task_id: Progress(*map(int, row)) for bulk_task_id, *row in rows}
    return {wanted: counts.get(wanted, Progress(0, 0, 0, 0, 0)) for wanted in bulk_task_ids}


def made_by_source(which: ColumnElement[bool]) -> Any:
    """How many previews of each source are recorded: `made`, and one column for each status.

    Args:
        which: the condition that previews meet which count.
    """
    counts = (
        func.count().filter(CTAIFramePreview.status == status).label(status.value)
        for status in PreviewStatus
    )
    return (
        select(CTAIFramePreview.source_id, func.count().label("made"), *counts)
        .where(which)
        .group_by(CTAIFramePreview.source_id)
    )


def failures(session: Session, bulk_task_id: UUID, source_id: UUID | None = None) -> Counter[str]:
    """Why previews failed, and how many for each reason; of one source, or of the whole task."""
    of_previews = select(CTAIFramePreview.error_message, func.count()).where(
        CTAIFramePreview.bulk_generate_task_id == bulk_task_id,
        CTAIFramePreview.status == PreviewStatus.FAILED,
    )
    never_made = (
        select(
            CTABulkGenerateSource.error_message,
            CTABulkGenerateSource.batch_size - func.count(CTAIFramePreview.id),
        )
        .outerjoin(CTAIFramePreview, CTAIFramePreview.source_id == CTABulkGenerateSource.id)
        .where(
            CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id,
            CTABulkGenerateSource.status == TaskStatus.FAILED,
        )
        .group_by(CTABulkGenerateSource.id)
    )
    if source_id is not None:
        of_previews = of_previews.where(CTAIFramePreview.source_id == source_id)
        never_made = never_made.where(CTABulkGenerateSource.id == source_id)
    reasons: Counter[str] = Counter()
    grouped = of_previews.group_by(CTAIFramePreview.error_message).order_by(func.count().desc())
    for query in (
        grouped.order_by(CTAIFramePreview.error_message),
        never_made.order_by(CTABulkGenerateSource.position),
    ):
        for reason, count in session.execute(query):
            reasons[reason or ""] += count
    return +reasons


def summary(reasons: Counter[str], total: int) -> str | None:
    """What failed and why, in a sentence or two; None when nothing did."""
    if not reasons:
        return None
    told = [
        reason if count == 1 else f"{reason} ({count}×)"
        for reason, count in reasons.most_common(_REASONS_TOLD)
    ]
    rest = len(reasons) - len(told)
    more = f" And {rest} more reasons." if rest else ""
    return f"{reasons.total()} of {total} previews failed. {' '.join(told)}{more}"
