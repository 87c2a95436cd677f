"""The demo shop: ten pages that a parser can read, each in its own way, and what surrounds them."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image

from catalog.errors import BotWall
from catalog.parse import parse_product
from demo import pictures
from demo import shop as shop_module
from demo.drawings import draw_product
from demo.pictures import PictureCache
from demo.products import MISLEADING, PRODUCTS, DemoProduct
from demo.shop import Answer, Shop

READ_FROM = {
    "json_ld": "json-ld", "json_ld_graph": "json-ld", "json_ld_variants": "json-ld",
    "json_ld_broken": "json-ld", "json_ld_french": "json-ld", "microdata": "microdata",
    "microdata_german": "microdata", "rdfa": "rdfa", "opengraph": "opengraph", "plain": "html",
}  # fmt: skip


@pytest.fixture
def small_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SIZE", 120)


@pytest.fixture
def open_shop(tmp_path: Path, small_drawings: None) -> Iterator[Shop]:
    with Shop(tmp_path) as opened:
        yield opened


def page_of(shop: Shop, product: DemoProduct) -> requests.Response:
    return requests.get(shop.product_urls[PRODUCTS.index(product)], timeout=10)


def test_a_visitor_who_hangs_up_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked, hung_up, answered = threading.Event(), threading.Event(), threading.Event()

    def slow_answer(shop: Shop, path: str) -> Answer:
        asked.set()
        hung_up.wait(10)
        return Answer(b"x" * 20_000_000)

    handled = shop_module._Server.handle_error

    def handle_error(server: shop_module._Server, *where: object) -> None:
        handled(server, *where)
        answered.set()

    monkeypatch.setattr(Shop, "answer", slow_answer)
    monkeypatch.setattr(shop_module._Server, "handle_error", handle_error)
    with Shop(tmp_path) as opened:
        host, port = urlsplit(opened.url).netloc.split(":")
        with socket.create_connection((host, int(port))) as visitor:
            visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
            assert asked.wait(10)
        hung_up.set()
        assert answered.wait(10)
    assert capfd.readouterr().err == ""


def test_ten_products_are_described_in_ten_ways() -> None:
    assert len(PRODUCTS) == 10
    assert {product.markup for product in PRODUCTS} == set(READ_FROM)
    assert len({product.kind for product in PRODUCTS}) == 10
    assert sum(product.rating is not None for product in PRODUCTS) == 1


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.markup)
def test_a_page_reads_as_its_product(open_shop: Shop, product: DemoProduct) -> None:
    response = page_of(open_shop, product)
    assert response.status_code == 200
    read = parse_product(response.content, response.url, response.headers["Content-Type"])
    assert (read.title, read.price, read.currency) == (
        product.title, product.price, product.currency
    )  # fmt: skip
    assert read.description == product.description
    assert read.read_from["price"] == READ_FROM[product.markup]
    assert set(open_shop.picture_urls(product)) <= set(read.image_urls)
    assert read.image_urls[0] == open_shop.picture_urls(product)[0]
    if product.markup != "plain":
        assert read.brand == product.brand
        assert read.availability == "in_stock"


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.slug)
def test_a_description_begins_with_a_headline(product: DemoProduct) -> None:
    headline, _, rest = product.description.partition(". ")
    assert len(headline) + 1 <= 28
    assert 1 <= rest.count(". ") + 1 <= 3
    assert 3 <= len(product.views) <= 4


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.slug)
def test_a_page_carries_decoys_and_other_products(open_shop: Shop, product: DemoProduct) -> None:
    text = page_of(open_shop, product).text
    for decoy in ("logo", "payment-badges", "size-chart"):
        assert f"/media/shop/{decoy}.jpg" in text
    others = [other for other in PRODUCTS if other != product]
    assert sum(f"/media/{other.slug}/front-300.jpg" in text for other in others) == 3


def test_some_pages_count_a_decoy_among_their_own_pictures(open_shop: Shop) -> None:
    misled = [product for product in PRODUCTS if product.extra_pictures]
    assert misled
    for product in misled:
        response = page_of(open_shop, product)
        read = parse_product(response.content, response.url)
        foreign = set(read.image_urls) - set(open_shop.picture_urls(product))
        assert len(foreign) == len(product.extra_pictures)
        assert set(product.extra_pictures) <= set(MISLEADING)


def test_every_picture_of_a_page_is_a_jpeg_of_the_told_size(open_shop: Shop) -> None:
    product = PRODUCTS[0]
    response = page_of(open_shop, product)
    for url in parse_product(response.content, response.url).image_urls:
        answer = requests.get(url, timeout=30)
        assert answer.headers["Content-Type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.format == "JPEG"
            if url in open_shop.picture_urls(product):
                assert picture.size == (120, 120)
    thumbnail = requests.get(
        open_shop.picture_urls(product)[0].replace(".jpg", "-300.jpg"), timeout=30
    )
    assert Image.open(io.BytesIO(thumbnail.content)).size == (300, 300)


def test_pictures_are_as_large_as_a_shop_shows_them() -> None:
    assert 1000 <= pictures.SIZE <= 1200


def test_a_gone_page_and_a_bot_wall(open_shop: Shop) -> None:
    assert requests.get(open_shop.gone_url, timeout=10).status_code == 410
    wall = requests.get(open_shop.bot_wall_url, timeout=10)
    assert wall.status_code == 200
    with pytest.raises(BotWall):
        parse_product(wall.content, wall.url)


def test_the_front_page_leads_to_every_product(open_shop: Shop) -> None:
    text = requests.get(open_shop.url, timeout=10).text
    for url in open_shop.product_urls:
        assert f'href="{url.removeprefix(open_shop.url.rstrip("/"))}"' in text
    robots = requests.get(open_shop.url + "robots.txt", timeout=10)
    assert robots.text.startswith("User-agent: *")


@pytest.mark.parametrize(
    "path",
    [
        "nowhere", "products/unknown", "media/shop/coupon.jpg", "media/unknown/front.jpg",
        "media/halden-pour-over-kettle/back.jpg", "media/halden-pour-over-kettle/front-301.jpg",
        "media/..%2f..%2fsettings.py",
    ],
)  # fmt: skip
def test_anything_else_is_not_found(open_shop: Shop, path: str) -> None:
    assert requests.get(open_shop.url + path, timeout=10).status_code == 404


def test_a_second_start_draws_nothing_again(
    tmp_path: Path, small_drawings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{PRODUCTS[0].slug}/front.jpg"
    drawn = PictureCache(tmp_path).find(path)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a kept picture was drawn again")

    monkeypatch.setattr(pictures, "draw_product", refuse)
    assert PictureCache(tmp_path).find(path) == drawn is not None


def test_requests_that_come_together_draw_a_picture_once(
    tmp_path: Path, small_drawings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def counted(kind: str, color: str, **options: object) -> Image.Image:
        drawn.append(kind)
        return draw_product(kind, color, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures, "draw_product", counted)
    cache = PictureCache(tmp_path)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(cache.find, [f"{PRODUCTS[0].slug}/room.jpg"] * 6))
    assert drawn == [PRODUCTS[0].kind]
    assert len(set(found)) == 1


def test_a_changed_drawing_is_not_served_from_before(
    tmp_path: Path, small_drawings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{PRODUCTS[0].slug}/front.jpg"
    before = PictureCache(tmp_path).find(path)
    monkeypatch.setattr(pictures, "_version", lambda: "another")
    monkeypatch.setattr(pictures, "draw_product", lambda *_, **__: Image.new("RGB", (9, 9)))
    assert PictureCache(tmp_path).find(path) != before


def test_a_closed_shop_answers_no_more(tmp_path: Path) -> None:
    with Shop(tmp_path) as opened:
        address = opened.url
        assert requests.get(address, timeout=10).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)
