"""What a page's address and its scripts decide where names and markup leave it open."""

import json
from collections.abc import Mapping
from decimal import Decimal

from catalog.parse import parse_product
from catalog.product import ScrapedProduct

SHOP = "https://shop.example"
ADDRESS = f"{SHOP}/kettles/norrland?variant=2"
FRONT = f"{SHOP}/pictures/norrland-front.jpg"


def read(
    *described: Mapping[str, object], body: str = "<h1>Norrland kettle</h1>"
) -> ScrapedProduct:
    blocks = "".join(
        f'<script type="application/ld+json">{json.dumps(each)}</script>' for each in described
    )
    return parse_product(f"<html lang=en><head>{blocks}</head>{body}".encode(), ADDRESS)


def kettle(**more: object) -> dict[str, object]:
    return {"@type": "Product", "name": "Norrland kettle", "image": FRONT} | more


def offer(price: str, url: str) -> dict[str, str]:
    return {"@type": "Offer", "price": price, "priceCurrency": "EUR", "url": url}


def test_the_offer_that_the_address_names_gives_the_price() -> None:
    prices = enumerate(("19.00", "29.00", "39.00"), 1)
    offers = [offer(price, f"{SHOP}/kettles/norrland?variant={number}") for number, price in prices]
    assert read(kettle(offers=offers)).price == Decimal("29.00")


def test_of_two_products_of_one_name_the_one_at_the_address_is_the_page_s_own() -> None:
    other = kettle(url=f"{SHOP}/kettles/norrland-refurbished", offers=offer("19.00", ""))
    own = kettle(url=f"{SHOP}/kettles/norrland", offers=offer("29.00", ""))
    assert read(other, own).price == Decimal("29.00")


def test_a_list_in_a_script_gives_the_pictures_beside_the_main_one() -> None:
    names = ("norrland-front", "norrland-side", "norrland-lid")
    listed = [f"{SHOP}/pictures/{name}.jpg" for name in names]
    beside = [f"{SHOP}/pictures/pan.jpg"]
    script = f"<script>gallery({json.dumps(listed)}); related({json.dumps(beside)})</script>"
    product = read(kettle(), body=f"<h1>Norrland kettle</h1>{script}")
    assert product.image_urls == tuple(listed)
