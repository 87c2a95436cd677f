"""Where a source's product comes from: its page, the records, or the user."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select, update

from catalog.product import Source
from db import bulk_tasks, products, sources
from db.models import CTABulkGenerateSource, ECommerceProduct
from db.session import unit_of_work
from tasks.products import read_product
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("database")
RANKED = [{"url": "https://shop.example/lamp.jpg", "score": 0.3}]
LAMP = {"title": "Lamp", "price": "80 EUR", "image_urls": ["https://shop.example/lamp.jpg"]}


def source_of(url: str, product: dict[str, Any] | None = None, *, refresh: bool = False) -> UUID:
    """A recorded source, in a bulk task of its own."""
    [source_id] = sources_of([Source(url=url, product=product)], refresh=refresh)
    return source_id


def sources_of(given: list[Source], *, refresh: bool = False) -> list[UUID]:
    bulk_task_id = uuid4()
    with unit_of_work() as session:
        bulk_tasks.record(
            session, bulk_task_id, given, workspace="acme", user="ann", refresh=refresh
        )
        session.flush()
        return [source.id for source in sources.unfinished(session, bulk_task_id)]


def known(product_id: UUID) -> ECommerceProduct:
    with unit_of_work() as session:
        return products.get(session, product_id)


def rank(product_id: UUID) -> None:
    with unit_of_work() as session:
        ranking = {"ranked_by": "micro", "ranked_images": RANKED}
        session.execute(
            update(ECommerceProduct).where(ECommerceProduct.id == product_id).values(ranking)
        )


def test_handed_over_data_is_the_product_and_no_page_is_read(pages: Pages) -> None:
    source_id = source_of(f"{pages.url}/mug", LAMP)
    product = known(read_product.fn(source_id))
    assert (product.title, product.price, product.currency) == ("Lamp", Decimal(80), "EUR")
    assert product.url == f"{pages.url}/mug"
    assert set(product.read_from.values()) == {"feed"}
    assert not pages.hits
    with unit_of_work() as session:
        assert session.get_one(CTABulkGenerateSource, source_id).product_id == product.id


def test_handed_over_data_replaces_what_was_read_however_fresh(pages: Pages) -> None:
    read = read_product.fn(source_of(f"{pages.url}/mug"))
    assert known(read).title == "Red Mug"
    assert read_product.fn(source_of(f"{pages.url}/mug?utm_source=feed", LAMP)) == read
    product = known(read)
    assert (product.title, product.brand, product.description) == ("Lamp", None, None)
    assert pages.hits["/mug"] == 1


def test_while_it_is_fresh_a_source_without_data_reuses_it(pages: Pages) -> None:
    handed = read_product.fn(source_of(f"{pages.url}/mug", LAMP))
    assert read_product.fn(source_of(f"{pages.url}/mug")) == handed
    assert known(handed).title == "Lamp"
    assert not pages.hits


@pytest.mark.parametrize("stale", [True, False])
def test_a_stale_one_or_a_fresh_read_is_of_the_page(pages: Pages, stale: bool) -> None:
    handed = read_product.fn(source_of(f"{pages.url}/mug", LAMP))
    if stale:
        with unit_of_work() as session:
            session.execute(update(ECommerceProduct).values(read_at=func.to_timestamp(0)))
    assert read_product.fn(source_of(f"{pages.url}/mug", refresh=not stale)) == handed
    assert known(handed).title == "Red Mug"
    assert pages.hits["/mug"] == 1


def test_another_workspace_does_not_see_handed_over_data(pages: Pages) -> None:
    read_product.fn(source_of(f"{pages.url}/mug", LAMP))
    other = uuid4()
    with unit_of_work() as session:
        given = [Source(url=f"{pages.url}/mug")]
        bulk_tasks.record(session, other, given, workspace="rival", user="bob")
        session.flush()
        [source] = sources.unfinished(session, other)
    assert known(read_product.fn(source.id)).title == "Red Mug"


def test_the_same_data_twice_in_a_request_leaves_the_pictures_ranked() -> None:
    """The second source would otherwise take the ranking away from under the first."""
    source = Source(url="https://shop.example/lamp", product=LAMP)
    first, second = sources_of([source, source], refresh=True)
    rank(read_product.fn(first))
    product = known(read_product.fn(second))
    assert (product.ranked_by, product.ranked_images) == ("micro", RANKED)


@pytest.mark.parametrize(
    ("changed", "refresh", "kept"),
    [
        ({"price": "70 EUR"}, False, True),
        ({}, True, False),
        ({"title": "Floor Lamp"}, False, False),
        ({"image_urls": ["https://shop.example/other.jpg"]}, False, False),
    ],
)
def test_pictures_are_ranked_anew_when_what_they_are_ranked_by_has_changed(
    changed: dict[str, Any], refresh: bool, kept: bool
) -> None:
    url = "https://shop.example/lamp"
    rank(read_product.fn(source_of(url, LAMP)))
    product = known(read_product.fn(source_of(url, LAMP | changed, refresh=refresh)))
    assert (product.ranked_by == "micro") is kept
    assert (product.ranked_images is not None) is kept


def test_data_once_stale_has_its_pictures_ranked_anew() -> None:
    url = "https://shop.example/lamp"
    rank(read_product.fn(source_of(url, LAMP)))
    with unit_of_work() as session:
        session.execute(update(ECommerceProduct).values(read_at=func.to_timestamp(0)))
    assert known(read_product.fn(source_of(url, LAMP))).ranked_by is None


def test_one_product_is_kept_however_often_it_is_handed_over(database: Engine) -> None:
    for title in ("Lamp", "Floor Lamp", "Lamp"):
        read_product.fn(source_of("https://shop.example/lamp", LAMP | {"title": title}))
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(ECommerceProduct)) == 1
