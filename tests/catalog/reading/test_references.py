"""Nodes that name each other are read where they are named, and never without end."""

import json
from typing import Any

import pytest
from lxml.html import document_fromstring

from catalog.reading.document import read_document
from catalog.reading.json_ld import json_ld_nodes
from catalog.reading.markup import candidates
from catalog.reading.references import References

URL = "https://shop.example/p/kettle"
MOST = 150_000


def size(value: Any) -> int:
    """How many values a value holds, itself among them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(size(entry) for entry in inner)


def read(*nodes: Any) -> list[Any]:
    page = f'<script type="application/ld+json">{json.dumps(nodes)}</script>'
    return list(json_ld_nodes(document_fromstring(f"<html><head>{page}</head></html>")))


def kettle(**more: Any) -> dict[str, Any]:
    return {"@id": "kettle", "@type": "Product", "name": "Kettle"} | more


def named(name: str) -> dict[str, str]:
    return {"@id": name}


def test_a_node_within_itself_stays_a_name() -> None:
    [found] = read(kettle(isVariantOf=named("kettle"), offers={"itemOffered": named("kettle")}))
    assert found["isVariantOf"] == named("kettle")
    assert found["offers"]["itemOffered"] == named("kettle")


def test_two_nodes_that_name_each_other_each_hold_the_other_once() -> None:
    offer = {"@id": "offer", "price": "5", "itemOffered": named("kettle")}
    first, second = read(kettle(offers=named("offer")), offer)
    assert first["offers"] == offer
    assert second["itemOffered"] == kettle(offers=named("offer"))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "nodes",
    [
        [kettle(**{f"a{number}": named("kettle") for number in range(30)})],
        [kettle(a=[named("kettle")] * 800)],
        [{"@id": str(one), **{f"a{other}": named(str(other)) for other in range(40)}}
         for one in range(40)],
    ],
    ids=["to itself", "a list to itself", "all to all"],
)  # fmt: skip
def test_names_within_what_they_name_do_not_multiply(nodes: list[Any]) -> None:
    assert size(read(*nodes)) < MOST


def test_a_long_text_is_not_put_in_place_of_a_name_thousands_of_times() -> None:
    text = {"@id": "text", "@value": "Kettle " * 5_000}
    _, found = read(text, kettle(a=[named("text")] * 5_000))
    assert 0 < found["a"].count(text) < 200
    assert found["a"][-1] == named("text")


def test_a_node_is_read_in_place_of_its_name_until_enough_was_read() -> None:
    references = References({"long": {"a": ["b"] * 30_000}, "short": {"a": "b"}})
    read_of = [references.read("long", frozenset()) is not None for _ in range(5)]
    assert read_of == [True, True, True, False, False]
    assert references.read("short", frozenset()) == {"a": "b"}
    assert references.read("short", frozenset({"short"})) is None
    assert references.read("unknown", frozenset()) is None


def rdfa(body: str) -> list[Any]:
    page = f'<div prefix="s: http://schema.org/">{body}</div>'
    return candidates(read_document(page.encode(), URL), [])["rdfa"]


def offers(count: int, price: str = "5.00") -> str:
    return "".join(
        f'<div rel="s:offers"><div typeof="s:Offer" resource="#o{number}">'
        f'<b property="s:price" content="{price}"></b><link property="s:itemOffered" href="#k">'
        "</div></div>"
        for number in range(count)
    )


PRODUCT = '<div typeof="s:Product" resource="#k"><b property="s:name">Kettle</b>'


def test_a_product_and_an_offer_that_name_each_other_are_read() -> None:
    [product] = rdfa(f"{PRODUCT}{offers(1)}</div>")
    assert (product.title, product.prices) == ("Kettle", ("5.00",))


def test_an_offer_that_is_told_before_its_product_is_read() -> None:
    offer = (
        '<div typeof="s:Offer" resource="#o"><b property="s:price" content="5.00"></b>'
        '<link property="s:itemOffered" href="#k"></div>'
    )
    [product] = rdfa(f'{offer}{PRODUCT}<link property="s:offers" href="#o"></div>')
    assert (product.title, product.prices) == ("Kettle", ("5.00",))


@pytest.mark.timeout(60)
def test_many_offers_that_name_their_product_are_read_once_each() -> None:
    [product] = rdfa(f"{PRODUCT}{offers(12)}</div>")
    assert (product.title, product.prices) == ("Kettle", ("5.00",))
    assert len(product.urls) < 100


@pytest.mark.timeout(60)
def test_links_of_a_node_to_itself_end() -> None:
    links = "".join(f'<link property="s:a{number}" href="#k">' for number in range(6))
    [product] = rdfa(f"{PRODUCT}{links}</div>")
    assert product.title == "Kettle"
