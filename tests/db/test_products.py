from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct
from catalog.ranked import Ranking, Role, ScoredImage
from db import products
from db.models import ECommerceProduct

DAY = timedelta(days=1)
URL = "https://shop.example/kettle"


def test_a_fresh_product_is_found_by_any_spelling_of_its_address(
    session: Session, product_id: UUID
) -> None:
    spelled = "https://SHOP.example/kettle?utm_source=mail&gclid=1#reviews"
    assert products.find_fresh(session, "acme", spelled, DAY) == product_id


def test_a_stale_product_is_not_reused(session: Session, product_id: UUID) -> None:
    session.execute(update(ECommerceProduct).values(read_at=func.now() - timedelta(days=2)))
    assert products.find_fresh(session, "acme", URL, DAY) is None


def test_another_workspace_does_not_see_the_product(session: Session, product_id: UUID) -> None:
    assert products.find_fresh(session, "rival", URL, DAY) is None


def test_reading_again_updates_the_one_record_and_forgets_its_ranking(
    session: Session, product_id: UUID
) -> None:
    shown = ScoredImage("https://shop.example/1.jpg", Role.PRODUCT, 0.3, 0.1)
    products.save_ranking(session, product_id, Ranking((shown,), "micro"))
    cheaper = ScrapedProduct(url=URL, title="Kettle", price=Decimal(39), currency="EUR")
    assert products.save(session, URL, cheaper, workspace="acme", user="bob") == product_id
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(ECommerceProduct)) == 1
    updated = products.get(session, product_id)
    assert (updated.price, updated.ranked_by, updated.user) == (Decimal(39), None, "ann")


def test_a_product_comes_back_as_it_was_saved(session: Session, product_id: UUID) -> None:
    value = products.as_value(products.get(session, product_id))
    assert value.title == "Kettle"
    assert value.price == Decimal("49.90")
    assert value.image_urls == ("https://shop.example/1.jpg", "https://shop.example/2.jpg")


def test_a_ranking_comes_back_as_it_was_saved(session: Session, product_id: UUID) -> None:
    ranking = Ranking(
        (
            ScoredImage("https://shop.example/1.jpg", Role.PRODUCT, 0.31, 0.12),
            ScoredImage(
                "https://shop.example/1-small.jpg",
                Role.DUPLICATE,
                0.3,
                0.1,
                "https://shop.example/1.jpg",
            ),
            ScoredImage("https://shop.example/logo.jpg", Role.DECORATION, 0.1, 0.4),
            ScoredImage("https://shop.example/gone.jpg", Role.UNLOADED),
        ),
        "micro",
    )
    products.save_ranking(session, product_id, ranking)
    session.expire_all()
    product = products.get(session, product_id)
    assert tuple(products.ranked_images(product)) == ranking.images
    assert product.ranked_by == "micro"


def test_a_ranking_from_before_pictures_had_roles_is_still_read(
    session: Session, product_id: UUID
) -> None:
    session.execute(
        update(ECommerceProduct).values(
            ranked_images=[{"url": "https://a", "score": 0.3}, {"url": "https://b", "score": None}]
        )
    )
    session.expire_all()
    ranked = products.ranked_images(products.get(session, product_id))
    assert [image.role for image in ranked] == [Role.PRODUCT, Role.UNLOADED]
