"""The schema that Gemini is sent, derived from the prefill's own."""

import copy
from functools import cache
from typing import Any

from creative.prefill import PrefillDraft

# What a model may write. All else in a prefill is fact, and comes from the product.
_WRITTEN = ("headline", "subtitle", "cta", "visual_vibe", "colors", "alternatives")
_FACTS = {"cta": ("url",)}
_MEANINGS = {
    "cta": "The button.",
    "alternatives": "Two other pairs of headline and subtitle, each with a thought of its own.",
}
_KEPT = ("type", "enum", "required")


def schema_for_gemini() -> dict[str, Any]:
    """What a model is to write of a `PrefillDraft`, as a schema that Gemini takes.

    Gemini takes a part of OpenAPI 3.0's Schema Object, without references, and the SDK's own copy
    of it lacks lengths, patterns, titles, defaults and `additionalProperties`. Lengths and forms
    are told in descriptions instead; `creative.asking.words` checks them.
    """
    return copy.deepcopy(_schema())


@cache
def _schema() -> dict[str, Any]:
    whole = PrefillDraft.model_json_schema()
    properties = {
        name: _described(name, _plain(whole["properties"][name], whole["$defs"], _FACTS.get(name)))
        for name in _WRITTEN
    }
    return {"type": "object", "properties": properties, "required": list(_WRITTEN)}


def _plain(node: dict[str, Any], definitions: dict[str, Any],
           left_out: tuple[str, ...] | None = None) -> dict[str, Any]:  # fmt: skip
    """`node` with its references replaced, reduced to what Gemini takes."""
    if "$ref" in node:
        node = definitions[node["$ref"].rsplit("/", 1)[-1]] | node
    out_of_it = left_out or ()
    plain = {name: copy.copy(node[name]) for name in _KEPT if name in node}
    if "properties" in node:
        plain["properties"] = {
            name: _plain(inner, definitions)
            for name, inner in node["properties"].items()
            if name not in out_of_it
        }
        plain["required"] = [name for name in plain["required"] if name not in out_of_it]
    if "items" in node:
        plain["items"] = _plain(node["items"], definitions)
    if told := " ".join([*_texts(node)]):
        plain["description"] = told
    return plain


def _texts(node: dict[str, Any]) -> list[str]:
    told = [" ".join(node["description"].split())] if "description" in node else []
    if "maxLength" in node:
        told.append(f"At most {node['maxLength']} characters.")
    if node.get("pattern", "").startswith("^#"):
        told.append("A colour as #RRGGBB.")
    return told


def _described(name: str, plain: dict[str, Any]) -> dict[str, Any]:
    texts = [_MEANINGS.get(name), plain.get("description") if name != "cta" else None]
    return plain | {"description": " ".join(text for text in texts if text)}
