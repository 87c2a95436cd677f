"""A row of a product feed → the product data that it hands over.

The attributes are those of Google Merchant's product data specification
(https://support.google.com/merchants/answer/7052112), in any of its file formats.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from catalog.product import ProductData, Source
from catalog.product_fields import complaint

_NAMESPACE = re.compile(r"^(?:g:|\{http://base\.google\.com/ns/1\.0\})")
# The specification's own form, in which a point is always the decimal one.
_SPECIFIED_PRICE = re.compile(r"(\d{1,15}(?:\.\d{1,15})?) ?([A-Za-z]{3})")
_NEXT_ADDRESS = re.compile(r""",(?=\s*"?https?://)""")
_LONGEST_RANGE = 100

Row = Mapping[str, object]


class InvalidFeedRow(ValueError):
    """A row cannot be used; `problems` has one sentence for each attribute that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InvalidFeedRow"], tuple[list[str]]]:
        return type(self), (self.problems,)


class InvalidFeed(ValueError):
    """A feed cannot be taken; `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InvalidFeed"], tuple[list[str]]]:
        return type(self), (self.problems,)


def product_data_from_merchant(
    row: Row, *, locale: str | None = None, moment: datetime | None = None
) -> ProductData:
    """The product that one row of a Google Merchant feed describes.

    Args:
        row: attribute names, with or without `g:`, and their values as text; an attribute that is
            repeated (`additional_image_link`) may be a list. Those that are not needed are passed
            over; None and empty text count as not given.
        locale: the language of the feed, such as `de-DE`; the specification has no attribute
            for it.
        moment: when the price must hold, with time zone; now, when left out.

    `sale_price` is the price while `sale_price_effective_date` lasts, and always where there is no
    such date. A range without times takes whole days, one without time zone is in UTC
    (https://support.google.com/merchants/answer/6324460).

    Raises:
        InvalidFeedRow: an attribute is missing or wrong; every one is named.
    """
    return _from_merchant(attributes_of(row), locale, moment)


def source_from_merchant(
    row: Row, batch_size: int = 1, *, locale: str | None = None, moment: datetime | None = None
) -> Source:
    """The source that one row of a Google Merchant feed stands for; its address is `link`.

    Args and errors are those of `product_data_from_merchant`.
    """
    attributes = attributes_of(row)
    problems = []
    try:
        product = _from_merchant(attributes, locale, moment)
    except InvalidFeedRow as error:
        product, problems = None, error.problems
    given = {"url": _one(attributes, "link"), "batch_size": batch_size, "product": product}
    try:
        source = Source.model_validate(given)
    except ValidationError as error:
        problems = _problems(error, {"url": "link"}) + problems
    if problems:
        raise InvalidFeedRow(problems)
    return source


def _from_merchant(
    attributes: dict[str, list[str]], locale: str | None, moment: datetime | None
) -> ProductData:
    price = "price"
    if _one(attributes, "sale_price") and _is_on_sale(attributes, moment or datetime.now(UTC)):
        price = "sale_price"
    given: dict[str, Any] = {
        name: _one(attributes, name) for name in ("title", "description", "brand", "availability")
    }
    given |= _amount(_one(attributes, price)) | {"locale": locale}
    given["category"] = _one(attributes, "product_type")
    main = attributes.get("image_link", [])[:1]
    more = [
        address.strip('", ')
        for written in attributes.get("additional_image_link", [])
        for address in _NEXT_ADDRESS.split(written)
    ]
    try:
        return ProductData.model_validate(given | {"image_urls": main + more})
    except ValidationError as error:
        names = {"price": price, "currency": price, "image_urls": "image_link"}
        names["category"] = "product_type"
        for position in range(len(main), len(more) + 1):
            names[f"image_urls.{position}"] = "additional_image_link"
        raise InvalidFeedRow(_problems(error, names)) from None


def bare_name(name: object) -> str:
    """The name of an attribute or a column as it is compared: `image_link` for `g:Image Link`."""
    return _NAMESPACE.sub("", str(name).lstrip("\ufeff").strip().lower()).replace(" ", "_")


def named_cells(names: Sequence[str], cells: Sequence[str]) -> tuple[dict[str, object], str | None]:
    """The cells of a row by the bare names of their columns; what is broken about it, if anything.

    Cells of columns without a name are left out. Merchant feeds repeat a column to give several
    values: those become a list.
    """
    values: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        if name in values and cell:
            known = values[name]
            values[name] = [*known, cell] if isinstance(known, list) else [known, cell]
        elif name:
            values.setdefault(name, cell)
    if any(cell.strip() for cell in cells[len(names) :]):
        return values, "there are more values than the header has names."
    return values, None


def attributes_of(row: Row) -> dict[str, list[str]]:
    """Every attribute of a row that has a value, by its bare name."""
    found: dict[str, list[str]] = {}
    for name, value in row.items():
        bare = bare_name(name)
        values = value if isinstance(value, list | tuple) else [value]
        # A cell that is empty is not a number to those who read tables with pandas.
        texts = [str(one).strip() for one in values if one is not None and one == one]
        found.setdefault(bare, []).extend(text for text in texts if text)
    return {name: texts for name, texts in found.items() if texts}


def _one(attributes: dict[str, list[str]], name: str) -> str:
    return attributes.get(name, [""])[0]


def _amount(written: str) -> dict[str, Any]:
    specified = _SPECIFIED_PRICE.fullmatch(written)
    if specified is None:
        return {"price": written}
    return {"price": Decimal(specified[1]), "currency": specified[2]}


def _is_on_sale(attributes: dict[str, list[str]], moment: datetime) -> bool:
    written = _one(attributes, "sale_price_effective_date")
    if not written:
        return True
    try:
        start, end = written[:_LONGEST_RANGE].split("/")
        first, last = _moment(start, time.min), _moment(end, time.max)
        if first > last:
            raise ValueError
    except ValueError:
        raise InvalidFeedRow(
            [
                "sale_price_effective_date: a start and an end are needed, such as "
                f"2026-02-24T13:00-0800/2026-02-28T15:30-0800 (given: {written[:80]!r})."
            ]
        ) from None
    return first <= moment <= last


def _moment(written: str, time_of_day: time) -> datetime:
    text = written.strip()
    moment = datetime.fromisoformat(text)
    if "T" not in text.upper() and ":" not in text:
        moment = datetime.combine(moment, time_of_day)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _problems(error: ValidationError, names: Mapping[str, str]) -> list[str]:
    """The problems of the fields, told of the attributes that they came from."""
    told = []
    for problem in error.errors():
        field = str(problem["loc"][0])
        whole = ".".join(map(str, problem["loc"]))
        told.append(f"{names.get(whole, names.get(field, field))}: {complaint(problem)}")
    return told
