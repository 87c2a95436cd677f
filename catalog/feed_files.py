"""A feed of products at an address → sources.

CSV, JSON Lines and Parquet with columns of our own, or Google Merchant's, as tab-separated text or
as RSS or Atom (https://support.google.com/merchants/answer/7052112).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from numbers import Real
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from pydantic import ValidationError

from catalog import feed_reading
from catalog.feed_reading import InvalidFeed as InvalidFeed
from catalog.feeds import InvalidFeedRow, bare_name, source_from_merchant
from catalog.product import InvalidSources, Source, check_sources
from catalog.product_fields import complaint
from settings import Settings, get_settings

_PRODUCT_COLUMNS = (
    "title description brand category price currency availability locale image_urls".split()
)
_NEXT_ADDRESS = re.compile(r"\s+|,(?=\s*https?://)")
_POSITION = re.compile(r"sources\[(\d+)\]")
_TOLD = 20


class FeedFormat(StrEnum):
    """How a feed is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"
    MERCHANT_TSV = "merchant-tsv"
    MERCHANT_RSS = "merchant-rss"


_BY_ENDING = {
    ".csv": FeedFormat.CSV,
    ".jsonl": FeedFormat.JSON_LINES,
    ".ndjson": FeedFormat.JSON_LINES,
    ".parquet": FeedFormat.PARQUET,
    ".tsv": FeedFormat.MERCHANT_TSV,
    ".xml": FeedFormat.MERCHANT_RSS,
    ".rss": FeedFormat.MERCHANT_RSS,
    ".atom": FeedFormat.MERCHANT_RSS,
}
_READ: dict[FeedFormat, Callable[[bytes, Settings], pd.DataFrame]] = {
    FeedFormat.CSV: feed_reading.read_delimited,
    FeedFormat.MERCHANT_TSV: feed_reading.read_delimited,
    FeedFormat.JSON_LINES: feed_reading.read_json_lines,
    FeedFormat.PARQUET: feed_reading.read_parquet,
    FeedFormat.MERCHANT_RSS: feed_reading.read_rss,
}


def read_feed(
    address: str,
    *,
    feed_format: FeedFormat | None = None,
    batch_size: int = 1,
    locale: str | None = None,
    settings: Settings | None = None,
) -> list[Source]:
    """The sources of a feed, in its order.

    Args:
        address: a path, or an address that fsspec opens (`s3://…`, `gs://…`, `file://…`); one of
            the web is read as pages are, with the same guards. What ends in `.gz` is unpacked.
        feed_format: how it is written; found by the end of its name when left out.
        batch_size: how many previews are wanted of rows that do not say.
        locale: the language of rows that do not say, such as `de-DE`.

    A row with a title is a product, whose page is not read; one without is an address.

    Raises:
        InvalidFeed: it cannot be read, is empty, lacks a column, or has rows that are wrong.
        CatalogError: it is on the web and cannot be reached.
    """
    settings = settings or get_settings()
    feed_format = feed_format or _format_of(address)
    body = feed_reading.open_feed(address, settings.max_feed_bytes)
    table = _READ[feed_format](body, settings)
    if table.empty:
        raise InvalidFeed(["The feed has no rows."])
    if len(table) > settings.max_feed_rows:
        raise InvalidFeed(
            [
                f"The feed has {len(table):,} rows and {settings.max_feed_rows:,} are taken: "
                "split it, or raise CTA_MAX_FEED_ROWS."
            ]
        )
    return _sources(table, _reader_of(table, feed_format), batch_size, locale)


RowReader = Callable[[Mapping[str, Any], int, str | None], Source]


def _format_of(address: str) -> FeedFormat:
    name = PurePosixPath(urlsplit(address).path if "://" in address else address)
    suffixes = [suffix.lower() for suffix in name.suffixes if suffix.lower() != ".gz"]
    found = _BY_ENDING.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise InvalidFeed(
            [
                f"The format of {name.name!r} is not known by its name: give it as feed_format, "
                f"one of {', '.join(FeedFormat)}."
            ]
        )
    return found


