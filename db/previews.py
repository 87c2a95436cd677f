"""Previews: queued, started, filled, ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct
from db import products, statuses
from db.errors import PreviewNotOwned, UnknownRecord
from db.halves import PreviewAttempt
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
)


@dataclass(frozen=True)
class PreviewRequest:
    """What is to be made with one preview, and what an earlier attempt and a person made of it."""

    id: UUID
    product: ScrapedProduct
    source_image_url: str
    position: int
    attempt: int
    filled: dict[str, Any] | None
    edited_fields: list[str]


def queue(
    session: Session, source_id: UUID, product_id: UUID, image_urls: Sequence[str]
) -> list[UUID]:
    """Record one queued preview per source picture, in order.

    Previews that are recorded already stay as they are, but for those that still wait and of which
    nothing exists: they get the picture that was chosen now. A source that has ended meanwhile gets
    none. Returns the ids of those that are not at their end, in the order of their positions.
    """
    source = session.get(
        CTABulkGenerateSource, source_id, with_for_update=True, populate_existing=True
    )
    if source is None:
        raise UnknownRecord("source", source_id)
    if source.status not in statuses.UNFINISHED:
        return []
    recorded = insert(CTAIFramePreview).values(_rows_of(source, product_id, image_urls))
    session.execute(
        recorded.on_conflict_do_update(
            index_elements=["source_id", "position"],
            set_={
                "product_id": recorded.excluded.product_id,
                "source_image_url": recorded.excluded.source_image_url,
                "updated_at": func.clock_timestamp(),
            },
            where=and_(
                CTAIFramePreview.status == PreviewStatus.QUEUED,
                CTAIFramePreview.flow_run_id.is_(None),
                # What was made goes with the picture that it was made from.
                CTAIFramePreview.background_url.is_(None),
                CTAIFramePreview.draft.is_(None),
            ),
        )
    )
    return list(
        session.scalars(
            select(CTAIFramePreview.id)
            .where(
                CTAIFramePreview.source_id == source_id,
                CTAIFramePreview.status.in_(statuses.UNFINISHED),
            )
            .order_by(CTAIFramePreview.position)
        )
    )


def _rows_of(
    source: CTABulkGenerateSource, product_id: UUID, image_urls: Sequence[str]
) -> list[dict[str, Any]]:
    return [
        {
            "id": uuid4(),
            "bulk_generate_task_id": source.bulk_generate_task_id,
            "source_id": source.id,
            "product_id": product_id,
            "workspace": source.workspace,
            "user": source.user,
            "position": position,
            "source_image_url": image_url,
            "status": PreviewStatus.QUEUED,
        }
        for position, image_url in enumerate(image_urls)
    ]


def request(session: Session, preview_id: UUID) -> PreviewRequest:
    """What is to be made with a preview.

    Raises:
        UnknownRecord: no preview has this id.
    """
    preview = session.get(CTAIFramePreview, preview_id)
    if preview is None:
        raise UnknownRecord("preview", preview_id)
    return PreviewRequest(
        id=preview.id,
        product=products.as_value(products.get(session, preview.product_id)),
        source_image_url=preview.source_image_url,
        position=preview.position,
        attempt=preview.attempt,
        filled=preview.prefill,
        edited_fields=preview.edited_fields,
    )


def start(session: Session, preview_id: UUID, run_id: UUID, lease_id: UUID | None = None) -> bool:
    """Mark a queued preview `running`; False when nothing moved."""
    return statuses.start(session, CTAIFramePreview, preview_id, run_id, lease_id)


def claim(
    session: Session, preview_id: UUID, run_id: UUID, lease_id: UUID | None = None
) -> PreviewAttempt:
    """The attempt of a run that makes a preview; one that is queued, and free, is started for it.

    Raises:
        PreviewNotOwned: another run owns the preview, or it has reached its end.
    """
    if not statuses.claim(session, CTAIFramePreview, preview_id, run_id, lease_id):
        raise PreviewNotOwned(preview_id)
    attempt = session.scalar(
        select(CTAIFramePreview.attempt).where(CTAIFramePreview.id == preview_id)
    )
    return PreviewAttempt(preview_id, run_id, attempt or 1)


def taken_headlines(session: Session, preview_id: UUID, keys: Collection[str]) -> set[str]:
    """Which of `keys` (see `creative.prefill.headline_key`) other previews of the batch have.

    Until the transaction ends no other of the batch can ask, so that two previews that are filled
    at the same time never take the same headline.

    Raises:
        UnknownRecord: no preview has this id.
    """
    bulk_task_id = session.scalar(
        select(CTABulkGenerateTask.id)
        .join(CTAIFramePreview, CTAIFramePreview.bulk_generate_task_id == CTABulkGenerateTask.id)
        .where(CTAIFramePreview.id == preview_id)
        # Recording further previews of the task refers to its row, and does not have to wait.
        .with_for_update(of=CTABulkGenerateTask, key_share=True)
    )
    if bulk_task_id is None:
        raise UnknownRecord("preview", preview_id)
    taken = session.scalars(
        select(CTAIFramePreview.headline_key).where(
            CTAIFramePreview.bulk_generate_task_id == bulk_task_id,
            CTAIFramePreview.headline_key.in_(keys),
            CTAIFramePreview.id != preview_id,
        )
    )
    return {key for key in taken if key is not None}


def fill(
    session: Session,
    preview_id: UUID,
    run_id: UUID,
    prefill: dict[str, Any],
    headline_key: str | None = None,
    *,
    attempt: int | None = None,
) -> None:
    """Store the prefill of a preview that `run_id` is making, and the key of its headline.

    Raises:
        PreviewNotOwned: another run or attempt owns the preview, or it has reached its end.
    """
    filled = session.execute(
        update(CTAIFramePreview)
        .where(
            _of_run(preview_id, run_id, attempt), CTAIFramePreview.status.in_(statuses.UNFINISHED)
        )
        .values(prefill=prefill, headline_key=headline_key, filled_attempt=CTAIFramePreview.attempt)
    )
    if not statuses.rows_of(filled):
        raise PreviewNotOwned(preview_id)


def complete(
    session: Session, preview_id: UUID, run_id: UUID, *, attempt: int | None = None
) -> bool:
    """Mark a preview `done` that its attempt has filled; False when nothing moved."""
    return bool(statuses.complete_filled(session, _of_run(preview_id, run_id, attempt)))


def fail(
    session: Session, preview_id: UUID, run_id: UUID, reason: str, *, attempt: int | None = None
) -> bool:
    """End a preview that could not be made, with the reason; False when nothing moved.

    It is `failed`, unless there is a prefill to show: see `statuses.close_previews`.
    """
    mine = _of_run(preview_id, run_id, attempt)
    return bool(statuses.close_previews(session, mine, reason))


def _of_run(preview_id: UUID, run_id: UUID, attempt: int | None) -> ColumnElement[bool]:
    """The preview's row, where the run may write it; in one attempt alone where one is named."""
    mine = and_(CTAIFramePreview.id == preview_id, statuses.owned_by(CTAIFramePreview, run_id))
    return mine if attempt is None else mine & (CTAIFramePreview.attempt == attempt)
