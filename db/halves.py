"""The halves of a preview, its background and its words: each kept the moment that it exists."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from db import statuses
from db.errors import PreviewNotOwned
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
)


@dataclass(frozen=True)
class PreviewAttempt:
    """One attempt of one run at one preview: who may write its row, and for how long.

    A row whose attempt is another, whose run is another, or that is not `running` any more, is
    not changed by whoever comes late.
    """

    preview_id: UUID
    run_id: UUID
    attempt: int

    @property
    def at_work(self) -> ColumnElement[bool]:
        """The preview's row, while the attempt is at work."""
        return and_(
            CTAIFramePreview.id == self.preview_id,
            CTAIFramePreview.flow_run_id == self.run_id,
            CTAIFramePreview.attempt == self.attempt,
            CTAIFramePreview.status == PreviewStatus.RUNNING,
        )


@dataclass(frozen=True)
class Halves:
    """What exists of an attempt: the address of the background, and the words as JSON."""

    background_url: str | None
    draft: dict[str, Any] | None


def made(session: Session, attempt: PreviewAttempt) -> Halves:
    """The halves that exist.

    Raises:
        PreviewNotOwned: the attempt is not at work any more.
    """
    row = session.execute(
        select(CTAIFramePreview.background_url, CTAIFramePreview.draft).where(attempt.at_work)
    ).one_or_none()
    if row is None:
        raise PreviewNotOwned(attempt.preview_id)
    return Halves(row.background_url, row.draft)


def keep(
    session: Session,
    attempt: PreviewAttempt,
    *,
    background_url: str | None = None,
    draft: dict[str, Any] | None = None,
) -> None:
    """Store one half.

    Raises:
        PreviewNotOwned: the attempt is not at work any more; nothing was changed.
    """
    half = {"background_url": background_url, "draft": draft}
    kept = session.execute(
        update(CTAIFramePreview)
        .where(attempt.at_work)
        .values({name: value for name, value in half.items() if value is not None})
    )
    if not statuses.rows_of(kept):
        raise PreviewNotOwned(attempt.preview_id)


def runs_above(session: Session, attempt: PreviewAttempt) -> list[UUID]:
    """The run of an attempt, and those of which it is a part, the topmost last.

    Raises:
        PreviewNotOwned: the attempt is not at work any more.
    """
    row = session.execute(
        select(
            CTABulkGenerateSource.flow_run_id, CTABulkGenerateSource.reopened_at,
            CTABulkGenerateTask.flow_run_id.label("bulk_run_id"),
            CTABulkGenerateTask.reopened_at.label("bulk_reopened_at"),
        )
        .join(CTAIFramePreview, CTAIFramePreview.source_id == CTABulkGenerateSource.id)
        .join(CTABulkGenerateSource.bulk_generate_task)
        .where(attempt.at_work)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise PreviewNotOwned(attempt.preview_id)
    runs = [attempt.run_id]
    if row.flow_run_id and row.reopened_at is None:
        runs.append(row.flow_run_id)
    if row.bulk_run_id and row.bulk_reopened_at is None:
        runs.append(row.bulk_run_id)
    return runs
