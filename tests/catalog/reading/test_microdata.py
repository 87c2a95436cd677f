"""Items of a page are read as they stand in each other, where they are few and flat enough."""

from typing import Any

import pytest

from catalog.reading.document import read_document
from catalog.reading.microdata import microdata_items

ITEM = '<div itemscope itemtype="https://schema.org/Product">'


def items(body: str) -> list[Any]:
    return microdata_items(read_document(body.encode(), "https://shop.example/p/kettle"))


def test_what_an_item_refers_to_is_read_as_its_own() -> None:
    page = f"<b id=n itemprop=name>Kettle</b>{ITEM[:-1]} itemref='n'></div>"
    assert [item["name"] for item in items(page)] == ["Kettle"]


def test_no_reference_is_left_to_be_followed_once_more() -> None:
    others = "<p itemref=x></p>" * 300
    page = f"<b id=n itemprop=name>Kettle</b>{others}{ITEM[:-1]} itemref='{'n ' * 50_000}'></div>"
    assert [item["name"] for item in items(page)] == ["Kettle"]


def test_items_that_refer_to_each_other_end() -> None:
    page = f"<p id=a itemscope itemref=b></p><p id=b itemscope itemref=a></p>{ITEM}"
    assert len(items(page)) <= 3


def test_a_page_is_read_whose_properties_hold_others() -> None:
    page = f"{ITEM}<div itemprop=description>Holds <b itemprop=name>Kettle</b></div></div>"
    assert items(page)[0]["name"] == "Kettle"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "page",
    [
        ITEM + "<div itemprop=name>" * 200 + "Kettle " * 100_000,
        ITEM * 200 + "Kettle " * 100_000,
        ITEM + "<div itemscope itemprop=a><div itemprop=b>" * 100 + "Kettle " * 100_000,
        ITEM + "<b itemprop=name>Kettle</b>" * 6_000,
        ITEM + f"<div itemscope itemprop='{'a ' * 2_000}'>" * 3 + "<b itemprop=name>Kettle</b>",
    ],
    ids=["texts in texts", "items in items", "both in turn", "thousands", "of many names"],
)
def test_items_that_would_be_read_over_and_over_are_not_read(page: str) -> None:
    assert items(page) == []


def test_a_page_of_many_small_items_is_read() -> None:
    assert len(items(f"{ITEM}<b itemprop=name>Kettle</b></div>" * 500)) == 500
