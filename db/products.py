"""Products: what is known of a page, kept once per workspace and address."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, case, func, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct, canonical_url
from catalog.ranked import Ranking, ScoredImage
from db.errors import UnknownRecord
from db.models import ECommerceProduct

_RANKED_BY_THESE = ("title", "description", "brand", "category", "image_urls")


def find_fresh(session: Session, workspace: str, url: str, max_age: timedelta) -> UUID | None:
    """The id of the product that this workspace knows by `url`, when it was read lately enough."""
    return session.scalar(
        select(ECommerceProduct.id).where(
            ECommerceProduct.workspace == workspace,
            ECommerceProduct.canonical_url == canonical_url(url),
            ECommerceProduct.read_at > func.now() - max_age,
        )
    )


def save(
    session: Session,
    requested_url: str,
    scraped: ScrapedProduct,
    *,
    workspace: str,
    user: str,
    keep_ranking_since: datetime | None = None,
) -> UUID:
    """Record what was read of a page, over what was known of it; returns the product's id.

    The product is known by the address that was asked for, `scraped.url` being where it led. What
    the user handed over is recorded in the same way, as that user's word: it replaces what was
    known, and is the known product until it is stale or a fresh read is asked for.

    The pictures have to be ranked anew, unless `keep_ranking_since` is given, the product was
    recorded later than that, and its text and pictures are the same as before.
    """
    known = scraped.model_dump(exclude={"image_urls", "read_from"}) | {
        "image_urls": list(scraped.image_urls),
        "read_from": scraped.read_from,
        "ranked_images": None,
        "ranked_by": None,
        "read_at": func.clock_timestamp(),
    }
    statement = insert(ECommerceProduct).values(
        id=uuid4(),
        workspace=workspace,
        user=user,
        canonical_url=canonical_url(requested_url),
        **known,
    )
    kept: dict[str, Any] = {"updated_at": func.clock_timestamp()}
    if keep_ranking_since is not None:
        same = and_(
            ECommerceProduct.read_at > keep_ranking_since,
            *(
                getattr(ECommerceProduct, name).is_not_distinct_from(statement.excluded[name])
                for name in _RANKED_BY_THESE
            ),
        )
        kept |= {
            column.key: case((same, column), else_=null())
            for column in (ECommerceProduct.ranked_images, ECommerceProduct.ranked_by)
        }
    return session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace", "canonical_url"], set_=known | kept
        ).returning(ECommerceProduct.id)
    ).scalar_one()


def save_ranking(session: Session, product_id: UUID, ranking: Ranking) -> None:
    """Keep the pictures in ranked order, each with its role and scores, and what ranked them."""
    session.execute(
        update(ECommerceProduct)
        .where(ECommerceProduct.id == product_id)
        .values(
            ranked_images=[image.as_dict() for image in ranking.images],
            ranked_by=ranking.ranked_by,
        )
    )


def ranked_images(product: ECommerceProduct) -> list[ScoredImage]:
    """The pictures of a product in ranked order; empty while they are not ranked."""
    return [ScoredImage.from_dict(image) for image in product.ranked_images or []]


def get(session: Session, product_id: UUID) -> ECommerceProduct:
    """The record of a product.

    Raises:
        UnknownRecord: no product has this id.
    """
    product = session.get(ECommerceProduct, product_id)
    if product is None:
        raise UnknownRecord("product", product_id)
    return product


def as_value(product: ECommerceProduct) -> ScrapedProduct:
    """A product's record as the value that the catalog and the generators work with."""
    return ScrapedProduct(
        url=product.url,
        title=product.title,
        description=product.description,
        brand=product.brand,
        category=product.category,
        price=product.price,
        currency=product.currency,
        availability=product.availability,
        locale=product.locale,
        image_urls=tuple(product.image_urls),
        read_from=product.read_from,
    )
