"""The bytes of a feed → its rows, each with its number as its reader counts them."""

import io
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.feed_columns import is_known_column
from catalog.feed_xml import read_items
from catalog.feeds import InvalidFeed, bare_name, named_cells
from settings import Settings

_DELIMITERS = ",;\t|"
_NEVER_WRITTEN = "\x1f"
# A first line by which Excel is told the delimiter.
_NAMED_DELIMITER = re.compile(r'"?sep=([,;\t|]?)', re.IGNORECASE)
_NEWLINE = r"\r\n|\r|\n"
_SPARE_CELLS = 16
_MOST_CELLS = 64
_CHUNK_ROWS = 5_000
# Few at a time: a value that a Parquet file holds once may stand in each of its rows.
_BATCH_ROWS = 64
_LONGEST_LINE = 10_000_000
_STARTS = {
    b"PAR1": "a Parquet file", b"PK\x03\x04": "an Excel or zip file", b"%PDF": "a PDF file",
    b"\xd0\xcf\x11\xe0": "an old Excel file", b"<": "XML or HTML", b"{": "JSON", b"[": "JSON",
}  # fmt: skip


class FeedFormat(StrEnum):
    """How a feed is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    MERCHANT_TSV = "merchant-tsv"
    MERCHANT_RSS = "merchant-rss"


_NAMES = {
    FeedFormat.CSV: "CSV", FeedFormat.JSONL: "JSON Lines", FeedFormat.PARQUET: "Parquet",
    FeedFormat.MERCHANT_TSV: "tab-separated text", FeedFormat.MERCHANT_RSS: "RSS or Atom",
}  # fmt: skip
_MAY_START = {
    FeedFormat.JSONL: (b"{",), FeedFormat.PARQUET: (b"PAR1",), FeedFormat.MERCHANT_RSS: (b"<",),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row: its number, its values by the bare names of their columns, and what is broken."""

    number: int
    values: Mapping[str, object]
    problem: str | None = None


@dataclass
class Table:
    """The rows of a feed, read as they are asked for.

    `word` is what a number counts, Line or Row; `columns` are the names that were met so far.
    """

    word: str
    rows: Iterator[Row]
    columns: dict[str, None] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.columns |= dict.fromkeys(row.values)
            yield row


def read_table(stream: io.BufferedReader, feed_format: FeedFormat, settings: Settings) -> Table:
    """The rows of an open feed.

    Raises:
        InvalidFeed: it is empty, or not what its format says; also while rows are read.
    """
    _check_start(stream, feed_format)
    if feed_format is FeedFormat.PARQUET:
        return _parquet(stream, settings)
    if feed_format is FeedFormat.MERCHANT_RSS:
        items = enumerate(read_items(stream), start=1)
        return Table("Item", (Row(number, values) for number, values in items))
    text = io.TextIOWrapper(stream, encoding=_encoding(stream), newline="")
    if feed_format is FeedFormat.JSONL:
        return Table("Line", _decoded(_json_lines(text)))
    table = Table("Line", iter(()))
    delimiters = "\t" if feed_format is FeedFormat.MERCHANT_TSV else _DELIMITERS
    table.rows = _decoded(_separated(text, stream, delimiters, table))
    return table


