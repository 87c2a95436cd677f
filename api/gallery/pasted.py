"""What was pasted, or sent as a file → the sources that it asks for, and what is wrong with it."""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from catalog.feed_columns import is_merchant, missing_columns, source_of
from catalog.feeds import InvalidFeedRow, bare_name, named_cells
from catalog.product import InvalidSources, Source, canonical_url, check_sources

_BETWEEN = re.compile(r"\s+[,;]\s*|[,;]\s+|\s+")
# An address may itself hold commas and digits: one or two at its end are taken for the number.
_JOINED = re.compile(r"(\S+?)[,;](\d{1,2})")
_SHOWN = 200


@dataclass(frozen=True)
class BadLine:
    """A line that asks for nothing; `problem` is a sentence that says why."""

    number: int
    text: str
    problem: str


@dataclass(frozen=True)
class RepeatedLine:
    """A line with an address that an earlier line has."""

    number: int
    source: Source
    first: int


@dataclass(frozen=True)
class Plan:
    """What a batch would make: each address once, and the lines that are passed over."""

    sources: list[Source]
    repeated: list[RepeatedLine]
    bad: list[BadLine]

    @property
    def previews(self) -> int:
        """How many previews are asked for."""
        return sum(source.batch_size for source in self.sources)

    @property
    def repeated_previews(self) -> int:
        """How many more the repeated lines ask for."""
        return sum(line.source.batch_size for line in self.repeated)


class UnreadableFile(ValueError):
    """A file cannot be read as a table; the message says what it needs."""


class TooManyLines(ValueError):
    """More lines than are looked at; the message says how many those are."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"These are more than {most:,} lines: make several batches of them.")

    def __reduce__(self) -> tuple[type["TooManyLines"], tuple[int]]:
        return type(self), (self.most,)


Line = tuple[int, str, Source | str]


def plan_of_text(text: str, batch_size: int = 1, most_lines: int = 20_000) -> Plan:
    """What lines of addresses ask for, each with an optional number of previews after it.

    Blanks, a comma, a semicolon or a tab stand between them; empty lines, and those that begin
    with `#`, are passed over.

    Args:
        text: what was pasted.
        batch_size: the number of previews where a line names none.
        most_lines: how many lines may ask for something, well or badly.

    Raises:
        TooManyLines: there are more.
    """
    return _plan(_lines(text, batch_size), most_lines)


def plan_of_file(body: bytes, batch_size: int = 1, most_lines: int = 20_000) -> Plan:
    """What a CSV file asks for: the columns are those of a feed (see `catalog.feed_columns`).

    A file whose first line has an address has no names of columns, and is taken line by line.

    Raises:
        UnreadableFile: it is no text, or a column is missing that is needed.
        TooManyLines: there are more than `most_lines`.
    """
    text = _decoded(body)
    if "://" in text.partition("\n")[0]:
        return plan_of_text(text, batch_size, most_lines)
    try:
        return _plan(_rows(text, batch_size), most_lines)
    except csv.Error as error:
        raise UnreadableFile(f"The file could not be read as CSV: {error}.") from error


def _lines(text: str, batch_size: int) -> Iterator[Line]:
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        written = line.strip().strip("\ufeff")
        if not written or written.startswith("#"):
            continue
        parts = _BETWEEN.split(written)
        if len(parts) == 1 and (joined := _JOINED.fullmatch(written)):
            parts = list(joined.groups())
        url, *wanted = parts
        if len(wanted) > 1:
            yield number, written, "A line takes one address and, after it, the number of previews."
            continue
        given: list[Any] = [int(one) if re.fullmatch(r"[0-9]{1,9}", one) else one for one in wanted]
        yield number, written, _checked({"url": url, "batch_size": (given or [batch_size])[0]})


def _checked(item: dict[str, Any]) -> Source | str:
    try:
        return check_sources([item])[0]
    except InvalidSources as error:
        return _sentence(error.problems[0].partition(": ")[2])


def _rows(text: str, batch_size: int) -> Iterator[Line]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [bare_name(cell) for cell in next(reader, [])]
    columns = dict.fromkeys(names)
    merchant = is_merchant(columns)
    if missing := missing_columns(columns, merchant=merchant):
        told = ", ".join(missing)
        raise UnreadableFile(
            f"The file has no column {told}: its first line must name the columns, url and, where "
            "you like, batch_size and those of a feed."
        )
    for cells in reader:
        written = delimiter.join(filter(None, cells))
        if not any(cell.strip() for cell in cells):
            continue
        values, problem = named_cells(names, cells)
        if problem is not None:
            yield reader.line_num, written, _sentence(problem)
            continue
        try:
            source = source_of(values, merchant=merchant, batch_size=batch_size, locale=None)
        except InvalidFeedRow as error:
            yield reader.line_num, written, " ".join(map(_sentence, error.problems))
        else:
            yield reader.line_num, written, source


def _plan(lines: Iterable[Line], most: int) -> Plan:
    plan = Plan([], [], [])
    first: dict[str, tuple[int, Source]] = {}
    for count, (number, written, read) in enumerate(lines, start=1):
        if count > most:
            raise TooManyLines(most)
        if isinstance(read, str):
            plan.bad.append(BadLine(number, written[:_SHOWN], read))
            continue
        earlier, known = first.setdefault(canonical_url(read.url), (number, read))
        if earlier == number:
            plan.sources.append(read)
        elif known.product != read.product:
            problem = f"Line {earlier} says other things of the same product."
            plan.bad.append(BadLine(number, written[:_SHOWN], problem))
        else:
            plan.repeated.append(RepeatedLine(number, read, earlier))
    return plan


def _decoded(body: bytes) -> str:
    """The text of a file as programs for tables write it: in UTF-8, UTF-16, or Windows's own."""
    encodings = ["utf-16"] if body[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = body.decode(encoding)
            if "\0" not in text:
                return text
    raise UnreadableFile("The file is no text: save it as CSV, in UTF-8.")


def _sentence(problem: str) -> str:
    told = problem.strip()
    return told[:1].upper() + told[1:]
