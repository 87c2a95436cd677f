"""The previews of a bulk task as cards: filtered, searched, ordered, in pages."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, func, select, tuple_
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTAIFramePreview,
    ECommerceProduct,
    PreviewStatus,
    Review,
)
from db.shown_previews import PREFILL_VERSION


class CardOrder(StrEnum):
    """In what order cards stand: as they were asked for, or those made or changed last first."""

    ASKED = "asked"
    NEWEST = "newest"
    CHANGED = "changed"


@dataclass(frozen=True)
class CardFilter:
    """Which previews of a bulk task are wanted, and in what order.

    `waiting` for a review are those that are done and have none. Each of the `words`, which white
    space separates, has to occur in the headline, in the product's title or in the source's
    address, in capitals or not.
    """

    status: PreviewStatus | None = None
    review: Review | Literal["waiting"] | None = None
    source_id: UUID | None = None
    words: str = ""
    order: CardOrder = CardOrder.ASKED


@dataclass(frozen=True)
class Card:
    """What is told of a preview where many stand together; `position` is counted from 0."""

    id: UUID
    status: PreviewStatus
    error_message: str | None
    source_id: UUID
    source_url: str
    position: int
    attempt: int
    product_title: str
    headline: str | None
    review: Review | None
    is_edited: bool
    has_prefill: bool
    prefill_version: str | None
    updated_at: datetime


_COLUMNS = (
    CTAIFramePreview.id,
    CTAIFramePreview.status,
    CTAIFramePreview.error_message,
    CTAIFramePreview.source_id,
    CTABulkGenerateSource.url.label("source_url"),
    CTAIFramePreview.position,
    CTAIFramePreview.attempt,
    ECommerceProduct.title.label("product_title"),
    CTAIFramePreview.headline,
    CTAIFramePreview.review,
    (func.jsonb_array_length(CTAIFramePreview.edited_fields) > 0).label("is_edited"),
    CTAIFramePreview.prefill.is_not(None).label("has_prefill"),
    PREFILL_VERSION,
    CTAIFramePreview.updated_at,
)
# Each tells every two previews of a bulk task apart, so that no card is on two pages.
_PLACES: dict[CardOrder, tuple[Any, Any]] = {
    CardOrder.ASKED: (CTABulkGenerateSource.position, CTAIFramePreview.position),
    CardOrder.NEWEST: (CTAIFramePreview.created_at, CTAIFramePreview.id),
    CardOrder.CHANGED: (CTAIFramePreview.updated_at, CTAIFramePreview.id),
}


def count(session: Session, bulk_task_id: UUID, wanted: CardFilter) -> int:
    """How many previews of a bulk task are wanted; those that were never recorded do not count."""
    # By way of the sources Postgres finds them off indexes; else it may read the whole table.
    found = _found(bulk_task_id, replace(wanted, order=CardOrder.ASKED))
    return session.scalar(select(func.count()).select_from(found)) or 0


def page(
    session: Session, bulk_task_id: UUID, wanted: CardFilter, *, number: int, size: int
) -> list[Card]:
    """The cards of one page, of which the first has the number 1; beyond the last there are none.

    What is shown of a preview is read of those on the page alone.
    """
    found = _found(bulk_task_id, wanted)
    on_page = (
        select(found)
        .order_by(*_in_order(wanted, found))
        .limit(size)
        .offset((number - 1) * size)
        .subquery()
    )
    rows = session.execute(
        select(*_COLUMNS)
        .join(on_page, on_page.c.id == CTAIFramePreview.id)
        .join(CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id)
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .order_by(*_in_order(wanted, on_page))
    )
    return [_card(row) for row in rows]


def beside(
    session: Session, bulk_task_id: UUID, wanted: CardFilter, preview_id: UUID
) -> tuple[UUID | None, UUID | None]:
    """The wanted previews before and after one, in their order; None where there is none.

    The one itself need not be among those that are wanted, as it no longer is where a review was
    waited for and has been given. Of one that is no preview of the bulk task there are none beside.
    """
    every = _found(bulk_task_id, CardFilter(order=wanted.order))
    here = session.execute(
        select(every.c.first, every.c.second).where(every.c.id == preview_id)
    ).one_or_none()
    if here is None:
        return None, None
    found = _found(bulk_task_id, wanted)
    place, there = tuple_(found.c.first, found.c.second), tuple_(*here)
    # Where the two are of two tables, an index is entered by the first alone.
    upwards = select(found.c.id).where(place > there, found.c.first >= here.first)
    downwards = select(found.c.id).where(place < there, found.c.first <= here.first)
    above = upwards.order_by(found.c.first, found.c.second).limit(1)
    below = downwards.order_by(found.c.first.desc(), found.c.second.desc()).limit(1)
    sides = (below, above) if wanted.order is CardOrder.ASKED else (above, below)
    before, after = session.execute(select(*(side.scalar_subquery() for side in sides))).one()
    return before, after


def _in_order(wanted: CardFilter, found: Any) -> list[ColumnElement[Any]]:
    places = [found.c.first, found.c.second]
    return places if wanted.order is CardOrder.ASKED else [place.desc() for place in places]


def _found(bulk_task_id: UUID, wanted: CardFilter) -> FromClause:
    """The ids of the wanted previews of a bulk task, and their places: `first`, then `second`."""
    first, second = _PLACES[wanted.order]
    found = select(CTAIFramePreview.id, first.label("first"), second.label("second")).where(
        CTAIFramePreview.bulk_generate_task_id == bulk_task_id, *_conditions(wanted)
    )
    words = wanted.words.replace("\0", " ").split()
    if words or wanted.order is CardOrder.ASKED:
        found = found.join(
            CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id
        ).where(CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id)
    if not words:
        return found.subquery()
    searched = func.concat_ws(
        "\n", CTAIFramePreview.headline, ECommerceProduct.title, CTABulkGenerateSource.url
    )
    found = found.join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
    # Found first and ordered then: Postgres cannot know how few have a word, and would walk through
    # all in their order for the few of a page.
    return (
        found.where(*(searched.icontains(word, autoescape=True) for word in words))
        .cte("found")
        .prefix_with("MATERIALIZED")
    )


def _conditions(wanted: CardFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.status is not None:
        conditions.append(CTAIFramePreview.status == wanted.status)
    if wanted.source_id is not None:
        conditions.append(CTAIFramePreview.source_id == wanted.source_id)
    if wanted.review == "waiting":
        conditions.append(CTAIFramePreview.status == PreviewStatus.DONE)
        conditions.append(CTAIFramePreview.review.is_(None))
    elif wanted.review is not None:
        conditions.append(CTAIFramePreview.review == wanted.review)
    return conditions


def _card(row: Any) -> Card:
    values = row._asdict()
    review = values.pop("review")
    return Card(
        **{**values, "status": PreviewStatus(row.status)},
        review=None if review is None else Review(review),
    )
