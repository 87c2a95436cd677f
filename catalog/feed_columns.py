"""The columns of a feed, and what a row of them becomes."""

import ast
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from catalog.feeds import InvalidFeedRow, source_from_merchant
from catalog.product import Source
from catalog.product_fields import complaint, none_when_empty

PRODUCT_COLUMNS = (
    "title", "description", "brand", "category", "price", "currency", "availability", "locale",
    "image_urls",
)  # fmt: skip
_TEXT_COLUMNS = ("url", "title", "description", "brand", "category")
_MERCHANT_COLUMNS = (
    "link", "title", "description", "image_link", "additional_image_link", "price", "sale_price",
    "sale_price_effective_date", "brand", "availability", "product_type",
)  # fmt: skip
_KNOWN = {"url", "batch_size", *PRODUCT_COLUMNS, *_MERCHANT_COLUMNS}
_NEXT_ADDRESS = re.compile(r"\s+|[,;|]\s*(?=[\"']?https?://)")
_LONGEST_LIST = 1_000_000
_ARRAY = re.compile(r"['\"]\s+['\"]")

Values = Mapping[str, object]


def is_known_column(name: str) -> bool:
    """Whether a column is read at all."""
    return name in _KNOWN


def is_merchant(columns: Values | Mapping[str, None]) -> bool:
    """Whether columns are those of a Google Merchant feed: a `link` in place of a `url`."""
    return "link" in columns and "url" not in columns


def missing_columns(columns: Mapping[str, None], *, merchant: bool) -> list[str]:
    """The columns that a feed needs and has not."""
    needed: tuple[str, ...] = ("link", "title", "image_link") if merchant else ("url",)
    if not merchant and "title" in columns:
        needed += ("image_urls",)
    return [name for name in needed if name not in columns]


def source_of(values: Values, *, merchant: bool, batch_size: int, locale: str | None) -> Source:
    """The source that a row stands for.

    Args:
        values: the row, by the bare names of its columns.
        merchant: whether its columns are those of Google Merchant.
        batch_size: the number of previews where the row names none.
        locale: the language where the row names none.

    Raises:
        InvalidFeedRow: a value is wrong; every one is named.
    """
    given = {name: value for name, value in values.items() if not _is_empty(value)}
    wanted: Any = _number(given.get("batch_size", batch_size))
    if merchant:
        return source_from_merchant(given, wanted, locale=locale)
    for name in given.keys() & set(_TEXT_COLUMNS):
        given[name] = _text(given[name])
    product = None
    if "title" in given:
        product = {"locale": locale} | {
            name: given[name] for name in PRODUCT_COLUMNS if name in given
        }
        product["image_urls"] = _addresses(given.get("image_urls", []))
    whole = {"url": given.get("url", ""), "batch_size": wanted, "product": product}
    try:
        return Source.model_validate(whole)
    except ValidationError as error:
        raise InvalidFeedRow(
            [f"{_column(problem['loc'])}: {complaint(problem)}" for problem in error.errors()]
        ) from None


def _is_empty(value: object) -> bool:
    """None, blank text and NaN, which is how tables of pandas leave a value out."""
    return none_when_empty(value) is None or value != value


def _column(location: tuple[int | str, ...]) -> str:
    return str(location[1] if location[0] == "product" and len(location) > 1 else location[0])


def _number(value: object) -> object:
    """A whole number, however the format wrote it."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,4}(?:\.0{1,4})?\s*", value):
        return int(value.partition(".")[0])
    # Bounded first: the whole part of 1e999999999 takes minutes to write down.
    if isinstance(value, float | Decimal) and -10_000 < value < 10_000 and value == int(value):
        return int(value)
    return value


def _text(value: object) -> object:
    """Text; a number that stands for a name is written as one."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    return value


def _python_list(written: str) -> object:
    """A list as Python writes it; not as arrays are written, whose texts Python would join."""
    if _ARRAY.search(written):
        raise ValueError("It is an array.")
    return ast.literal_eval(written)


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return [one for one in value if not _is_empty(one)] if isinstance(value, list) else value
    written = value.strip()
    if written.startswith("[") and written.endswith("]") and len(written) <= _LONGEST_LIST:
        for read in (json.loads, _python_list):  # a list that was saved as text
            with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
                return _addresses(read(written))
        written = written[1:-1]
    parts = (part.strip(",;|\"' ") for part in _NEXT_ADDRESS.split(written))
    return [part for part in parts if part]