def _check_start(stream: io.BufferedReader, feed_format: FeedFormat) -> None:
    head = stream.peek(1)[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head[2:].replace(b"\x00", b"").lstrip()
    if not head:
        raise InvalidFeed(["The feed is empty."])
    may_start = _MAY_START.get(feed_format)
    if may_start is not None and head.startswith(may_start):
        return
    found = next((what for start, what in _STARTS.items() if head.startswith(start)), None)
    if feed_format is FeedFormat.JSONL and head.startswith(b"["):
        found = "one JSON list: write each object on a line of its own"
    if may_start is not None or found is not None:
        named = f": it looks like {found}" if found else ""
        raise InvalidFeed([f"The feed is no {_NAMES[feed_format]}{named}."])


def _encoding(stream: io.BufferedReader) -> str:
    head = stream.peek(4)[:4]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    # Text of a feed begins with a letter or a quotation mark; without a mark, these tell.
    if head[1:2] == b"\x00":
        return "utf-16-le"
    return "utf-16-be" if head[:1] == b"\x00" else "utf-8-sig"


def _decoded(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except UnicodeError:
        raise InvalidFeed(
            ["The text of the feed is neither UTF-8 nor UTF-16: save it as UTF-8."]
        ) from None


def _separated(
    text: io.TextIOWrapper, stream: io.BufferedReader, delimiters: str, table: Table
) -> Iterator[Row]:
    """Rows of text with delimiters, all of it as it is written.

    pandas tells no lines, so they are counted: a row takes one, and one more for each that a
    quoted value goes on for. Spare cells catch the values of rows that have too many.
    """
    delimiter, width = _shape(stream, text.encoding, delimiters)
    line, names = 1, None
    for frame in _frames(text, delimiter, width + _SPARE_CELLS):
        more = sum(frame[column].str.count(_NEWLINE) for column in frame)
        for cells, further in zip(frame.itertuples(index=False), more, strict=True):
            number, line = line, line + 1 + int(further)
            if not any(cell.strip() for cell in cells):
                continue
            if names is None and number == 1 and _NAMED_DELIMITER.match(cells[0]):
                continue
            if names is None:
                names = [bare_name(cell) for cell in cells]
                while not names[-1]:
                    names.pop()
                table.columns |= dict.fromkeys(name for name in names if name)
                continue
            yield Row(number, *named_cells(names, cells))


def _shape(stream: io.BufferedReader, encoding: str, delimiters: str) -> tuple[str, int]:
    """The delimiter of a text, and how many cells its header has at most."""
    head = stream.peek(1)[: 1 << 16].decode(encoding, "ignore")
    first = head.lstrip("\ufeff\r\n").splitlines()[0]
    named = _NAMED_DELIMITER.match(first)
    if named and named[1] in delimiters:
        return named[1] or delimiters[0], _MOST_CELLS
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(delimiters, key=bare.count)
    if delimiter not in bare:  # one column, whose addresses may hold any of them
        return _NEVER_WRITTEN, 1
    return delimiter, first.count(delimiter) + 1


def _frames(text: io.TextIOWrapper, delimiter: str, width: int) -> Iterator[pd.DataFrame]:
    try:
        yield from pd.read_csv(
            text, sep=delimiter, header=None, names=range(width), index_col=False, dtype=str,
            na_filter=False, skip_blank_lines=False, chunksize=_CHUNK_ROWS,
        )  # fmt: skip
    except pd.errors.EmptyDataError:
        return
    except pd.errors.ParserError as error:
        what = "a row has far more values than the header has names"
        if "EOF inside string" in str(error):
            what = "a quotation mark is opened and never closed"
        told = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise InvalidFeed([f"The feed cannot be read as a table: {what} ({told})."]) from None


def _json_lines(text: io.TextIOWrapper) -> Iterator[Row]:
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise InvalidFeed([f"Line {number}: it is longer than {_LONGEST_LINE:,} characters."])
        if not line.strip():
            continue
        try:
            given = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            yield Row(number, {}, f"this is no JSON ({error}).")
            continue
        if isinstance(given, dict):
            yield Row(number, {bare_name(name): value for name, value in given.items()})
        else:
            yield Row(number, {}, "this is no JSON object.")


def _no_number(word: str) -> None:
    """`NaN` is how pandas writes that there is no value."""


def _parquet(stream: io.BufferedReader, settings: Settings) -> Table:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the rows are read
    while chunk := stream.read(1 << 20):
        file.write(chunk)
    file.seek(0)
    try:
        parquet = pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise InvalidFeed([f"The feed is no Parquet file that can be read: {error}."]) from None
    if parquet.metadata.num_rows > settings.max_feed_rows:
        raise too_many_rows(settings)
    names = [field.name for field in parquet.schema_arrow]
    table = Table("Row", iter(()), dict.fromkeys(map(bare_name, names)))
    wanted = [name for name in names if is_known_column(bare_name(name))]
    table.rows = _batches(parquet, wanted, settings)
    return table


def _batches(parquet: pq.ParquetFile, wanted: list[str], settings: Settings) -> Iterator[Row]:
    number, size = 0, 0
    try:
        for batch in parquet.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
            size += batch.nbytes
            if size > settings.max_feed_bytes:
                raise InvalidFeed(
                    [f"The feed holds more than {settings.max_feed_bytes:,} bytes, unpacked "
                     "(CTA_MAX_FEED_BYTES)."]
                )  # fmt: skip
            for values in batch.to_pylist():
                number += 1
                yield Row(number, {bare_name(name): _text(one) for name, one in values.items()})
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise InvalidFeed([f"The Parquet file is damaged: {error}."]) from None


def _text(value: object) -> object:
    """Text that its writer did not mark as such comes as bytes."""
    if isinstance(value, list):
        return [_text(one) for one in value]
    return value.decode() if isinstance(value, bytes) else value


def too_many_rows(settings: Settings) -> InvalidFeed:
    """What is said of a feed with more rows than the settings allow."""
    return InvalidFeed(
        [f"The feed has more than {settings.max_feed_rows:,} rows (CTA_MAX_FEED_ROWS): "
         "make several of it."]
    )  # fmt: skip
