"""The previews of a bulk task as rows for reports and downloads, whole or in pieces."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, cast, func, select, true
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTAIFramePreview,
    CTAModelCall,
    ECommerceProduct,
    Review,
)

# What a call costs, and sums of them: millionths of a dollar.
USD = Numeric(20, 6)


class Kind(Enum):
    """What a column holds; of all kinds but numbers and money there may be none (None)."""

    TEXT = "str, or a UUID"
    LIST = "a list of str"
    JSON = "what json.loads gives"
    WHOLE = "int"
    SECONDS = "float"
    MONEY = "Decimal, US dollars with six decimals"
    TIME = "datetime with a time zone"


class Column(NamedTuple):
    """One column of the rows: its name, what it holds, and where it is read."""

    name: str
    kind: Kind
    value: ColumnElement[Any]


def _columns(kind: Kind, **values: Any) -> Iterator[Column]:
    for name, value in values.items():
        yield Column(name, kind, value)


_preview, _source, _prefill = CTAIFramePreview, CTABulkGenerateSource, CTAIFramePreview.prefill
_calls = (
    select(
        func.count().label("calls"),
        func.coalesce(func.sum(CTAModelCall.tokens_in), 0).label("tokens_in"),
        func.coalesce(func.sum(CTAModelCall.tokens_out), 0).label("tokens_out"),
        func.coalesce(func.sum(CTAModelCall.seconds), 0.0).label("seconds"),
        cast(func.coalesce(func.sum(CTAModelCall.cost), 0), USD).label("usd"),
    )
    .where(CTAModelCall.preview_id == CTAIFramePreview.id)
    .lateral("calls")
)

_SHOWN = tuple(
    _columns(
        Kind.TEXT,
        headline=_prefill["headline"].astext,
        subtitle=_prefill["subtitle"].astext,
        cta=_prefill["cta"]["text"].astext,
        cta_url=_prefill["cta"]["url"].astext,
        brand=_prefill["brand"].astext,
        price=_prefill["price"].astext,
        locale=_prefill["locale"].astext,
        angle=_prefill["angle"].astext,
        generator=_prefill["generated_by"]["generator"].astext,
        generated_background_url=_prefill["generated_background_url"].astext,
    )
)
# What people read of a prefill, beside the prefill itself.
OF_PREFILL = frozenset(column.name for column in _SHOWN)
COLUMNS: tuple[Column, ...] = (
    *_columns(Kind.TEXT, preview_id=_preview.id),
    *_columns(Kind.WHOLE, source_position=_source.position),
    *_columns(Kind.TEXT, source_url=_source.url),
    *_columns(Kind.WHOLE, position=_preview.position),
    *_columns(
        Kind.TEXT,
        product_title=ECommerceProduct.title,
        status=_preview.status,
        error_message=_preview.error_message,
    ),
    *_columns(Kind.WHOLE, attempt=_preview.attempt),
    *_SHOWN,
    *_columns(Kind.LIST, edited_fields=_preview.edited_fields),
    *_columns(Kind.TEXT, review=_preview.review, reviewed_by=_preview.reviewed_by),
    *_columns(Kind.TIME, reviewed_at=_preview.reviewed_at),
    *_columns(Kind.TEXT, original_background_url=_preview.source_image_url),
    *_columns(
        Kind.WHOLE,
        model_calls=_calls.c.calls,
        tokens_in=_calls.c.tokens_in,
        tokens_out=_calls.c.tokens_out,
    ),
    *_columns(Kind.SECONDS, model_seconds=_calls.c.seconds),
    *_columns(Kind.MONEY, cost_usd=_calls.c.usd),
    *_columns(Kind.TIME, started_at=_preview.started_at, finished_at=_preview.finished_at),
    *_columns(Kind.JSON, prefill=_prefill),
)


def read(
    session: Session,
    bulk_task_id: UUID,
    *,
    of_sources: range | None = None,
    approved_only: bool = False,
) -> list[dict[str, Any]]:
    """The previews that are recorded, in the order of the sources and of their positions.

    Args:
        session: what they are read with.
        bulk_task_id: whose previews.
        of_sources: only those of the sources at these positions, where not of all.
        approved_only: only those that a person approved.

    Returns:
        A row of each, by the names of `COLUMNS`; the positions count from 0.
    """
    wanted = [CTAIFramePreview.bulk_generate_task_id == bulk_task_id]
    if of_sources is not None:
        wanted.append(CTABulkGenerateSource.position.between(of_sources.start, of_sources.stop - 1))
    if approved_only:
        wanted.append(CTAIFramePreview.review == Review.APPROVED)
    rows = session.execute(
        select(*(column.value.label(column.name) for column in COLUMNS))
        .select_from(CTAIFramePreview)
        .join(CTABulkGenerateSource, CTABulkGenerateSource.id == CTAIFramePreview.source_id)
        .join(ECommerceProduct, ECommerceProduct.id == CTAIFramePreview.product_id)
        .join(_calls, true())
        .where(*wanted)
        .order_by(CTABulkGenerateSource.position, CTAIFramePreview.position)
    )
    return [dict(row) for row in rows.mappings()]


def count_sources(session: Session, bulk_task_id: UUID) -> int:
    """How many positions the sources of a bulk task take up, from 0."""
    last = session.scalar(
        select(func.max(CTABulkGenerateSource.position)).where(
            CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id
        )
    )
    return 0 if last is None else last + 1
