"""Addresses of pictures as tags keep them, and which may be a product's."""

import pytest

from catalog.parse import parse_product
from catalog.reading.picture_addresses import is_picture_address, read_srcset
from catalog.reading.picture_keys import picture_key

HOST = "https://shop.example"


@pytest.mark.parametrize(
    ("written", "entries"),
    [
        ("a.jpg", [(0.0, "a.jpg")]), ("a.jpg 640w, b.jpg 2x", [(640.0, "a.jpg"), (2.0, "b.jpg")]),
        ("a.jpg, b.jpg 1.5x", [(0.0, "a.jpg"), (1.5, "b.jpg")]), (" ,, a.jpg,", [(0.0, "a.jpg")]),
        ("a.jpg 1x,b.jpg 2x", [(1.0, "a.jpg"), (2.0, "b.jpg")]), ("c_1,w_2/a.jpg 3w", [(3.0, "c_1,w_2/a.jpg")]),
        ("a.jpg 640w 480h, b.jpg", [(640.0, "a.jpg"), (0.0, "b.jpg")]), ("", []), (" , ", []),
        ("a.jpg .x, b.jpg .5x", [(0.0, "a.jpg"), (0.5, "b.jpg")]), ("a.jpg 1.5.2x", [(0.0, "a.jpg")]),
        ("a.jpg 1x b.jpg 2x", [(2.0, "b.jpg")]),
    ],
)  # fmt: skip
def test_a_set_is_read_entry_by_entry(written: str, entries: list[tuple[float, str]]) -> None:
    assert list(read_srcset(written)) == entries


def test_an_address_of_no_usual_length_is_no_picture() -> None:
    assert is_picture_address(f"{HOST}/{'a' * 8_000}.jpg")
    assert not is_picture_address(f"{HOST}/{'a' * 9_000}.jpg")
    assert not is_picture_address(f"https://{'shop.' * 60}example/a.jpg")


def test_a_picture_of_the_markup_with_such_an_address_is_not_the_products() -> None:
    product = f'{{"@type":"Product","name":"Kettle","image":["/{"a" * 9_000}.jpg","/b.jpg"]}}'
    page = f'<script type="application/ld+json">{product}</script><h1>Kettle</h1>'
    assert parse_product(page.encode(), f"{HOST}/p/kettle").image_urls == (f"{HOST}/b.jpg",)


def test_a_size_in_front_of_a_name_is_no_part_of_it() -> None:
    assert picture_key(f"{HOST}/il_1588xN.2988110.jpg") == picture_key(
        f"{HOST}/il_340x270.2988110.jpg"
    )
