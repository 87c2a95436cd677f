"""The bytes of a feed → a table, its rows numbered as the person who wrote it counts them."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import fsspec
import pandas as pd
import pyarrow.parquet
from lxml import etree

from catalog.page import fetch
from settings import Settings

_GOOGLE = "{http://base.google.com/ns/1.0}"
_ATOM = "{http://www.w3.org/2005/Atom}"
_SEPARATORS = ",;\t|"
_MOST_TOLD = 20


class InvalidFeed(ValueError):
    """A feed cannot be taken; `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InvalidFeed"], tuple[list[str]]]:
        return type(self), (self.problems,)


def open_feed(address: str, max_bytes: int) -> bytes:
    """What is at an address, unpacked where its name ends in `.gz`.

    Raises:
        InvalidFeed: it cannot be opened, or has more than `max_bytes`.
        CatalogError: it is on the web and cannot be reached.
    """
    name = shown(address)
    if urlsplit(address).scheme in ("http", "https"):
        body = fetch(address, max_bytes=max_bytes).body
    else:
        body = _open_with_fsspec(address, name, max_bytes)
    if not name.lower().endswith(".gz") and body[:2] != b"\x1f\x8b":
        return body
    try:
        with gzip.open(io.BytesIO(body)) as packed:
            return _bounded(packed.read(max_bytes + 1), name, max_bytes)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidFeed([f"{name} is no whole gzip file: {error}."]) from None


def _open_with_fsspec(address: str, name: str, max_bytes: int) -> bytes:
    try:
        with fsspec.open(address, "rb") as file:
            return _bounded(file.read(max_bytes + 1), name, max_bytes)
    except FileNotFoundError:
        raise InvalidFeed([f"There is no feed at {name}."]) from None
    except ImportError as error:
        raise InvalidFeed([f"{name} cannot be opened yet: {error}."]) from None
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidFeed):
            raise
        raise InvalidFeed([f"{name} cannot be opened: {error}."]) from None


def shown(address: str) -> str:
    """An address without what may be secret in it: its user, its password, its query."""
    if "://" not in address:
        return address
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _bounded(body: bytes, name: str, max_bytes: int) -> bytes:
    if len(body) > max_bytes:
        raise InvalidFeed(
            [f"{name} has more than {max_bytes:,} bytes: split it, or raise CTA_MAX_FEED_BYTES."]
        )
    return body


def read_delimited(body: bytes, settings: Settings) -> pd.DataFrame:
    """Text with a line of names: commas, semicolons, tabs or bars between. Rows count from 2."""
    text = _decoded(body)
    header = text.lstrip("\r\n").partition("\n")[0]
    if not header.strip():
        return pd.DataFrame()
    separator = max(_SEPARATORS, key=header.count)
    try:
        _check_width(text, separator)
        table = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
            nrows=settings.max_feed_rows + 1,
        )
    except (pd.errors.ParserError, csv.Error) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise InvalidFeed([f"The feed is no table: {reason}."]) from None
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    table.index = pd.RangeIndex(2, len(table) + 2)
    return table[(table.fillna("") != "").any(axis=1)]


def _check_width(text: str, separator: str) -> None:
    """Refuse rows with more cells than names, which pandas would cut off."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    width = len(next(rows, []))
    problems = [
        f"row {number}: it has {len(row)} cells, and the first line names {width}."
        for number, row in enumerate(rows, start=2)
        if any(row[width:])
    ]
    if problems:
        raise InvalidFeed(problems[:_MOST_TOLD])


def read_json_lines(body: bytes, settings: Settings) -> pd.DataFrame:
    """A JSON object on each line; fractions are kept as they are written. Rows count from 1."""
    rows: dict[int, dict[str, Any]] = {}
    problems = []
    for number, line in enumerate(_decoded(body).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            problems.append(f"row {number}: this is no JSON: {error}.")
            continue
        if isinstance(row, dict):
            rows[number] = row
        else:
            problems.append(f"row {number}: this must be an object with names and values.")
        if len(rows) > settings.max_feed_rows:
            break
    if problems:
        raise InvalidFeed(problems[:_MOST_TOLD])
    # Rows as they are: a table made of them would turn gaps into fractions.
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    return pd.DataFrame(
        [[row.get(name) for name in names] for row in rows.values()],
        columns=names, index=list(rows), dtype=object,
    )  # fmt: skip


def read_parquet(body: bytes, settings: Settings) -> pd.DataFrame:
    """A Parquet file; refused by what its own figures say, before it is unpacked. Rows from 1."""
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(body))
        groups = [file.metadata.row_group(index) for index in range(file.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > settings.max_feed_bytes:
            raise InvalidFeed(
                [
                    f"The feed has more than {settings.max_feed_bytes:,} bytes when unpacked: "
                    "split it, or raise CTA_MAX_FEED_BYTES."
                ]
            )
        table = pd.read_parquet(io.BytesIO(body), dtype_backend="pyarrow").astype(object)
    except (pyarrow.ArrowException, OSError) as error:
        raise InvalidFeed([f"The feed is no Parquet file: {error}."]) from None
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


def read_rss(body: bytes, settings: Settings) -> pd.DataFrame:
    """The items of RSS 2.0, or the entries of Atom; attributes that are repeated become lists.

    No entity is resolved and no DTD is loaded. Rows count from 1.
    """
    rows = []
    try:
        for item in _items(body):
            rows.append(_attributes_of(item))
            if len(rows) > settings.max_feed_rows:
                break
    except etree.XMLSyntaxError as error:
        raise InvalidFeed([f"The feed is no XML: {error.msg}."]) from None
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        [[row.get(name) for name in names] for row in rows],
        columns=names, index=range(1, len(rows) + 1), dtype=object,
    )  # fmt: skip


def _items(body: bytes) -> Iterator[Any]:
    tags = ("item", f"{_ATOM}entry")
    parsing = etree.iterparse(
        io.BytesIO(body), events=("end",), tag=tags, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False,
    )  # fmt: skip
    for _, item in parsing:
        yield item
        item.clear()
        while item.getprevious() is not None:
            del item.getparent()[0]


def _attributes_of(item: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    own: dict[str, list[str]] = {}
    for child in item.iterchildren(tag=etree.Element):
        name = str(child.tag)
        value = child.get("href") if name == f"{_ATOM}link" else "".join(child.itertext())
        kept = found if name.startswith(_GOOGLE) else own
        kept.setdefault(name.rpartition("}")[2], []).append(value or "")
    # Google's own attributes go before those of RSS and Atom of the same name.
    return own | found


def _decoded(body: bytes) -> str:
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InvalidFeed(
            [f"row {line}: the feed is not written in UTF-8: save it in that encoding."]
        ) from None
