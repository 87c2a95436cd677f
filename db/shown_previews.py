"""Previews as people see them, and edit them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, literal_column, select, update
from sqlalchemy.orm import Session

from db.errors import PreviewNotDone, UnknownRecord
from db.models import CTAIFramePreview, PreviewStatus
from db.pages import Page, read_page

SHOWN = (
    "id bulk_generate_task_id source_id product_id position status error_message attempt "
    "source_image_url prefill edited_fields user created_at updated_at started_at finished_at "
    "review reviewed_by reviewed_at"
).split()
# Made where the values lie: nothing of it has to become an object of Python and text again.
_AS_JSON: ColumnElement[str] = literal_column(
    "CAST(json_build_object("
    + ", ".join(f"'{name}', {CTAIFramePreview.__tablename__}.\"{name}\"" for name in SHOWN)
    + ") AS text)",
    Text,
).label("as_json")
PREFILL_VERSION: ColumnElement[str | None] = func.md5(cast(CTAIFramePreview.prefill, Text)).label(
    "prefill_version"
)
"""Tells a prefill from every other one; none where there is no prefill."""


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
    prefill_version: str
    edited_fields: list[str]


def filled(session: Session, preview_id: UUID) -> FilledPreview:
    """The prefill of a preview that is done.

    Raises:
        UnknownRecord: no preview that the session may see has this id.
        PreviewNotDone: it has no prefill yet, or never got one.
    """
    row = session.execute(
        select(
            CTAIFramePreview.prefill, PREFILL_VERSION, CTAIFramePreview.edited_fields,
            CTAIFramePreview.status,
        ).where(CTAIFramePreview.id == preview_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise UnknownRecord("preview", preview_id)
    if row.status != PreviewStatus.DONE:
        raise PreviewNotDone(preview_id, row.status)
    return FilledPreview(preview_id, row.prefill, row.prefill_version, row.edited_fields)


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

    The fields that they changed are remembered, with those that were changed before. It has no
    review any more: that was of what was seen before.
    """
    session.execute(
        update(CTAIFramePreview)
        .where(CTAIFramePreview.id == preview.id)
        .values(
            prefill=prefill,
            headline_key=headline_key,
            edited_fields=sorted({*preview.edited_fields, *edited_fields}),
            review=None,
            reviewed_by=None,
            reviewed_at=None,
        )
    )
