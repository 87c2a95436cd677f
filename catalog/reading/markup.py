"""What a page says of its product in markup: schema.org in three syntaxes, and meta tags."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from extruct.rdfa import RDFaExtractor
from extruct.w3cmicrodata import MicrodataExtractor
from lxml.html import HtmlElement

from catalog.reading.candidate import Candidate
from catalog.reading.document import Document
from catalog.reading.items import text_of
from catalog.reading.json_ld import MAX_DEPTH, Node
from catalog.reading.picture_addresses import address_of
from catalog.reading.schema_org import products

_RDFA_PRODUCT = re.compile(r"typeof\s*=\s*[\"'][^\"']*(Product|Offer|Vehicle|Book)\b", re.I)
_PRODUCT_TYPE = re.compile(r"product(?!\.group|s\b)", re.I)
_MOST_VALUES = 60
_LONGEST_CONTENT = 20_000
_MOST_REFERENCES = 50
_LONGEST_RDFA = 1_500_000
_ITEM_PRODUCT = re.compile(r"itemtype\s*=\s*[\"']?[^\"'>]*(product|offer|vehicle|book|car)\b", re.I)


def candidates(document: Document, nodes: Sequence[Node]) -> dict[str, list[Candidate]]:
    """Per syntax the products that the page describes in it, the most reliable syntax first.

    Args:
        document: the page.
        nodes: its JSON-LD.
    """
    return {
        "json-ld": products(nodes, "json-ld", document.url),
        "microdata": products(_microdata(document), "microdata", document.url),
        "rdfa": products(_rdfa(document), "rdfa", document.url),
        "opengraph": list(_meta_tags(document.tree)),
    }


def _microdata(document: Document) -> list[Any]:
    if not _ITEM_PRODUCT.search(document.html):
        return []
    extractor = MicrodataExtractor(add_html_node=True)
    tree = _with_references(document.tree) if "itemref" in document.html else document.tree
    try:
        items = extractor.extract_items(tree, document.base)
    except (ValueError, KeyError, RecursionError, AssertionError):
        return []
    return [_uniform(item) for item in items]


def _with_references(tree: HtmlElement) -> HtmlElement:
    """A copy of a page in which what items refer to by `itemref` stands within them."""
    copied = copy.deepcopy(tree)
    moved: set[str] = set()
    for item in copied.xpath("//*[@itemref]")[:_MOST_REFERENCES]:
        for name in (item.attrib.pop("itemref") or "").split()[:_MOST_REFERENCES]:
            found = copied.xpath("//*[@id=$name]", name=name)
            if found and name not in moved and item not in (found[0], *found[0].iterdescendants()):
                moved.add(name)
                item.append(found[0])
    return copied


def _uniform(item: Any, depth: int = 0) -> Any:
    """A microdata item in the form of JSON-LD, its pictures with their lazy addresses."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(item, list):
        return [_uniform(entry, depth + 1) for entry in item]
    if not isinstance(item, Mapping):
        return item
    node = item.get("htmlNode")
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        return item.get("value")
    uniform = {key: _uniform(entry, depth + 1) for key, entry in properties.items()}
    if node is not None and "image" in uniform:
        uniform["image"] = [*_microdata_images(node), *_listed(uniform["image"])]
    return uniform | {"@type": item.get("type")}


def _microdata_images(node: HtmlElement) -> Iterator[str]:
    for tag in node.iterfind(".//*[@itemprop]"):
        if "image" not in tag.get("itemprop").lower().split() or _scope_of(tag) is not node:
            continue
        if tag.get("itemscope") is not None:
            yield from (address for inner in tag.iter("img") if (address := address_of(inner)))
            continue
        written = tag.get("content") or tag.get("href") or address_of(tag)
        if not written:
            written = next((found for img in tag.iter("img") if (found := address_of(img))), None)
        if written:
            yield written


def _scope_of(tag: HtmlElement) -> HtmlElement | None:
    return next(
        (above for above in tag.iterancestors() if above.get("itemscope") is not None), None
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _rdfa(document: Document) -> list[Any]:
    if len(document.html) > _LONGEST_RDFA or not _RDFA_PRODUCT.search(document.html):
        return []
    try:
        nodes = RDFaExtractor().extract(document.html, base_url=document.base)
    except Exception:  # pyRdfa and rdflib raise many kinds of error on what pages hold
        return []
    return _in_page_order(_joined(nodes), document.html)


def _joined(items: list[Mapping[str, Any]]) -> list[Any]:
    """RDFa arrives as a flat list of nodes that name each other."""
    nodes = {item["@id"]: item for item in items if "@id" in item}
    inner: set[str] = set()

    def joined(value: Any, depth: int = 0) -> Any:
        if isinstance(value, list):
            return [joined(entry, depth) for entry in value]
        if not isinstance(value, Mapping) or depth > MAX_DEPTH:
            return value
        if "@value" in value:
            return value["@value"]
        if set(value) == {"@id"} and value["@id"] not in nodes:
            return value["@id"]
        if depth:
            inner.add(value.get("@id", ""))
        whole = nodes.get(value.get("@id", ""), value)
        return {
            key: entry if key in ("@id", "@type") else joined(entry, depth + 1)
            for key, entry in whole.items()
        }

    found = [(item.get("@id", ""), joined(item)) for item in items]
    return [whole for name, whole in found if name not in inner]


def _in_page_order(items: list[Any], html: str) -> list[Any]:
    """The values of each property in the order in which the page writes them."""

    def place(value: Any) -> int:
        text = str(value.get("@id") if isinstance(value, Mapping) else value)
        found = html.find(text.rsplit("/", 1)[-1] or text)
        return found if found >= 0 else len(html)

    def ordered(value: Any, depth: int = 0) -> Any:
        if isinstance(value, Mapping) and depth <= MAX_DEPTH:
            return {key: ordered(entry, depth + 1) for key, entry in value.items()}
        if isinstance(value, list):
            return sorted((ordered(entry, depth + 1) for entry in value), key=place)
        return value

    return [ordered(item) for item in items]


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
