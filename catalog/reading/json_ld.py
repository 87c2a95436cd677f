"""JSON-LD as shops write it: several blocks, some of them broken, nodes that name each other."""

import html as entities
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from json_repair import repair_json
from lxml.html import HtmlElement

from catalog.reading.references import References

MAX_DEPTH = 16
_LONGEST_REPAIRED = 400_000
_LONGEST_BLOCK = 3_000_000
_MOST_BLOCKS = 100
_DEEPEST_NAMED = 3
_COMMENT = re.compile(r"^\s*/\*(?:[^*]|\*(?!/))*+\*/")
_BEFORE = re.compile(r"(?:\s++|<!--|-->|//|/\*|\*/|<!\[CDATA\[|\]\]>)*+")
_BEHIND_REVERSED = re.compile(r"(?:\s++|--!<|>--|//|\*/|/\*|>\]\]|;)*+")

Node = Mapping[str, Any]


def json_ld_nodes(tree: HtmlElement) -> list[Node]:
    """The top nodes of all blocks in page order; a block that cannot be read is left out.

    `@graph` and lists are opened, and a node that only names another by `@id` is replaced by it.
    """
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and len(nodes) < _MOST_BLOCKS:
            nodes += _opened(parse_json(script.text or ""))
    return _joined(nodes)


def parse_json(text: str) -> Any:
    """A JSON text, mended where it is broken as pages break it; None where nothing can be read.

    Mended are comments and CDATA around it, trailing commas, raw line breaks in strings,
    entities in place of quotes, missing brackets (by json-repair).
    """
    if len(text) > _LONGEST_BLOCK:
        return None
    text = _unwrapped(_COMMENT.sub("", text))
    if re.match(r"[\[{]\s*&(quot|#34);", text):
        text = entities.unescape(text)
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    if len(text) > _LONGEST_REPAIRED or not text.startswith(("{", "[")):
        return None
    try:
        return repair_json(text, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError, TypeError):
        return None


def _unwrapped(text: str) -> str:
    """A text without the signs of comments and of CDATA around it.

    Those behind it are read from its end on: looked for from its beginning, each of its runs of
    white space would be gone through once from each of its places.
    """
    text = _BEFORE.sub("", text, count=1)
    behind = _BEHIND_REVERSED.match(text[::-1])
    return text[: len(text) - behind.end()] if behind else text


def _opened(value: Any, depth: int = 0) -> Iterator[Node]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _opened(entry, depth + 1)
    elif isinstance(value, Mapping):
        if "@graph" in value:
            yield from _opened(value["@graph"], depth + 1)
        if "@graph" not in value or "@type" in value:
            yield value


def _joined(nodes: list[Node]) -> list[Node]:
    whole = {
        node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1
    }
    if not whole:
        return nodes
    references = References(whole)

    def joined(value: Any, depth: int, around: frozenset[str]) -> Any:
        if depth > MAX_DEPTH:
            return None
        if isinstance(value, list):
            return [joined(entry, depth + 1, around) for entry in value]
        if not isinstance(value, Mapping):
            return value
        name = value.get("@id")
        if isinstance(name, str):
            if set(value) <= {"@id", "@type"} and depth <= _DEEPEST_NAMED:
                value = references.read(name, around) or value
            around |= {name}
        return {key: joined(entry, depth + 1, around) for key, entry in value.items()}

    return [joined(node, 0, frozenset()) for node in nodes]
