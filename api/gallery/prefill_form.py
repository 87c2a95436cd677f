"""A prefill as the fields of a form: names with dots, and text as people type it.

The fields of widgets are called `widgets.0.text`; a field called `widgets`, which is empty, says
that the form has the whole list of them, for it may be that none is left.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from creative.prefill import (
    BRAND_LENGTH,
    CTA_LENGTH,
    HEADLINE_LENGTH,
    SUBTITLE_LENGTH,
    Colors,
    Prefill,
)

LIMITS = {
    "headline": HEADLINE_LENGTH,
    "subtitle": SUBTITLE_LENGTH,
    "cta.text": CTA_LENGTH,
    "brand": BRAND_LENGTH,
    "price": 30,
    "visual_vibe": 80,
    "badge.text": 20,
    "price_tag.text": 30,
}
"""The most characters of a field; of a widget's, by its type."""

WIDGETS = {
    "price_tag": ("text",),
    "rating": ("value", "best", "count"),
    "badge": ("text",),
    "qr_code": ("url",),
}
"""The fields of each type of widget."""

COLORS = tuple(f"colors.{name}" for name in Colors.model_fields)

LIST = "widgets"
"""The field that says that the form has all widgets."""

_OPTIONAL = ("brand", "price")
_PLAIN = (
    "headline", "subtitle", "cta.text", "cta.url", *_OPTIONAL, *COLORS, "layout", "scrim",
    "visual_vibe",
)  # fmt: skip
_BARE_HEX = re.compile(r"[0-9A-Fa-f]{6}")
_ADDRESS = "An address begins with http:// or https:// and has no spaces."
_RULES = {
    "cta.url": _ADDRESS,
    "qr_code.url": _ADDRESS,
    "layout": "The words stand on the left, on the right, or in the centre.",
    "scrim": "This is a number from 0 to 1.",
    "rating.value": "A rating is a number from 0 to 1,000.",
    "rating.best": "The best rating is a number above 0, and 1,000 at most.",
    "rating.count": "This is a whole number, or left out.",
    **dict.fromkeys(COLORS, "A colour is written as # and six digits, such as #1B7048."),
}


def fields_of(prefill: Prefill) -> dict[str, str]:
    """The fields of the form by name, in the order of the prefill, as a person would type them."""
    stored = prefill.model_dump(mode="json")
    fields = {name: _typed(_at(stored, name)) for name in _PLAIN}
    fields[LIST] = ""
    for number, widget in enumerate(stored[LIST]):
        fields |= _widget_fields(number, widget)
    return fields


def changes_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """The JSON Merge Patch (RFC 7396) of a prefill that the fields of a form ask for.

    Fields that are not there ask for nothing, and names of no field are passed over. What is typed
    is not looked at: `creative.edits.edit_prefill` does.
    """
    changes: dict[str, Any] = {}
    for name in _PLAIN:
        if name in fields:
            place = changes
            *above, last = name.split(".")
            for part in above:
                place = place.setdefault(part, {})
            place[last] = _value(name, fields[name])
    if LIST in fields:
        changes[LIST] = [_widget(fields, number) for number in numbers_of(fields)]
    return changes


def numbers_of(fields: Mapping[str, str]) -> list[int]:
    """The numbers of the widgets that the fields of a form have, in their order."""
    found = (re.fullmatch(r"widgets\.(\d{1,4})\.type", name, re.ASCII) for name in fields)
    return sorted({int(match[1]) for match in found if match})


def with_widget(fields: Mapping[str, str], kind: str) -> dict[str, str]:
    """The fields of a form with one more widget, which says what the prefill says already."""
    number = max(numbers_of(fields), default=-1) + 1
    return {**fields, **_widget_fields(number, new_widget(fields, kind))}


def without_widget(fields: Mapping[str, str], number: str) -> dict[str, str]:
    """The fields of a form without one of its widgets."""
    return {
        name: text for name, text in fields.items() if not name.startswith(f"widgets.{number}.")
    }


def new_widget(fields: Mapping[str, str], kind: str) -> dict[str, str]:
    """The fields of a widget of a type, with what other fields of the form suggest for it."""
    suggested = {
        "price_tag": {"text": fields.get("price", "")},
        "rating": {"best": "5"},
        "qr_code": {"url": fields.get("cta.url", "")},
    }.get(kind, {})
    return {"type": kind, **dict.fromkeys(WIDGETS[kind], ""), **suggested}


def complaints_of(problems: Sequence[tuple[str, str]], fields: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with an edit, by the field of the form that a sentence belongs beside.

    Args:
        problems: as `EditRefused` has them.
        fields: of the form that the edit came from.

    Returns:
        One sentence each, in words for those who fill in the form; under the empty name what
        belongs beside no field.
    """
    told: dict[str, str] = {}
    for path, sentence in problems:
        name, rule = _field_at(path, sentence, numbers_of(fields))
        limit = LIMITS.get(rule)
        if limit is not None:
            least = "at most" if rule in _OPTIONAL else "1 to"
            said = f"This takes {least} {limit} characters, on one line."
        else:
            said = _RULES.get(rule) or _plainly(sentence)
        told.setdefault(name, said)
    return told


def _field_at(path: str, sentence: str, numbers: Sequence[int]) -> tuple[str, str]:
    """The form's field for a path such as `widgets.1.badge.text`, and the name of its rule."""
    match path.split("."):
        case ["colors"]:  # two that cannot be read on each other; the sentence begins with one
            name = f"colors.{sentence.partition(' ')[0]}"
            return (name if name in COLORS else ""), path
        case ["widgets", place, kind, name] if place.isdecimal() and int(place) < len(numbers):
            return f"widgets.{numbers[int(place)]}.{name}", f"{kind}.{name}"
        case ["widgets", *_]:
            return LIST, path
    return (path if path in _PLAIN else ""), path


def _plainly(sentence: str) -> str:
    plain = sentence.partition(" (given:")[0].rstrip(".").replace("cta_text", "button text")
    return f"{plain[:1].upper()}{plain[1:]}."


def _widget(fields: Mapping[str, str], number: int) -> dict[str, str]:
    kind = fields[f"widgets.{number}.type"]
    sent = {
        name: fields.get(f"widgets.{number}.{name}", "").strip() for name in WIDGETS.get(kind, ())
    }
    optional = ("best", "count")
    return {"type": kind} | {
        name: text for name, text in sent.items() if text or name not in optional
    }


def _widget_fields(number: int, widget: Mapping[str, Any]) -> dict[str, str]:
    return {f"widgets.{number}.{name}": _typed(value) for name, value in widget.items()}


def _value(name: str, text: str) -> str | None:
    folded = " ".join(text.split()) if name == "subtitle" else text.strip()
    if name in _OPTIONAL:
        return folded or None
    return f"#{folded}" if name in COLORS and _BARE_HEX.fullmatch(folded) else folded


def _at(stored: Mapping[str, Any], name: str) -> Any:
    value: Any = stored
    for part in name.split("."):
        value = value[part]
    return value


def _typed(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
