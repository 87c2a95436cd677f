"""Items of structured data, in whatever syntax they were written: names, texts, addresses."""

import html as entities
import re
from collections.abc import Iterable, Mapping
from typing import Any

from w3lib.html import remove_tags

from catalog.reading.json_ld import MAX_DEPTH

_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\$\{|<%|%>|\[object |^(undefined|null|none|nan|n/?a|false|true|-+|\.+)$", re.I
)
_PARTING_TAG = re.compile(r"<(?:br|/?p|/?li|/?div)\b[^<>]*>", re.I)

Item = Mapping[str, Any]


def normal(value: Any, depth: int = 0) -> Any:
    """Names without namespace and in lower case: `http://schema.org/priceCurrency`, `v:price`."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [normal(entry, depth + 1) for entry in value]
    if not isinstance(value, Mapping):
        return value
    return {_short(key): normal(entry, depth + 1) for key, entry in value.items()}


def type_names(item: Any) -> set[str]:
    """The types of an item, without namespace and in lower case."""
    return {_short(str(name)) for name in listed(item.get("@type")) if name}


def text_of(value: Any) -> str | None:
    """The first text in a value, without tags, entities and placeholders that nobody filled."""
    for entry in listed(value):
        if isinstance(entry, Mapping):
            entry = entry.get("@value")
        if isinstance(entry, bool) or not isinstance(entry, str | int | float):
            continue
        text = str(entry)
        for _ in range(3):
            if "&" not in text:
                break
            text = entities.unescape(text)
        if "<" in text:
            text = remove_tags(_PARTING_TAG.sub(" ", text))
        folded = " ".join(text.split())
        if folded and not _PLACEHOLDER.search(folded):
            return folded
    return None


def named(value: Any) -> str | None:
    """The name of an item, or the text itself; an address is no name."""
    for entry in listed(value):
        found = text_of(entry.get("name")) if isinstance(entry, Mapping) else text_of(entry)
        if found and not found.startswith(("http://", "https://")):
            return found
    return None


def addresses(value: Any, depth: int = 0) -> list[str]:
    """Every address in a value, however it is wrapped, as written."""
    found: list[str] = []
    for entry in listed(value):
        if isinstance(entry, Mapping) and depth < 4:
            for name in ("contenturl", "url", "src", "image", "thumbnailurl", "@id", "@value"):
                if deeper := addresses(entry.get(name), depth + 1):
                    found += deeper
                    break
        elif isinstance(entry, str):
            address = entities.unescape(entry).strip()
            if address and not _PLACEHOLDER.search(address):
                found.append(address)
    return found


def breadcrumbs(items: Iterable[Any]) -> list[str]:
    """The names of a page's first breadcrumb list (https://schema.org/BreadcrumbList), in order."""
    for item in items:
        found = normal(item)
        if isinstance(found, Mapping) and "breadcrumblist" in type_names(found):
            entries = [each for each in listed(found.get("itemlistelement")) if each]
            names = (
                named(entry) or named(entry.get("item"))
                for entry in entries
                if isinstance(entry, Mapping)
            )
            return [name for name in names if name]
    return []


def listed(value: Any) -> list[Any]:
    """A value as a list: empty for None, itself when it is one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _short(name: str) -> str:
    return re.split(r"[/#:]", name.rstrip("/"))[-1].lower() if name[:1] != "@" else name