def _reader_of(table: pd.DataFrame, feed_format: FeedFormat) -> RowReader:
    names = {bare_name(column) for column in table.columns}
    merchant = feed_format in (FeedFormat.MERCHANT_TSV, FeedFormat.MERCHANT_RSS)
    if merchant or ("link" in names and "url" not in names):
        missing = {"link", "title", "image_link"} - names
        reader: RowReader = _merchant_source
    else:
        missing, reader = {"url"} - names, _own_source
    if missing:
        there = ", ".join(sorted(map(str, table.columns))[:30])
        raise InvalidFeed(
            [
                f"The feed has no column {name!r}; it has: {there}."
                for name in ("url", "link", "title", "image_link")
                if name in missing
            ]
        )
    return reader


def _sources(
    table: pd.DataFrame, reader: RowReader, batch_size: int, locale: str | None
) -> list[Source]:
    sources: list[Source] = []
    problems: list[str] = []
    for number, row in _rows(table):
        try:
            sources.append(reader(row, batch_size, locale))
        except InvalidFeedRow as error:
            problems += [f"row {number}: {problem}" for problem in error.problems]
    if not problems:
        try:
            return check_sources(sources)
        except InvalidSources as error:
            problems = [_with_rows(problem, list(table.index)) for problem in error.problems]
    rest = len(problems) - _TOLD
    raise InvalidFeed(problems[:_TOLD] + ([f"And {rest:,} more problems."] if rest > 0 else []))


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    columns = [bare_name(column) for column in table.columns]
    for values in table.itertuples(name=None):
        yield values[0], dict(zip(columns, values[1:], strict=True))


def _with_rows(problem: str, numbers: list[int]) -> str:
    """The same problem, told of rows instead of positions."""
    return _POSITION.sub(lambda found: f"row {numbers[int(found[1])]}", problem)


def _merchant_source(row: Mapping[str, Any], batch_size: int, locale: str | None) -> Source:
    wanted = _given(row.get("batch_size"))
    if wanted is None:
        return source_from_merchant(row, batch_size, locale=locale)
    return source_from_merchant(row, _whole(wanted), locale=locale)


def _own_source(row: Mapping[str, Any], batch_size: int, locale: str | None) -> Source:
    wanted = _given(row.get("batch_size"))
    given: dict[str, Any] = {"url": _given(row.get("url")) or ""}
    given["batch_size"] = batch_size if wanted is None else _whole(wanted)
    product = {name: _given(row.get(name)) for name in _PRODUCT_COLUMNS}
    product = {name: value for name, value in product.items() if value is not None}
    if "title" in product:
        given["product"] = {"locale": locale} | product
        given["product"]["image_urls"] = _addresses(product.get("image_urls", []))
    try:
        return Source.model_validate(given)
    except ValidationError as error:
        raise InvalidFeedRow(
            [
                f"{'.'.join(str(part) for part in one['loc'] if part != 'product')}: "
                f"{complaint(one)}"
                for one in error.errors()
            ]
        ) from None


def _given(value: Any) -> Any:
    """A cell's value; None where the cell is empty, whatever its file has for that."""
    if isinstance(value, str):
        return value.strip() or None
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and value != value)
    ):
        return None
    return value


def _whole(value: Any) -> Any:
    """The number that a cell means: text, or a number that a column with gaps made a fraction."""
    try:
        number = float(value) if isinstance(value, Real | Decimal | str) else None
    except ValueError:
        return value
    return int(number) if number is not None and number.is_integer() else value


def _addresses(value: Any) -> Any:
    if isinstance(value, str):
        return [part for part in (one.strip('", ') for one in _NEXT_ADDRESS.split(value)) if part]
    return list(value) if hasattr(value, "__iter__") else value
