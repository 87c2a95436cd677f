"""What a user may hand over in place of a page, and what is refused by name."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from catalog.errors import AddressRefused
from catalog.images import load_picture
from catalog.product import InvalidSources, ProductData, Source, check_sources

URL = "https://shop.example/kettle"
KETTLE = {
    "title": "Kettle", "price": "49.90 EUR", "image_urls": ["https://shop.example/1.jpg"],
}  # fmt: skip


def handed(**fields: Any) -> ProductData:
    [source] = check_sources([{"url": URL, "product": KETTLE | fields}])
    assert source.product is not None
    return source.product


def problems(*products: dict[str, Any] | None) -> list[str]:
    given = [{"url": URL} | ({"product": product} if product else {}) for product in products]
    with pytest.raises(InvalidSources) as caught:
        check_sources(given)
    return caught.value.problems


def test_a_product_is_read_from_what_is_given() -> None:
    product = handed(
        description="<p>Boils&nbsp;fast.</p>\n<ul><li>Steel</ul>",
        brand=" Norrland ",
        category="Kitchen &gt; Kettles",
        availability="https://schema.org/InStock",
        locale="de_AT",
        image_urls=["https://shop.example/1.jpg", "http://cdn.example/2.jpg?w=9"] * 2,
    )
    assert product.as_scraped(URL).model_dump() == {
        "url": URL,
        "title": "Kettle",
        "description": "Boils fast. Steel",
        "brand": "Norrland",
        "category": "Kitchen > Kettles",
        "price": Decimal("49.90"),
        "currency": "EUR",
        "availability": "in_stock",
        "locale": "de-AT",
        "image_urls": ("https://shop.example/1.jpg", "http://cdn.example/2.jpg?w=9"),
        "read_from": dict.fromkeys(
            ("title", "description", "brand", "category", "price", "currency", "availability", "locale",
             "image_urls"), "feed",
        ),
    }  # fmt: skip


def test_only_what_is_given_says_that_it_came_from_a_feed() -> None:
    product = handed(price="", currency=None, brand="", description=" ", locale="", availability="")
    scraped = product.as_scraped(URL)
    assert scraped.read_from == {"title": "feed", "image_urls": "feed"}
    assert (scraped.price, scraped.currency, scraped.brand, scraped.description) == (None,) * 4


@pytest.mark.parametrize(
    ("price", "amount", "currency"),
    [
        ("1299.00 EUR", "1299.00", "EUR"), ("1.299,00 €", "1299.00", "EUR"),
        ("$1,299", "1299", "USD"), ("¥3,980", "3980", "JPY"), ("Rs. 1,299.00", "1299", "INR"),
        ("CHF 1'299.50", "1299.50", "CHF"), ("1 299,00 zł", "1299", "PLN"),
        ("1299,- €", "1299", "EUR"), ("US $ 5", "5", "USD"), ("AUD $12", "12", "AUD"),
        ("1299.00usd", "1299", "USD"), ("1.299 EUR", "1299", "EUR"), ("1.299 KWD", "1.299", "KWD"),
        ("1299. EUR", "1299", "EUR"), ("0.125 KWD", "0.125", "KWD"), ("29.8999 EUR", "29.90", "EUR"), ("3980.4 JPY", "3980", "JPY"),
    ],
)  # fmt: skip
def test_a_price_is_read_with_its_currency(price: str, amount: str, currency: str) -> None:
    product = handed(price=price)
    assert (product.price, product.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    ("fields", "amount", "currency"),
    [
        ({"price": "1299", "currency": "EUR"}, "1299", "EUR"),
        ({"price": 12.5, "currency": "€"}, "12.5", "EUR"),
        ({"price": 1169.1000000000001, "currency": "EUR"}, "1169.10", "EUR"),
        ({"price": Decimal("1.299"), "currency": "EUR"}, "1.30", "EUR"),
        ({"price": "$5", "currency": "CAD"}, "5", "CAD"),
        ({"price": "$5", "locale": "en-CA"}, "5", "CAD"),
        ({"price": "1 299 kr", "locale": "sv-SE"}, "1299", "SEK"),
    ],
)
def test_a_price_takes_its_currency_from_the_other_fields(
    fields: dict[str, Any], amount: str, currency: str
) -> None:
    product = handed(**fields)
    assert (product.price, product.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "price",
    ["12", 12, 12.5, "12.-", "1,299.00"],
)
def test_a_price_without_a_currency_says_so(price: object) -> None:
    [problem] = problems(KETTLE | {"price": price})
    assert problem.startswith("sources[0].product.price: the price needs its currency, such as ")


@pytest.mark.parametrize(
    "price",
    ["NaN EUR", "Infinity EUR", "-5 EUR", "−5 EUR", "EUR -5", "(5.00) EUR", "0 EUR", "0.00 EUR",
     "0.001 EUR", "free", "1e5 EUR", "12 - 15 EUR", "12 15 EUR", "1.2.3 EUR", "€ 12 pro 100 g",
     "1.5 million EUR", "12 EUR USD", "12 %", "1 kr", "10000000000 EUR",
     pytest.param("9" * 1_000_000 + " EUR", id="a million digits"),
     float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-1"), -1, 0, 10**10,
     pytest.param(10**5000, id="a huge number"), True, [12], {"amount": 12}],
)  # fmt: skip
def test_what_is_no_price_is_refused_by_name(price: object) -> None:
    currency = {} if isinstance(price, str) else {"currency": "EUR"}
    [problem] = problems(KETTLE | {"price": price} | currency)
    assert problem.startswith("sources[0].product.price: ")
    assert len(problem) < 300


@pytest.mark.parametrize("price", ["-5 EUR", "−5 EUR", "EUR -5", "(5.00) EUR", "0 EUR", -5])
def test_a_price_that_is_not_above_zero_is_told_as_such(price: object) -> None:
    [problem] = problems(KETTLE | {"price": price, "currency": "EUR"})
    assert "the price must be one amount above zero" in problem


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "   "), ("title", "<b> </b>"), ("title", "\x00"), ("title", None),
        ("title", 5), ("title", "x" * 501), ("title", "x" * 1_000_000),
        ("title", "<i>" * 300_000), ("description", "x" * 10_001), ("description", "x" * 10**6),
        ("brand", "x" * 201), ("brand", ["Norrland"]), ("currency", "EURO!"), ("currency", "XXX"),
        ("currency", 978), ("availability", "maybe"), ("availability", True),
        ("locale", "german"), ("locale", "xx-YY"), ("locale", 5),
        ("image_urls", []), ("image_urls", None), ("image_urls", "https://shop.example/1.jpg"),
        ("image_urls", ["https://shop.example/1.jpg"] * 10_000), ("colour", "red"),
    ],
    ids=lambda value: f"{value!s:.20}",
)  # fmt: skip
def test_a_field_that_is_wrong_is_named(field: str, value: object) -> None:
    [problem] = problems(KETTLE | {field: value})
    assert problem.startswith(f"sources[0].product.{field}: ")
    assert len(problem) < 300


@pytest.mark.parametrize("field", ["title", "image_urls"])
def test_a_field_that_is_needed_is_named(field: str) -> None:
    [problem] = problems({name: value for name, value in KETTLE.items() if name != field})
    assert problem.startswith(f"sources[0].product.{field}: this is needed.")


@pytest.mark.parametrize(
    "url",
    ["/1.jpg", "//cdn.example/1.jpg", "ftp://cdn.example/1.jpg", "data:image/png;base64,AAAA",
     "javascript:alert(1)", "file:///etc/passwd", "https://", "https://a b.example/1.jpg",
     "https://cdn.example/\x00.jpg", "https://cdn.example/\ud800.jpg", "https://cdn.example/" + "ü" * 400, "https://cdn.example/" + "x" * 2048, ""],
    ids=lambda url: ascii(url)[1:30],
)  # fmt: skip
def test_a_picture_address_that_is_not_whole_is_named(url: str) -> None:
    [problem] = problems(KETTLE | {"image_urls": ["https://cdn.example/1.jpg", url]})
    assert problem.startswith("sources[0].product.image_urls[1]: ")


def test_one_address_in_place_of_a_list_is_told_as_such() -> None:
    [problem] = problems(KETTLE | {"image_urls": "https://shop.example/1.jpg"})
    assert "the pictures must be a list of addresses" in problem


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "2130706433", "0x7f000001"]
)
def test_a_picture_in_a_private_network_is_refused_when_it_is_loaded(host: str) -> None:
    product = handed(image_urls=[f"http://{host}/1.jpg"])
    with pytest.raises(AddressRefused):
        load_picture(product.image_urls[0])


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("<script>alert(1)</script>Kettle", "Kettle"), ("Ket<b>tle</b>", "Kettle"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Kettle", "Kettle"),
        ("&amp;amp;lt;img src=x onerror=alert(1)&amp;amp;gt;Kettle", "Kettle"),
        ("<style>p{}</style><!-- old > new -->Kettle<br>red", "Kettle red"),
        ("<img src=x onerror='alert(1)'>Kettle", "Kettle"), ("AT&amp;T Kettle", "AT&T Kettle"),
        ("Cable <2 m & >1 m", "Cable <2 m & >1 m"), ("a\x00b\x1b\ud800\tc\n", "ab c"),
        ("Wasserkocher „Größe“ ☕ 水壶", "Wasserkocher „Größe“ ☕ 水壶"),
    ],
)  # fmt: skip
def test_text_comes_without_its_html(written: str, plain: str) -> None:
    product = handed(title=f"{written} ", brand=written, description=written)
    assert (product.title, product.brand, product.description) == (plain,) * 3


@pytest.mark.parametrize("piece", ["<", "<a ", "<a href='", "<script", "<!--", "&amp;", "&lt;b"])
def test_hostile_text_takes_no_time(piece: str) -> None:
    started = time.perf_counter()
    problems(KETTLE | {"description": piece * (99_999 // len(piece)) + "x" * 10_001})
    assert time.perf_counter() - started < 2


def test_one_address_is_one_product_in_a_request() -> None:
    other = KETTLE | {"title": "Cup"}
    told = problems(KETTLE, None, KETTLE, other)
    assert [line.split(":")[0] for line in told] == ["sources[1].product", "sources[3].product"]
    assert "sources[0]" in told[0]
    tracked = {"url": f"{URL}?utm_source=mail#top", "product": other}
    with pytest.raises(InvalidSources, match=r"sources\[1\].product"):
        check_sources([{"url": URL, "product": KETTLE}, tracked])


def test_the_same_product_may_be_asked_for_twice() -> None:
    assert len(check_sources([{"url": URL, "product": KETTLE}] * 2)) == 2
    assert len(check_sources([{"url": URL}] * 2)) == 2


@pytest.mark.parametrize("price", ["49.90 EUR", "1.299,00 €", "1.299 KWD", "¥3,980", ""])
def test_a_source_comes_back_from_json_as_it_went(price: str) -> None:
    source = Source(
        url=URL, batch_size=3, product=ProductData.model_validate(KETTLE | {"price": price})
    )
    assert Source.model_validate(json.loads(source.model_dump_json())) == source
