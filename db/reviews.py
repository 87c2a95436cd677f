"""What people decided about previews: given, taken back, counted."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, null, select, update
from sqlalchemy.orm import Session

from db.errors import PreviewChanged, PreviewNotDone, UnknownRecord
from db.models import CTAIFramePreview, PreviewStatus, Review
from db.shown_previews import PREFILL_VERSION


@dataclass(frozen=True)
class ReviewCounts:
    """How many previews that are done were approved, were rejected, and wait for a review."""

    approved: int
    rejected: int
    waiting: int


def give(
    session: Session,
    preview_id: UUID,
    review: Review | None,
    *,
    user: str,
    prefill_version: str | None = None,
) -> None:
    """Note what `user` decided about a preview that is done, or take its review back with None.

    One that has this very review already stays as it is, with the user who gave it. Where a version
    of its prefill is given, the review is of that one alone.

    Raises:
        UnknownRecord: no preview that the session may see has this id.
        PreviewNotDone: there is nothing to review of it yet.
        PreviewChanged: it shows another prefill by now.
    """
    row = session.execute(
        select(CTAIFramePreview.status, CTAIFramePreview.review, PREFILL_VERSION)
        .where(CTAIFramePreview.id == preview_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise UnknownRecord("preview", preview_id)
    if row.status != PreviewStatus.DONE:
        raise PreviewNotDone(preview_id, row.status)
    if prefill_version is not None and row.prefill_version != prefill_version:
        raise PreviewChanged(preview_id)
    if row.review != review:
        session.execute(
            update(CTAIFramePreview)
            .where(CTAIFramePreview.id == preview_id)
            .values(
                review=review,
                reviewed_by=None if review is None else user,
                reviewed_at=null() if review is None else func.clock_timestamp(),
            )
        )


def counts(session: Session, bulk_task_id: UUID) -> ReviewCounts:
    """How the previews of a bulk task that are done were reviewed."""
    review = CTAIFramePreview.review
    row = session.execute(
        select(
            func.count().filter(review == Review.APPROVED),
            func.count().filter(review == Review.REJECTED),
            func.count().filter(review.is_(None)),
        ).where(
            CTAIFramePreview.bulk_generate_task_id == bulk_task_id,
            CTAIFramePreview.status == PreviewStatus.DONE,
        )
    ).one()
    return ReviewCounts(*row)
