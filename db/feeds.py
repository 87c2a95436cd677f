"""Which sources of a feed have not changed since they were worked on last."""

from collections.abc import Sequence

from sqlalchemy import String, column, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from catalog.product import Source
from db.models import CTABulkGenerateSource, TaskStatus
from db.sources import stored_product

_ADDRESSES_AT_ONCE = 5_000


def changed(session: Session, workspace: str, sources: Sequence[Source]) -> list[Source]:
    """The sources that a workspace has no previews of as they now are, in their order.

    Left out is each whose address (as it is written) ended `done` in an earlier bulk task, where
    the latest of those had the same product data and as many previews or more. Those without
    product data stay, for what their pages say is not known.
    """
    with_data = [source for source in sources if source.product is not None]
    known: dict[str, tuple[object, int]] = {}
    for start in range(0, len(with_data), _ADDRESSES_AT_ONCE):
        urls = {source.url for source in with_data[start : start + _ADDRESSES_AT_ONCE]}
        known |= _latest_done(session, workspace, sorted(urls))
    return [source for source in sources if not _is_covered(source, known.get(source.url))]


def _is_covered(source: Source, latest: tuple[object, int] | None) -> bool:
    if source.product is None or latest is None:
        return False
    product_data, batch_size = latest
    return product_data == stored_product(source) and batch_size >= source.batch_size


def _latest_done(
    session: Session, workspace: str, urls: list[str]
) -> dict[str, tuple[object, int]]:
    """The product data and the number of previews of the last source that is done, by address."""
    asked = func.unnest(literal(urls, ARRAY(String)))
    wanted = asked.table_valued(column("url", String), name="wanted").render_derived()
    record = CTABulkGenerateSource
    latest = (
        select(record.product_data, record.batch_size)
        .where(
            record.workspace == workspace,
            # The index holds digests, for an address may be longer than its entries.
            func.md5(record.url) == func.md5(wanted.c.url),
            record.url == wanted.c.url,
            record.status == TaskStatus.DONE.value,
        )
        .order_by(record.created_at.desc(), record.batch_size.desc())
        .limit(1)
        .lateral()
    )
    rows = session.execute(
        select(wanted.c.url, latest.c.product_data, latest.c.batch_size)
        .select_from(wanted)
        .join(latest, true())
    )
    return {url: (product_data, batch_size) for url, product_data, batch_size in rows}
