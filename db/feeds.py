"""What the rows of a feed were when they were last made."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from catalog.product import Source, canonical_url
from db.models import CTABulkGenerateSource, ECommerceProduct, TaskStatus

_AT_ONCE = 1_000


def changed(session: Session, workspace: str, sources: Sequence[Source]) -> list[Source]:
    """The sources that are not as they were when this workspace last made them, in their order.

    One is left out when the newest source of the same product that is `done` had the same product
    data, and at least as many previews. Those without product data stay, for only their pages
    know.
    """
    kept: list[Source] = []
    for first in range(0, len(sources), _AT_ONCE):
        some = sources[first : first + _AT_ONCE]
        made = _made(session, workspace, {canonical_url(source.url) for source in some})
        kept += [source for source in some if not _is_made(source, made)]
    return kept


def _made(
    session: Session, workspace: str, urls: set[str]
) -> dict[str, tuple[dict[str, Any] | None, int]]:
    """The product data and the number of previews of the newest source of each address."""
    rows = session.execute(
        select(
            ECommerceProduct.canonical_url,
            CTABulkGenerateSource.product_data,
            CTABulkGenerateSource.batch_size,
        )
        .join(CTABulkGenerateSource, CTABulkGenerateSource.product_id == ECommerceProduct.id)
        .where(
            ECommerceProduct.workspace == workspace,
            ECommerceProduct.canonical_url.in_(urls),
            CTABulkGenerateSource.status == TaskStatus.DONE,
        )
        .ext(distinct_on(ECommerceProduct.canonical_url))
        .order_by(ECommerceProduct.canonical_url, CTABulkGenerateSource.created_at.desc())
    )
    return {row.canonical_url: (row.product_data, row.batch_size) for row in rows}


def _is_made(source: Source, made: dict[str, tuple[dict[str, Any] | None, int]]) -> bool:
    data, batch_size = made.get(canonical_url(source.url), (None, 0))
    return (
        source.product is not None
        and source.product.model_dump(mode="json", exclude_none=True) == data
        and batch_size >= source.batch_size
    )
