from typing import Any

import pytest
from lxml.html import document_fromstring

from catalog.reading.items import breadcrumbs, text_of
from catalog.reading.json_ld import json_ld_nodes, parse_json
from catalog.reading.schema_org import products

URL = "https://shop.example/p/kettle?sku=K2"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Kettle", "price": 5}',
        '\n<!-- {"name": "Kettle", "price": 5} -->',
        '//<![CDATA[\n{"name": "Kettle", "price": 5}\n//]]>',
        '/* shop */ {"name": "Kettle", "price": 5};',
        '{"name": "Kettle", "price": 5,}',
        "{&quot;name&quot;: &quot;Kettle&quot;, &quot;price&quot;: 5}",
        '{"name": "Kettle", "price": 5',
        "{'name': 'Kettle', 'price': 5}",
    ],
    ids=["plain", "comment", "cdata", "wrapped", "comma", "entities", "cut off", "quotes"],
)
def test_json_is_mended_as_pages_break_it(text: str) -> None:
    assert parse_json(text) == {"name": "Kettle", "price": 5}


def test_line_breaks_within_strings_are_read() -> None:
    assert parse_json('{"name": "Kettle\nblue"}') == {"name": "Kettle\nblue"}


@pytest.mark.parametrize("text", ["", "no json", "[" * 50_000, '{"a":' * 50_000])
def test_what_is_no_json_is_nothing(text: str) -> None:
    assert not parse_json(text)


def nodes(*blocks: str) -> list[Any]:
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    return list(json_ld_nodes(document_fromstring(f"<html><head>{scripts}</head></html>")))


def test_a_broken_block_leaves_the_others_readable() -> None:
    found = nodes("no json at all", '{"@type": "Product", "name": "Kettle"}', '{"@type": ')
    assert {"@type": "Product", "name": "Kettle"} in found


def test_graphs_are_opened_and_references_followed() -> None:
    found = nodes(
        '{"@graph": [{"@type": "Product", "name": "Kettle", "offers": {"@id": "#o"}},'
        ' {"@id": "#o", "@type": "Offer", "price": "5.00"}]}'
    )
    [product] = products(found, "json-ld", URL)
    assert (product.title, product.prices) == ("Kettle", ("5.00",))


def test_nodes_that_name_each_other_end() -> None:
    assert nodes('[{"@id": "a", "x": {"@id": "b"}}, {"@id": "b", "x": {"@id": "a"}}]')


OFFERS: list[tuple[Any, tuple[str, ...], tuple[str, ...]]] = [
    ({"price": 5}, ("5",), ()),
    ([{"price": "5"}, {"price": "6"}], ("5", "6"), ()),
    ({"@type": "AggregateOffer", "lowPrice": 5, "highPrice": 9}, ("5", "9"), ()),
    ({"price": "5", "highPrice": "9"}, ("5",), ("9",)),
    ({"offers": [{"price": 5}]}, ("5",), ()),
    ({"priceSpecification": {"price": 5, "priceCurrency": "EUR"}}, ("5",), ()),
    ({"priceSpecification": [{"price": 9, "priceType": "https://schema.org/ListPrice"},
                             {"price": 5}]}, ("5",), ("9",)),
    ({"priceSpecification": [{"price": 1, "referenceQuantity": {"value": 1}}, {"price": 5}]},
     ("5", "1"), ()),
    ({"priceSpecification": [{"price": 4, "validForMemberTier": {"name": "Gold"}}, {"price": 5}]},
     ("5",), ()),
    ([{"price": 9, "availability": "OutOfStock"}, {"price": 5, "availability": "InStock"}],
     ("5", "9"), ()),
    ({"price": {}}, (), ()), ({"price": None}, (), ()), ("5.00", ("5.00",), ()),
]  # fmt: skip


@pytest.mark.parametrize(("offers", "prices", "former"), OFFERS)
def test_prices_are_read_from_every_form_of_offer(
    offers: Any, prices: tuple[str, ...], former: tuple[str, ...]
) -> None:
    [product] = products([{"@type": "Product", "name": "K", "offers": offers}], "json-ld", URL)
    assert (product.prices, product.list_prices) == (prices, former)


@pytest.mark.parametrize(
    "kind",
    ["Product", "product", "https://schema.org/Product", ["Car", "Product"], "http://schema.org/ProductGroup",
     "http://data-vocabulary.org/Product", "http://rdf.data-vocabulary.org/#Product"],
)  # fmt: skip
def test_a_product_is_known_by_all_spellings_of_its_type(kind: Any) -> None:
    [product] = products([{"@type": kind, "name": "Kettle"}], "microdata", URL)
    assert product.title == "Kettle"


def test_neighbours_within_a_product_are_not_products_of_the_page() -> None:
    item = {
        "@type": "Product", "name": "Kettle", "isRelatedTo": {"@type": "Product", "name": "Pan"},
        "review": {"itemReviewed": {"@type": "Product", "name": "Cup"}},
    }  # fmt: skip
    listed = {"@type": "ItemList", "itemListElement": [{"item": {"@type": "Product", "name": "P"}}]}
    assert [each.title for each in products([item, listed], "json-ld", URL)] == ["Kettle"]


def test_the_variant_that_the_address_names_comes_first() -> None:
    def variant(sku: str, price: int) -> dict[str, Any]:
        image = f"https://shop.example/{sku}.jpg"
        return {"@type": "Product", "sku": sku, "image": image, "offers": {"price": price}}

    group = {
        "@type": "ProductGroup",
        "name": "Kettle",
        "hasVariant": [variant("K1", 5), variant("K2", 7)],
    }
    [product] = products([group], "json-ld", URL)
    assert (product.title, product.prices[0]) == ("Kettle", "7")
    assert product.images[0] == "https://shop.example/K2.jpg"


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("a.jpg", ("a.jpg",)), (["a.jpg", None, "b.jpg"], ("a.jpg", "b.jpg")),
        ({"@type": "ImageObject", "url": "a.jpg"}, ("a.jpg",)),
        ([{"contentUrl": "a.jpg"}, {"url": {"@id": "b.jpg"}}], ("a.jpg", "b.jpg")),
        ("{{ product.image }}", ()), ([None], ()), ({}, ()), ("", ()),
    ],
)  # fmt: skip
def test_pictures_are_read_from_every_form(image: Any, found: tuple[str, ...]) -> None:
    [product] = products([{"@type": "Product", "name": "K", "image": image}], "json-ld", URL)
    assert product.images == found


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("  Kettle\n blue ", "Kettle blue"), ("Kettle &amp;amp; Cup", "Kettle & Cup"),
        ("<b>Kettle</b><br>blue", "Kettle blue"), (["", "Kettle"], "Kettle"), (5, "5"),
        ("{{ product.title }}", None), ("[object Object]", None), ("undefined", None), ("null", None),
        (" ", None), ("N/A", None), (True, None), (None, None), ({"@value": "Kettle"}, "Kettle"),
    ],
)  # fmt: skip
def test_text_is_free_of_markup_and_of_what_nobody_filled_in(
    written: Any, text: str | None
) -> None:
    assert text_of(written) == text


def test_breadcrumbs_are_read_in_order() -> None:
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "name": "Home"},
            {"@type": "ListItem", "item": {"@id": "/k", "name": "Kitchen"}},
        ],
    }
    assert breadcrumbs([{"@type": "Organization"}, crumbs]) == ["Home", "Kitchen"]
