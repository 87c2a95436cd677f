"""Previews: queued, started, filled, ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Text, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct
from db import products, statuses
from db.errors import PreviewNotDone, PreviewNotOwned, UnknownRecord
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    PreviewStatus,
)
from db.pages import Page, read_page

SHOWN = (
    "id bulk_generate_task_id source_id product_id position status error_message attempt "
    "source_image_url prefill edited_fields user created_at updated_at started_at finished_at"
).split()
# Made where the values lie: nothing of it has to become an object of Python and text again.
_AS_JSON: ColumnElement[str] = literal_column(
    "CAST(json_build_object("
    + ", ".join(f"'{name}', {CTAIFramePreview.__tablename__}.\"{name}\"" for name in SHOWN)
    + ") AS text)",
    Text,
).label("as_json")


@dataclass(frozen=True)
class PreviewRequest:
    """What is to be made with one preview."""

    id: UUID
    product: ScrapedProduct
    source_image_url: str
    position: int
    attempt: int


def queue(
    session: Session, source_id: UUID, product_id: UUID, image_urls: Sequence[str]
) -> list[UUID]:
    """Record one queued preview per source picture, in order.

    Previews that are recorded already stay as they are, but for those that still wait: they get
    the picture that was chosen now. A source that has ended meanwhile gets none. Returns the ids of
    those that are not at their end, in the order of their positions.
    """
    source = session.get(
        CTABulkGenerateSource, source_id, with_for_update=True, populate_existing=True
    )
    if source is None:
        raise UnknownRecord("source", source_id)
    if source.status not in statuses.UNFINISHED:
        return []
    recorded = insert(CTAIFramePreview).values(
        [
            {
                "id": uuid4(),
                "bulk_generate_task_id": source.bulk_generate_task_id,
                "source_id": source_id,
                "product_id": product_id,
                "workspace": source.workspace,
                "user": source.user,
                "position": position,
                "source_image_url": image_url,
                "status": PreviewStatus.QUEUED,
            }
            for position, image_url in enumerate(image_urls)
        ]
    )
    session.execute(
        recorded.on_conflict_do_update(
            index_elements=["source_id", "position"],
            set_={
                "product_id": recorded.excluded.product_id,
                "source_image_url": recorded.excluded.source_image_url,
                "updated_at": func.clock_timestamp(),
            },
            where=(CTAIFramePreview.status == PreviewStatus.QUEUED)
            & CTAIFramePreview.flow_run_id.is_(None),
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
    )


def start(session: Session, preview_id: UUID, run_id: UUID) -> bool:
    """Mark a queued preview `running`; False when nothing moved."""
    return statuses.start(session, CTAIFramePreview, preview_id, run_id)


def claim(session: Session, preview_id: UUID, run_id: UUID) -> bool:
    """Whether a run makes a preview; one that is queued, and free, is started for it."""
    return statuses.claim(session, CTAIFramePreview, preview_id, run_id)


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
) -> None:
    """Store the prefill of a preview that `run_id` is making, and the key of its headline.

    Raises:
        PreviewNotOwned: another run owns the preview, or it has reached its end.
    """
    filled = session.execute(
        update(CTAIFramePreview)
        .where(
            CTAIFramePreview.id == preview_id,
            CTAIFramePreview.status.in_(statuses.UNFINISHED),
            statuses.owned_by(CTAIFramePreview, run_id),
        )
        .values(prefill=prefill, headline_key=headline_key)
        .returning(CTAIFramePreview.id)
    ).scalar_one_or_none()
    if filled is None:
        raise PreviewNotOwned(preview_id)


def complete(session: Session, preview_id: UUID, run_id: UUID) -> bool:
    """Mark a preview `done`; False when nothing moved."""
    return statuses.finish(session, CTAIFramePreview, preview_id, run_id, PreviewStatus.DONE)


def fail(session: Session, preview_id: UUID, run_id: UUID, reason: str) -> bool:
    """Mark a preview `failed`, with the reason; False when nothing moved."""
    return statuses.finish(
        session, CTAIFramePreview, preview_id, run_id, PreviewStatus.FAILED, reason
    )


def page(
    session: Session,
    *,
    bulk_task_id: UUID | None,
    product_id: UUID | None,
    status: PreviewStatus | None,
    page_size: int,
    cursor: str | None,
) -> Page:
    """The previews that the session may see, newest first.

    `as_json` of each row is the preview as people see it, with the fields that `SHOWN` names.

    Raises:
        CursorRefused: the cursor is no cursor of this list.
    """
    wanted = {
        CTAIFramePreview.bulk_generate_task_id: bulk_task_id,
        CTAIFramePreview.product_id: product_id,
        CTAIFramePreview.status: status,
    }
    return read_page(
        session,
        (CTAIFramePreview.created_at, CTAIFramePreview.id, _AS_JSON),
        [column == value for column, value in wanted.items() if value is not None],
        page_size,
        cursor,
        f"previews {bulk_task_id} {product_id} {status}",
    )


@dataclass(frozen=True)
class ShownPreview:
    """A preview as people see it, as JSON with the fields that `SHOWN` names; and its state."""

    id: UUID
    as_json: str
    updated_at: datetime


def show(session: Session, preview_id: UUID) -> ShownPreview:
    """A preview as people see it.

    Raises:
        UnknownRecord: no preview that the session may see has this id.
    """
    row = session.execute(
        select(_AS_JSON, CTAIFramePreview.updated_at).where(CTAIFramePreview.id == preview_id)
    ).one_or_none()
    if row is None:
        raise UnknownRecord("preview", preview_id)
    return ShownPreview(preview_id, row.as_json, row.updated_at)


@dataclass(frozen=True)
class FilledPreview:
    """A preview that is done: its prefill, and which fields of it a person edited."""

    id: UUID
    prefill: dict[str, Any]
    edited_fields: list[str]


def filled(session: Session, preview_id: UUID) -> FilledPreview:
    """The prefill of a preview that is done.

    Raises:
        UnknownRecord: no preview that the session may see has this id.
        PreviewNotDone: it has no prefill yet, or never got one.
    """
    row = session.execute(
        select(
            CTAIFramePreview.prefill, CTAIFramePreview.edited_fields, CTAIFramePreview.status
        ).where(CTAIFramePreview.id == preview_id)
    ).one_or_none()
    if row is None:
        raise UnknownRecord("preview", preview_id)
    if row.status != PreviewStatus.DONE:
        raise PreviewNotDone(preview_id, row.status)
    return FilledPreview(preview_id, row.prefill, row.edited_fields)


def hold(session: Session, preview_id: UUID) -> None:
    """Have everybody else wait who wants to change a preview, until the transaction ends."""
    session.execute(
        select(CTAIFramePreview.id).where(CTAIFramePreview.id == preview_id).with_for_update()
    )


def edit(
    session: Session,
    preview: FilledPreview,
    prefill: dict[str, Any],
    headline_key: str,
    edited_fields: Collection[str],
) -> None:
    """Store the prefill of a held preview as a person left it.

    The fields that they changed are remembered, with those that were changed before.
    """
    session.execute(
        update(CTAIFramePreview)
        .where(CTAIFramePreview.id == preview.id)
        .values(
            prefill=prefill,
            headline_key=headline_key,
            edited_fields=sorted({*preview.edited_fields, *edited_fields}),
        )
    )
