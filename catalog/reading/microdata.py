"""Microdata: the items of a page (https://html.spec.whatwg.org/#microdata), within bounds."""

import copy
import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from extruct.w3cmicrodata import MicrodataExtractor
from lxml.html import HtmlElement

from catalog.reading.document import Document
from catalog.reading.json_ld import MAX_DEPTH
from catalog.reading.picture_addresses import address_of

# A run ends where the next attribute may begin, so that no sign of a page is in two runs.
_ITEM_PRODUCT = re.compile(
    r"itemtype\s*+=\s*+[\"']?+[^\"'>=]*(product|offer|vehicle|book|car)\b", re.I
)
_MOST_REFERENCES = 200
_MOST_PROPERTIES = 5_000
_MOST_ITEMS_AROUND = 20
_MOST_TEXTS_AROUND = 6


def microdata_items(document: Document) -> list[Any]:
    """The page's items in the form of JSON-LD, where it describes something that is sold.

    None of a page whose items would take more to read than any shop's: an item and a property
    are read anew for each that they stand in.
    """
    if not _ITEM_PRODUCT.search(document.html):
        return []
    tree = _with_references(document.tree)
    if not _can_be_read(tree):
        return []
    extractor = MicrodataExtractor(add_html_node=True)
    try:
        items = extractor.extract_items(tree, document.base)
    except (ValueError, KeyError, RecursionError, AssertionError):
        return []
    return [_uniform(item) for item in items]


def _with_references(tree: HtmlElement) -> HtmlElement:
    """The page, or a copy in which what items refer to by `itemref` stands within them.

    No `itemref` is left, for extruct would follow each and copy what it names.
    """
    if not tree.xpath("boolean(//@itemref)"):
        return tree
    copied = copy.deepcopy(tree)
    named: dict[str, HtmlElement] = {}
    for tag in copied.xpath("//*[@id]"):
        named.setdefault(tag.get("id"), tag)
    moved: set[str] = set()
    for item in copied.xpath("//*[@itemref]"):
        names = item.attrib.pop("itemref").split(None, _MOST_REFERENCES)[:_MOST_REFERENCES]
        for name in names if len(moved) < _MOST_REFERENCES else ():
            found = named.get(name)
            if found is None or name in moved or found in (item, *item.iterancestors()):
                continue
            moved.add(name)
            item.append(found)
    return copied


def _can_be_read(tree: HtmlElement) -> bool:
    """Whether the items of a page are few and flat enough, each property counted as often as it
    will be told."""
    marked = tree.xpath("//*[@itemprop or @itemscope]")
    if len(marked) > _MOST_PROPERTIES:
        return False
    scopes = {tag for tag in marked if tag.get("itemscope") is not None}
    filled = {_scope_of(tag) for tag in marked if tag.get("itemprop") is not None}
    texts = {tag for tag in marked if tag not in scopes or tag not in filled}
    told = 0
    for tag in marked:
        around = [above for above in tag.iterancestors() if above in scopes or above in texts]
        if sum(above in texts for above in around) > _MOST_TEXTS_AROUND:
            return False
        items = [above for above in around if above in scopes]
        told += prod(len((one.get("itemprop") or "-").split()) for one in (tag, *items))
        if len(items) > _MOST_ITEMS_AROUND or told > _MOST_PROPERTIES:
            return False
    return True


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
