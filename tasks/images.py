"""Pictures of a product: ranked once, kept with it."""

import asyncio
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from catalog.clip import get_encoder
from catalog.ranking import score_product_images
from db import products
from db.session import unit_of_work
from tasks.failures import may_pass


@task(
    name="rank-images",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=2,
    retry_condition_fn=may_pass,
)
def rank_images(product_id: UUID) -> None:
    """Rank the pictures of a product, unless this model has ranked them already.

    Raises:
        ClipUnavailable: the model's weights cannot be had.
    """
    model = get_encoder().model_name
    with unit_of_work() as session:
        product = products.get(session, product_id)
        if product.ranked_by == model:
            return
        scraped = products.as_value(product)
    scored = asyncio.run(score_product_images(scraped, scraped.image_urls))
    with unit_of_work() as session:
        products.save_ranking(
            session, product_id, [(image.url, image.score) for image in scored], model
        )
