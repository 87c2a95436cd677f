"""Products: read from their page, or reused."""

from datetime import timedelta
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from catalog.page import fetch
from catalog.parse import parse_product
from db import products, sources
from db.session import unit_of_work
from settings import get_settings
from tasks.failures import may_pass


@task(
    name="read-product",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=2,
    retry_condition_fn=may_pass,
)
def read_product(source_id: UUID) -> UUID:
    """The id of a source's product: the known one while it is fresh, else read from its page.

    Raises:
        CatalogError: the page cannot be read, or shows no product.
    """
    settings = get_settings()
    with unit_of_work() as session:
        request = sources.request(session, source_id)
        max_age = timedelta(hours=settings.product_max_age_hours)
        if not request.refresh:
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
