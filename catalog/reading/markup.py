"""What a page says of its product in markup: schema.org in three syntaxes, and meta tags."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from extruct.rdfa import RDFaExtractor
from lxml.html import HtmlElement

from catalog.reading.candidate import Candidate
from catalog.reading.document import Document
from catalog.reading.items import text_of
from catalog.reading.json_ld import MAX_DEPTH, Node
from catalog.reading.microdata import microdata_items
from catalog.reading.references import References
from catalog.reading.schema_org import products

_RDFA_PRODUCT = re.compile(r"typeof\s*=\s*[\"'][^\"']*(Product|Offer|Vehicle|Book)\b", re.I)
_PRODUCT_TYPE = re.compile(r"product(?!\.group|s\b)", re.I)
_MOST_VALUES = 60
_LONGEST_CONTENT = 20_000
_LONGEST_RDFA = 1_500_000


def candidates(document: Document, nodes: Sequence[Node]) -> dict[str, list[Candidate]]:
    """Per syntax the products that the page describes in it, the most reliable syntax first.

    Args:
        document: the page.
        nodes: its JSON-LD.
    """
    return {
        "json-ld": products(nodes, "json-ld", document.url),
        "microdata": products(microdata_items(document), "microdata", document.url),
        "rdfa": products(_rdfa(document), "rdfa", document.url),
        "opengraph": list(_meta_tags(document.tree)),
    }


def _rdfa(document: Document) -> list[Any]:
    if len(document.html) > _LONGEST_RDFA or not _RDFA_PRODUCT.search(document.html):
        return []
    try:
        nodes = RDFaExtractor().extract(document.html, base_url=document.base)
    except Exception:  # pyRdfa and rdflib raise many kinds of error on what pages hold
        return []
    return _joined(_in_page_order(nodes, document.html))


def _in_page_order(nodes: list[Any], html: str) -> list[Any]:
    """The values of each property in the order in which the page writes them."""

    def place(value: Any) -> int:
        if isinstance(value, Mapping):
            value = value.get("@id", value.get("@value"))
        text = str(value)
        found = html.find(text.rsplit("/", 1)[-1] or text)
        return found if found >= 0 else len(html)

    return [
        {
            key: sorted(values, key=place) if isinstance(values, list) else values
            for key, values in node.items()
        }
        for node in nodes
    ]


def _joined(items: list[Mapping[str, Any]]) -> list[Any]:
    """RDFa arrives as a flat list of nodes that name each other.

    Of nodes that name each other in a circle, the first is told with the others in it.
    """
    references = References({item["@id"]: item for item in items if "@id" in item})
    names = {item.get("@id") for item in items}
    inner: set[str] = set()

    def joined(value: Any, depth: int, around: frozenset[str]) -> Any:
        if isinstance(value, list):
            return [joined(entry, depth, around) for entry in value]
        if not isinstance(value, Mapping) or depth > MAX_DEPTH:
            return value
        if "@value" in value:
            return value["@value"]
        name = value.get("@id", "")
        if depth and set(value) == {"@id"}:
            if name not in names:
                return name
            if (node := references.read(name, around)) is not None:
                inner.add(name)
                value = node
        around |= {name}
        return {
            key: entry if key in ("@id", "@type") else joined(entry, depth + 1, around)
            for key, entry in value.items()
        }

    found: list[tuple[str, Any]] = []
    for item in items:
        name = item.get("@id", "")
        if name not in inner:
            found.append((name, joined(item, 0, frozenset())))
    return [whole for name, whole in found if name not in inner]


def meta_tags(tree: HtmlElement) -> dict[str, list[str]]:
    """The contents of `<meta>` by property or name in lower case, in page order."""
    tags: dict[str, list[str]] = {}
    for tag in tree.iter("meta"):
        content = text_of((tag.get("content") or "")[:_LONGEST_CONTENT])
        for attribute in ("property", "name", "itemprop"):
            name = (tag.get(attribute) or "").strip().lower()
            if content and name:
                values = tags.setdefault(name, [])
                if len(values) < _MOST_VALUES:
                    values.append(content)
                break
    return tags


def _meta_tags(tree: HtmlElement) -> Iterator[Candidate]:
    tags = meta_tags(tree)

    def first(*names: str) -> str | None:
        return next((tags[name][0] for name in names if name in tags), None)

    def every(*names: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for name in names for value in tags.get(name, [])))

    labelled = {
        (first(f"twitter:label{number}") or "").lower(): first(f"twitter:data{number}")
        for number in (1, 2)
    }
    prices = every(
        "product:sale_price:amount", "product:price:amount", "og:price:amount", "product:price",
        "og:price", "product:sale_price", "twitter:price", "gr:hascurrencyvalue",
    ) + tuple(value for label, value in labelled.items() if value and "price" in label)  # fmt: skip
    yield Candidate(
        read_from="opengraph",
        title=first("og:title", "twitter:title"),
        description=first("og:description", "twitter:description"),
        brand=first("product:brand", "og:brand") or labelled.get("brand"),
        category=first("product:category", "og:category"),
        prices=prices,
        list_prices=every("product:original_price:amount", "og:price:standard_amount"),
        currency=first(
            "product:sale_price:currency", "product:price:currency", "og:price:currency",
            "product:currency", "og:currency",
        ),
        availability=first("product:availability", "og:availability"),
        images=every(
            "og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src",
            "twitter:image0", "thumbnail",
        ),
        has_offer=bool(prices) or bool(_PRODUCT_TYPE.search(first("og:type") or "")),
    )  # fmt: skip
