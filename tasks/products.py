"""Products: read from their page, handed over, or reused."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlalchemy.orm import Session

from catalog.page import fetch
from catalog.parse import parse_product
from catalog.product import ProductData
from db import products, sources
from db.session import unit_of_work
from db.sources import SourceRequest
from settings import get_settings
from tasks.failures import may_pass


@task(
    name="read-product",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=2,
    retry_condition_fn=may_pass,
)
def read_product(source_id: UUID, refresh: bool = False) -> UUID:
    """The id of a source's product: the known one while it is fresh, else read from its page.

    Where the user handed the product's data over with the source, that is the product and no page
    is read: the data replaces what was known, however fresh. A later source of the same address
    without data reuses it like any known product; once it is stale, or when a fresh read is asked
    for, the page is read and replaces it.

    A source of which previews are recorded keeps its product, unless a fresh read is asked for
    here. One that is retried before it had any is read again, for that is what went wrong with it.

    Raises:
        CatalogError: the page cannot be read, or shows no product.
    """
    settings = get_settings()
    with unit_of_work() as session:
        request = sources.request(session, source_id)
        max_age = timedelta(hours=settings.product_max_age_hours)
        if request.made_of is not None and not refresh:
            return request.made_of
        if request.product is not None:
            return _hand_over(session, request, request.product, max_age, refresh)
        if not (refresh or request.refresh or request.is_retried):
            known = products.find_fresh(session, request.workspace, request.url, max_age)
            if known is not None:
                sources.assign_product(session, source_id, known)
                return known
    page = fetch(request.url, max_bytes=settings.max_page_bytes)
    scraped = parse_product(page.body, page.url, page.content_type)
    with unit_of_work() as session:
        product_id = products.save(
            session, request.url, scraped, workspace=request.workspace, user=request.user
        )
        sources.assign_product(session, source_id, product_id)
    return product_id


def _hand_over(
    session: Session,
    request: SourceRequest,
    given: ProductData,
    max_age: timedelta,
    rank_anew: bool,
) -> UUID:
    """Record what the user said of a product.

    The same data again, in this bulk task or while it is fresh, leaves its pictures ranked, unless
    they are to be ranked anew.
    """
    since = request.requested_at
    if not request.refresh:
        since = min(since, datetime.now(UTC) - max_age)
    product_id = products.save(
        session,
        request.url,
        given.as_scraped(request.url),
        workspace=request.workspace,
        user=request.user,
        keep_ranking_since=None if rank_anew else since,
    )
    sources.assign_product(session, request.id, product_id)
    return product_id
