"""Rows as shops' systems export them for Google Merchant, by the specification's own attributes."""

import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from catalog.feeds import InvalidFeedRow, product_data_from_merchant, source_from_merchant

# As a text file has them: every value is text, what is repeated is separated by commas.
ROW = {
    "id": "A2B4",
    "title": "Kettle &amp; Cup",
    "description": "<p>Boils fast.</p><ul><li>Steel</li></ul>",
    "link": "https://shop.example/kettle",
    "image_link": "https://shop.example/1.jpg",
    "additional_image_link": "https://shop.example/2.jpg,https://shop.example/3%2C4.jpg",
    "availability": "in_stock",
    "price": "59.90 EUR",
    "brand": "Norrland",
    "gtin": "4006381333931",
    "product_type": "Home &gt; Kettles",
    "condition": "new",
}
NOON = datetime(2026, 2, 26, 12, tzinfo=UTC)


def problems(**attributes: Any) -> list[str]:
    with pytest.raises(InvalidFeedRow) as caught:
        source_from_merchant(ROW | attributes)
    return caught.value.problems


def test_a_row_becomes_a_source() -> None:
    source = source_from_merchant(ROW, 3, locale="en-GB")
    assert (source.url, source.batch_size) == ("https://shop.example/kettle", 3)
    assert source.product is not None
    assert source.product.model_dump() == {
        "title": "Kettle & Cup",
        "description": "Boils fast. Steel",
        "brand": "Norrland",
        "category": "Home > Kettles",
        "locale": "en-GB",
        "currency": "EUR",
        "price": Decimal("59.90"),
        "availability": "in_stock",
        "image_urls": tuple(
            f"https://shop.example/{name}.jpg" for name in ("1", "2", "3%2C4")
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "spell",
    ["g:{}", "{{http://base.google.com/ns/1.0}}{}", " {} ", "\ufeff{}"],
)
def test_attributes_are_known_by_all_their_names(spell: str) -> None:
    row = {spell.format(name): value for name, value in ROW.items()}
    assert source_from_merchant(row) == source_from_merchant(ROW)
    spaced = {name.replace("_", " ").title(): value for name, value in ROW.items()}
    assert source_from_merchant(spaced) == source_from_merchant(ROW)


@pytest.mark.parametrize(
    "more",
    [
        "https://a.example/2.jpg,https://a.example/w_4,h_3/3.jpg",
        'https://a.example/2.jpg, "https://a.example/w_4,h_3/3.jpg",',
        ["https://a.example/2.jpg", " https://a.example/w_4,h_3/3.jpg "],
    ],
)
def test_more_pictures_come_after_the_main_one(more: object) -> None:
    product = product_data_from_merchant(ROW | {"additional_image_link": more})
    assert product.image_urls == (
        "https://shop.example/1.jpg",
        "https://a.example/2.jpg",
        "https://a.example/w_4,h_3/3.jpg",
    )


def test_cells_without_a_value_count_as_not_given() -> None:
    empty = {"brand": None, "description": float("nan"), "availability": "", "sale_price": " "}
    product = product_data_from_merchant(ROW | empty)
    assert (product.brand, product.description, product.availability) == (None,) * 3
    assert product.price == Decimal("59.90")


@pytest.mark.parametrize(
    ("dates", "price"),
    [
        ("", "49.90"),
        ("2026-02-24T13:00-0800/2026-02-28T15:30-0800", "49.90"),
        ("2026-02-24T13:00Z / 2026-02-26T12:00Z", "49.90"),
        ("2026-02-26T13:00+0100/2026-02-26T13:01+0100", "49.90"),
        ("2026-02-26/2026-02-26", "49.90"),
        ("2026-02-26T11:59/2026-02-26T12:01", "49.90"),
        ("2026-02-26T12:01/2026-02-28T12:00", "59.90"),
        ("2026-02-20T00:00Z/2026-02-26T11:59Z", "59.90"),
        ("2026-02-26T12:00-0800/2026-02-28T12:00-0800", "59.90"),
        ("2026-02-20/2026-02-25", "59.90"),
    ],
)
def test_the_sale_price_is_the_price_while_the_sale_lasts(dates: str, price: str) -> None:
    row = ROW | {"sale_price": "49.90 EUR", "sale_price_effective_date": dates}
    assert product_data_from_merchant(row, moment=NOON).price == Decimal(price)


def test_a_sale_that_is_over_needs_no_sale_price_that_can_be_read() -> None:
    over = {"sale_price": "soon", "sale_price_effective_date": "2020-01-01/2020-02-01"}
    assert product_data_from_merchant(ROW | over).price == Decimal("59.90")


@pytest.mark.parametrize(
    ("written", "price", "currency"),
    [
        ("15.00 USD", "15", "USD"), ("1.299 EUR", "1.30", "EUR"), ("1299.0000 eur", "1299", "EUR"),
        ("1500 JPY", "1500", "JPY"), ("1.299,00 €", "1299", "EUR"), ("EUR 15.00", "15", "EUR"),
        ("", None, None),
    ],
)  # fmt: skip
def test_a_point_is_the_decimal_one_in_the_specifications_form(
    written: str, price: str | None, currency: str | None
) -> None:
    product = product_data_from_merchant(ROW | {"price": written})
    assert (product.price, product.currency) == (price and Decimal(price), currency)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("title", ""), ("title", "<b></b>"), ("title", "x" * 1_000_000), ("link", ""),
        ("link", "shop.example/kettle"), ("image_link", "1.jpg"), ("price", "59.90"),
        ("price", "-59.90 EUR"), ("price", "NaN EUR"), ("price", "0 EUR"), ("price", "59.90 ABC"),
        ("sale_price", "free"), ("sale_price", "-1 EUR"), ("availability", "maybe"),
        ("description", "x" * 1_000_000), ("additional_image_link", "ftp://a.example/1.jpg"),
        ("additional_image_link", ["https://a.example/1.jpg", "2.jpg"]),
        ("sale_price_effective_date", "soon"), ("sale_price_effective_date", "2026-02-24"),
        ("sale_price_effective_date", "2026-02-30/2026-03-01"),
        ("sale_price_effective_date", "2026-03-01/2026-02-01"),
        ("sale_price_effective_date", "/" * 1_000_000),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_an_attribute_that_is_wrong_is_named(attribute: str, value: object) -> None:
    sale = {"sale_price": "49.90 EUR"} if attribute.startswith("sale") else {}
    [problem] = problems(**(sale | {attribute: value}))
    assert problem.startswith(f"{attribute}: ")
    assert len(problem) < 300


def test_every_wrong_attribute_is_named() -> None:
    told = problems(link="x", title="", price="5", availability="maybe")
    assert [line.split(":")[0] for line in told] == ["link", "title", "price", "availability"]


def test_ten_thousand_pictures_are_refused_by_their_number() -> None:
    many = ",".join(f"https://a.example/{number}.jpg" for number in range(10_000))
    [problem] = problems(additional_image_link=many)
    assert "from 1 to 100 pictures are taken, not 10,001" in problem


def test_a_row_of_other_things_is_refused() -> None:
    with pytest.raises(InvalidFeedRow) as caught:
        source_from_merchant({None: ["x"], 5: object(), "": "y"})  # type: ignore[dict-item]
    assert [line.split(":")[0] for line in caught.value.problems] == ["link", "title", "image_link"]


def test_the_error_survives_a_trip_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(InvalidFeedRow(["a", "b"]))).problems == ["a", "b"]
