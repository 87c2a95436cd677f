"""Pictures of a product: ranked once, kept with it."""

import asyncio
from uuid import UUID

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from catalog.clip import get_encoder
from catalog.ranked import PAGE_ORDER, choose_images
from catalog.ranking import rank_pictures
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
    """Rank the pictures of a product, unless this model has ranked some of them already.

    Where the model cannot be had and `CTA_RANK_WITHOUT_CLIP` is set, they are kept in page order,
    and ranked by the next run that finds the model.

    Raises:
        ClipUnavailable: the model's weights cannot be had.
    """
    model = get_encoder().model_name
    with unit_of_work() as session:
        product = products.get(session, product_id)
        # Where nothing could be loaded it may have been the host that was away.
        is_ranked = choose_images(products.ranked_images(product), 1) != []
        if product.ranked_by == model and is_ranked:
            return
        scraped = products.as_value(product)
    ranking = asyncio.run(rank_pictures(scraped, scraped.image_urls))
    if ranking.ranked_by == PAGE_ORDER:
        get_run_logger().warning("CLIP cannot be had: the pictures stay in page order.")
    with unit_of_work() as session:
        products.save_ranking(session, product_id, ranking)
