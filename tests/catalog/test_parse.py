"""Parsing, from pages written here after what shops do; each says what it stands for."""

from decimal import Decimal

import pytest

from catalog.errors import BotWall, NotAProductPage
from catalog.parse import parse_product

URL = "https://shop.example/de/kettle?x=1"

JSON_LD = """<html lang="en-GB"><script type="application/ld+json">{"@context": "https://schema.org",
 "@type": "Product", "name": "Halden Kettle", "description": "Pours <b>slowly</b> &amp; well.",
 "brand": {"@type": "Brand", "name": "Norrland"}, "image": ["/a.jpg", "//cdn.example/b.jpg"],
 "offers": {"@type": "Offer", "price": "1299.00", "priceCurrency": "gbp",
 "availability": "https://schema.org/InStock"}}</script></html>"""

GRAPH_BEHIND_A_BROKEN_BLOCK = """<script type="application/ld+json">{"@type": "Product", broken</script>
<script type="application/ld+json">{"@graph": [{"@type": "BreadcrumbList", "itemListElement":
 [{"@type": "Product", "name": "Another"}]}, {"@type": ["Product", "Thing"], "name": "Halden Kettle",
 "image": {"@type": "ImageObject", "url": "a.jpg"}, "offers": [{"@type": "AggregateOffer",
 "lowPrice": 49.9, "priceCurrency": "EUR"}]}]}</script>"""

VARIANTS = """<script type="application/ld+json">{"@type": "ProductGroup", "name": "Halden Kettle",
 "hasVariant": [{"@type": "Product", "name": "Halden Kettle, green", "image": "https://c.example/g.jpg",
 "offers": {"price": 59, "priceCurrency": "EUR"}}]}</script>"""

MICRODATA = """<base href="https://img.example/x/"><div itemscope itemtype="http://schema.org/Product">
 <h1 itemprop="name">Halden Kettle</h1><img itemprop="image" src="a.jpg">
 <div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><span itemprop="price">
 1.299,00 €</span></div></div>"""

RDFA = """<div vocab="https://schema.org/" typeof="Product"><span property="name">Halden Kettle</span>
 <img property="image" src="https://c.example/a.jpg"><div property="offers" typeof="Offer">
 <meta property="priceCurrency" content="SEK"><span property="price" content="449">449:-</span></div>
 <div property="brand" typeof="Brand"><span property="name">Norrland</span></div></div>"""

OPENGRAPH = """<meta property="og:type" content="product"><meta property="og:title" content="Halden Kettle">
 <meta property="og:image" content="https://c.example/a.jpg">
 <meta property="product:price:amount" content="49,90"><meta property="product:price:currency"
 content="EUR">"""

PLAIN = """<h1>Halden Kettle</h1><img src="/logo.png" alt="logo"><div class="product-price">$1,299</div>
 <img data-src="/a-800.jpg" src="data:image/gif;base64,R0lGOD"><img srcset="/b-400.jpg 400w,
 /b-1600.jpg 1600w" src="/b-400.jpg"><aside class="related"><img src="/other.jpg">
 <span class="price">$5</span></aside>"""


@pytest.mark.parametrize(
    ("page", "price", "currency", "first_image", "read_from"),
    [
        (JSON_LD, "1299.00", "GBP", "https://shop.example/a.jpg", "json-ld"),
        (GRAPH_BEHIND_A_BROKEN_BLOCK, "49.9", "EUR", "https://shop.example/de/a.jpg", "json-ld"),
        (VARIANTS, "59", "EUR", "https://c.example/g.jpg", "json-ld"),
        (MICRODATA, "1299.00", "EUR", "https://img.example/x/a.jpg", "microdata"),
        (RDFA, "449", "SEK", "https://c.example/a.jpg", "rdfa"),
        (OPENGRAPH, "49.90", "EUR", "https://c.example/a.jpg", "opengraph"),
        (PLAIN, "1299", "USD", "https://shop.example/a-800.jpg", "html"),
    ],
    ids=["json-ld", "graph", "variants", "microdata", "rdfa", "opengraph", "plain"],
)
def test_each_markup_is_read(
    page: str, price: str, currency: str, first_image: str, read_from: str
) -> None:
    product = parse_product(page.encode(), URL)
    assert product.title == "Halden Kettle"
    assert (product.price, product.currency) == (Decimal(price), currency)
    assert product.image_urls[0] == first_image
    assert product.read_from["title"] == read_from


def test_text_is_free_of_tags_and_entities() -> None:
    assert parse_product(JSON_LD.encode(), URL).description == "Pours slowly & well."


def test_brand_availability_and_language_are_read() -> None:
    product = parse_product(JSON_LD.encode(), URL)
    assert (product.brand, product.availability) == ("Norrland", "in_stock")
    assert product.locale == "en-GB"


def test_a_plain_page_gives_its_largest_pictures_and_no_decoration() -> None:
    assert parse_product(PLAIN.encode(), URL).image_urls == (
        "https://shop.example/a-800.jpg",
        "https://shop.example/b-1600.jpg",
    )


def test_a_page_without_a_price_has_none() -> None:
    page = (
        '<script type="application/ld+json">{"@type":"Product","name":"K","image":"a.jpg"}</script>'
    )
    product = parse_product(page.encode(), URL)
    assert (product.price, product.currency) == (None, None)


@pytest.mark.parametrize(
    "page",
    [
        "<title>Just a moment...</title><p>Checking your browser before you proceed",
        "<title>Robot Check</title><form></form>",
        "<title>shop.example</title><p>Please verify you are human to continue.",
    ],
)
def test_a_bot_wall_is_told_as_one(page: str) -> None:
    with pytest.raises(BotWall, match="check for robots"):
        parse_product(page.encode(), URL)


@pytest.mark.parametrize(
    "page", ["", "   ", "<p>About us</p>", "<h1>News</h1><p>Nothing to buy</p>"]
)
def test_a_page_without_a_product_is_no_product(page: str) -> None:
    with pytest.raises(NotAProductPage):
        parse_product(page.encode(), URL)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 20_000,
        '<script type="application/ld+json">' + '[{"a":' * 3000,
        "\x00<h1>\x00</h1>",
    ],
    ids=["deep", "deep json", "nul"],
)
def test_hostile_pages_end_in_a_named_error(page: str) -> None:
    with pytest.raises(NotAProductPage):
        parse_product(page.encode(), URL)


@pytest.mark.parametrize(
    "title",
    [
        "Maintenance kit for LaserJet", "Wartungsset Hochdruckreiniger", "Cablu de conectare HDMI",
        "Panier en osier rond", "Basket Rattan, large", "Košík proutěný", "Oops! Brettspiel",
        "Thank You For Being My Teacher Mug", "Un momento di pausa, tisana", "Kasse aus Metall",
        "Grazie per tutto, biglietto", "Reference #4512 steel bolt", "Kit de mantenimiento Brother",
        "Carrello portavivande inox", "Search for Life, a novel", "Входная дверь Прометей",
        "Security check tag holder", "Cookie jar with lid", "404 Blend Coffee 250 g",
    ],
)  # fmt: skip
def test_a_product_may_be_called_what_other_pages_are(title: str) -> None:
    page = f"""<title>{title} | Nordshop</title><form><input type=text name=q></form><h1>{title}</h1>
     <img src=/i/{title[:4]}-big.jpg alt="{title}"><p class=price>49,90 €</p>
     <button>Add to cart</button><p>{"Sturdy, and well made. " * 60}"""
    product = parse_product(page.encode(), "https://shop.example/bag/p-12")
    assert (product.title, product.price) == (title, Decimal("49.90"))
