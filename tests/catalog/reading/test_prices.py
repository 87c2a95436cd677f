from decimal import Decimal

import pytest

from catalog.parse import parse_product
from catalog.reading.document import read_document
from catalog.reading.headings import main_heading, read_titles
from catalog.reading.locality import likely_currencies, territories
from catalog.reading.outline import Outline
from catalog.reading.prices import currency_of, find_money, read_marked_up
from catalog.reading.visible_prices import ShownPrice, shown_prices

WRITTEN = [
    ("1.299,00 €", "1299.00", "EUR"), ("$1,299", "1299", "USD"), ("¥3,980", "3980", "JPY"),
    ("1 299 kr", "1299", "SEK"), ("Rs. 1,299.00", "1299.00", "INR"), ("₹1,29,900", "129900", "INR"),
    ("CHF 1’299.–", "1299", "CHF"), ("299,- Kč", "299", "CZK"), ("449:-", "449", "SEK"),
    ("2.990 Ft", "2990", "HUF"), ("R$ 1.299,90", "1299.90", "BRL"), ("US $12.50", "12.50", "USD"),
    ("30,000원~", "30000", "KRW"), ("12.500 TL", "12500", "TRY"), ("٣٥٠ ر.س", "350", "SAR"),
    ("1 299,00 zł", "1299.00", "PLN"), ("Rp 1.299.000", "1299000", "IDR"), ("129.000₫", "129000", "VND"),
    ("Preis: 34.99 EUR*", "34.99", "EUR"), ("49.90 лв.", "49.90", "BGN"), ("1,299.00 AED", "1299.00", "AED"),
    ("KWD 12.500", "12.500", "KWD"), ("12.500 د.ك", "12.500", "KWD"), ("KD 1,250.500", "1250.500", "KWD"),
    ("9.900 JD", "9.900", "JOD"), ("OMR 7.250", "7.250", "OMR"), ("12,500 DT", "12.500", "TND"),
    ("1 250,500 TND", "1250.500", "TND"), ("1,250 KWD", "1250", "KWD"), ("1.299.000 KWD", "1299000", "KWD"),
    ("12.50 BHD", "12.50", "BHD"), ("12.500 €", "12500", "EUR"), ("COP 12.500", "12500", "COP"),
    ("US$ 12.500", "12500", "USD"), ("Rp 12.500", "12500", "IDR"), ("12.500 ريال", "12500", "SAR"),
    ("€ 0.500", "0.500", "EUR"), ("３，９８０円", "3980", "JPY"), ("25,00 lei", "25.00", "RON"), ("S/ 89.90", "89.90", "PEN"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount", "code"), WRITTEN)
def test_prices_are_read_as_shops_write_them(text: str, amount: str, code: str) -> None:
    money = find_money(text)[0]
    assert (money.amount, currency_of(money.sign)) == (Decimal(amount), code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5 in 1",
        "iPhone 12",
        "3 kg",
        "12:30",
        "€",
        "-20%",
        "0 €",
        "KD 15",
        "DT 770 Pro",
        "10 BD",
    ],
)
def test_other_numbers_are_no_money(text: str) -> None:
    assert find_money(text) == ()


@pytest.mark.parametrize(
    ("written", "amounts"),
    [
        ("1299.00", ["1299.00"]), ("1299", ["1299"]), ("1.299", ["1299", "1.299"]), ("1,299.00", ["1299.00"]),
        ("1.299,00 €", ["1299.00"]), ("0", []), ("0.00", []), ("-5", ["5"]), ("free", []), ("NaN", []),
        ("Infinity", []), ("109€109€109", ["109"]), ("{}", []), ("9" * 40, []),
    ],
)  # fmt: skip
def test_prices_in_markup_have_the_meanings_that_they_can_have(
    written: str, amounts: list[str]
) -> None:
    found = [money.amount for money in read_marked_up(written)]
    assert found[: len(amounts)] == [Decimal(amount) for amount in amounts]
    assert bool(found) == bool(amounts)


@pytest.mark.parametrize(
    ("written", "likely", "amounts"),
    [
        ("12.500", ("KWD",), ["12.500"]), ("12.500 KWD", ("USD",), ["12.500"]), ("12.5", ("KWD",), ["12.5"]),
        ("12.500 ريال", ("OMR", "SAR"), ["12.500"]), ("12.500 ريال", ("SAR", "OMR"), ["12500"]),
        ("12,500", ("TND",), ["12.500"]), ("12,500", ("KWD",), ["12500"]), ("1,250.500", ("BHD",), ["1250.500"]),
        ("12.500", ("EUR",), ["12500", "12.500"]), ("12.500", ("COP",), ["12500", "12.500"]),
        ("12.500", ("USD", "KWD"), ["12500", "12.500"]), ("12.500", (), ["12500", "12.500"]),
    ],
)  # fmt: skip
def test_three_digits_behind_a_point_are_decimals_where_the_currency_has_three(
    written: str, likely: tuple[str, ...], amounts: list[str]
) -> None:
    found = [money.amount for money in read_marked_up(written, likely)]
    assert found == [Decimal(amount) for amount in amounts]


def offered(code: str) -> str:
    offer = f'{{"price":"12.500","priceCurrency":"{code}"}}'
    product = f'{{"@type":"Product","name":"Halden Kettle","offers":{offer}}}'
    return f'<script type="application/ld+json">{product}</script>'


@pytest.mark.parametrize(
    ("code", "price"),
    [("KWD", "12.5"), ("BHD", "12.5"), ("OMR", "12.5"), ("JOD", "12.5"), ("TND", "12.5"),
     ("EUR", "12500"), ("COP", "12500"), ("IDR", "12500"), ("USD", "12500")],
)  # fmt: skip
def test_markup_and_page_agree_on_what_a_currencys_decimals_are(code: str, price: str) -> None:
    shows = f"<p class=price>{code} 12.500</p><img src=/kettle.jpg><button>Add to cart</button>"
    number = "<p class=price>12.500</p>"
    for body in (offered(code), shows, offered(code) + shows, offered(code) + number):
        page = f"<title>Halden Kettle</title><h1>Halden Kettle</h1>{body}"
        product = parse_product(page.encode(), "https://shop.example/p/kettle")
        assert (product.price, product.currency) == (Decimal(price), code), body


@pytest.mark.parametrize(
    ("url", "language", "sign", "code"),
    [
        ("https://shop.cl/p", "es", "$", "CLP"), ("https://shop.com.au/p", "en", "$", "AUD"),
        ("https://shop.com/en-ca/p", "en", "$", "CAD"), ("https://shop.com/p", "en-NZ", "$", "NZD"),
        ("https://shop.com/p", "en", "$", "USD"), ("https://shop.dk/p", "da", "kr", "DKK"),
        ("https://shop.no/p", "nb", "kr", "NOK"), ("https://shop.com/p", "zh", "¥", "CNY"),
        ("https://shop.com.pk/p", "en", "rs", "PKR"), ("https://shop.io/p", "en", "$", "USD"),
    ],
)  # fmt: skip
def test_a_sign_that_countries_share_is_that_of_the_page(
    url: str, language: str, sign: str, code: str
) -> None:
    document = read_document(f'<html lang="{language}"><p>x</p>'.encode(), url)
    assert currency_of(sign, likely_currencies(document, {}, [])) == code


def test_the_country_is_told_by_address_before_language() -> None:
    assert territories("https://shop.at/p", ["de-DE"])[0] == "AT"
    assert territories("https://shop.tv/p", ["de-CH"])[0] == "CH"


def shown(html: str, likely: tuple[str, ...] = ("EUR",)) -> list[ShownPrice]:
    page = f"<html><title>Halden Kettle</title><body><h1>Halden Kettle</h1>{html}</body></html>"
    document = read_document(page.encode(), "https://shop.example/p/kettle")
    outline = Outline(document.tree)
    heading = main_heading(outline, read_titles(document))
    part = heading[0] if heading else None
    outline.mark_elsewhere(part)
    return shown_prices(outline, part, likely)


def best(html: str, likely: tuple[str, ...] = ("EUR",)) -> str | None:
    prices = [price for price in shown(html, likely) if price.counts]
    return str(prices[0].amount) if prices else None


@pytest.mark.parametrize(
    "html",
    [
        "<p class=price>49,90 €</p>",
        "<p class=price><del>59,90 €</del> 49,90 €</p>",
        "<p class=price><del>59,90 €</del> <ins>49,90 €</ins></p>",
        "<p>Was 59,90 € Now 49,90 €</p>",
        "<span class=old-price>59,90 €</span><span class=price>49,90 €</span>",
        "<div class=price><span>59,90 €</span> -17% <span>49,90 €</span></div>",
        "<p class=price>49<sup>90</sup> €</p>",
        "<p class=price><span>€</span><span>49</span><span class=cents>90</span></p>",
        "<p class=price><span>49</span><span>,</span><span>90</span> €</p>",
        "<p class=price>49,90 €</p><p>109,80 € / kg</p>",
        "<p class=price>41,93 € excl. VAT</p><p class=price>49,90 € incl. VAT</p>",
        "<p class=price>49,90 €</p><p>or 4 payments of 12,48 €</p>",
        "<p class=price>49,90 €</p><p>Free delivery over 20,00 €</p>",
        "<p class=price>49,90 €</p><p>Members: 44,90 €</p>",
        "<p class=price>49,90 €</p><p class=price>Engraving (+15,00 €)</p>",
        "<p class=price>49,90 €</p><h2>You may also like</h2><p class=price>12,00 €</p>",
        "<aside><p class=price>12,00 €</p></aside><p class=price>49,90 €</p>",
        "<p class=price>49,90&nbsp;€49,90&nbsp;€</p>",
        "<p>49,90 €</p><ul><li class=card><a href=/a><img src=a.jpg></a><b class=price>12 €</b>"
        "<li class=card><a href=/b><img src=b.jpg></a><b class=price>13 €</b></ul>",
    ],
)
def test_the_price_that_one_pays_is_told_from_those_around_it(html: str) -> None:
    assert best(html) == "49.90"


def test_what_delivery_costs_stands_behind_the_price_however_it_is_set() -> None:
    html = "<p class=price>Delivery 4,90 €</p><p>49,90 €</p>"
    assert [str(price.amount) for price in shown(html)] == ["49.90", "4.90"]


def test_thousands_in_an_element_of_their_own_belong_to_the_number() -> None:
    assert best("<p class=price><span>1</span><span>249</span> kr</p>", ("SEK",)) == "1249"


def test_a_number_in_one_element_does_not_run_into_the_next() -> None:
    assert best("<div><a href=#>Kettle M-2</a> <b>150,00 €</b></div>") == "150.00"


def test_feet_and_kilometres_are_money_only_where_they_are() -> None:
    assert best("<p class=price>30 ft</p>") is None
    assert best("<p class=price>2990 Ft</p>", ("HUF",)) == "2990"


def test_of_a_heading_of_thousands_of_parts_the_first_are_read_for_prices() -> None:
    read = [price.amount for price in shown(f"<h1>{'<b>x</b> 5 € ' * 3_000}</h1>")]
    assert 0 < len(read) <= 200


def test_what_stands_before_a_price_in_a_heading_is_told_however_long_it_is() -> None:
    parts = "<b>Halden Kettle in blue</b> " * 20
    [price] = shown(f"<h1>{parts}<i>Was</i> 59,90 €</h1>")
    assert price.is_former


def test_dinars_are_money_only_where_they_are() -> None:
    assert best("<p class=price>12.500 KD</p>") is None
    assert best("<p class=price>12.500 KD</p>", ("KWD",)) == "12.500"
