"""A feed at an address → the sources that it asks for, every one checked."""

from catalog.feed_columns import is_merchant, missing_columns, source_of
from catalog.feed_opening import ending_of, open_feed, shown_address
from catalog.feed_tables import FeedFormat as FeedFormat
from catalog.feed_tables import Row, Table, read_table, too_many_rows
from catalog.feeds import InvalidFeed as InvalidFeed
from catalog.feeds import InvalidFeedRow
from catalog.product import Source
from catalog.product_fields import canonical_url
from settings import Settings, get_settings

_MOST_ROWS_TOLD = 20
_FORMATS = {
    ".csv": FeedFormat.CSV, ".jsonl": FeedFormat.JSONL, ".ndjson": FeedFormat.JSONL,
    ".parquet": FeedFormat.PARQUET, ".tsv": FeedFormat.MERCHANT_TSV,
    ".xml": FeedFormat.MERCHANT_RSS, ".rss": FeedFormat.MERCHANT_RSS,
    ".atom": FeedFormat.MERCHANT_RSS,
}  # fmt: skip
_MERCHANT = (FeedFormat.MERCHANT_TSV, FeedFormat.MERCHANT_RSS)


def read_feed(
    address: str,
    *,
    feed_format: FeedFormat | None = None,
    batch_size: int = 1,
    locale: str | None = None,
    settings: Settings | None = None,
) -> list[Source]:
    """The sources that a feed asks for, in its order.

    Text is taken as it is written, never for a number or a date.

    Args:
        address: a path, an http(s) address, or one that fsspec reads, such as `s3://…`.
        feed_format: how it is written; told by the ending of its name when left out.
        batch_size: the number of previews for rows that name none, 1 to 10.
        locale: the language for rows that name none, such as `de-DE`.
        settings: whose bounds on bytes (`CTA_MAX_FEED_BYTES`) and rows (`CTA_MAX_FEED_ROWS`) hold.

    Raises:
        InvalidFeed: it cannot be opened, is not what its name says, is empty or too large, lacks a
            column, or has rows that are wrong; of these the first 20 are told.
    """
    settings = settings or get_settings()
    feed_format = _known(feed_format) if feed_format else format_of(address)
    with open_feed(address, settings) as stream:
        table = read_table(stream, feed_format, settings)
        merchant = True if feed_format in _MERCHANT else None
        return _Reading(merchant, batch_size, locale, settings).sources(table)


def _known(feed_format: str) -> FeedFormat:
    try:
        return FeedFormat(feed_format)
    except ValueError:
        raise InvalidFeed(
            [f"There is no format {feed_format!r}; there are: {', '.join(FeedFormat)}."]
        ) from None


def format_of(address: str) -> FeedFormat:
    """The format that the name of a feed says.

    Raises:
        InvalidFeed: its ending is none of those known.
    """
    ending = ending_of(address)
    if ending not in _FORMATS:
        raise InvalidFeed(
            [f"The name of the feed {shown_address(address)} does not say its format: let it end "
             f"in {', '.join(_FORMATS)} (or any of them with .gz), or name the format, one of "
             f"{', '.join(FeedFormat)}."]
        )  # fmt: skip
    return _FORMATS[ending]


class _Reading:
    """The rows of one feed on their way to sources."""

    def __init__(
        self, merchant: bool | None, batch_size: int, locale: str | None, settings: Settings
    ) -> None:
        self._merchant, self._batch_size, self._locale = merchant, batch_size, locale
        self._settings = settings
        self._kinds: set[bool] = set()
        self._problems: dict[int, list[str]] = {}
        self._first: dict[str, tuple[int, Source]] = {}

    def sources(self, table: Table) -> list[Source]:
        """The sources of a table.

        Raises:
            InvalidFeed: as `read_feed` says.
        """
        sources = []
        count = 0
        for row in table:
            count += 1
            if count > self._settings.max_feed_rows:
                raise too_many_rows(self._settings)
            source = self._source(row, table.word)
            if source is not None:
                sources.append(source)
        self._check(table, count)
        return sources

    def _source(self, row: Row, word: str) -> Source | None:
        merchant = is_merchant(row.values) if self._merchant is None else self._merchant
        if row.problem is not None:
            self._problems[row.number] = [row.problem]
            return None
        self._kinds.add(merchant)
        try:
            source = source_of(
                row.values, merchant=merchant, batch_size=self._batch_size, locale=self._locale
            )
        except InvalidFeedRow as error:
            self._problems[row.number] = error.problems
            return None
        number, earlier = self._first.setdefault(canonical_url(source.url), (row.number, source))
        if source.product != earlier.product:
            self._problems[row.number] = [
                f"it has the address of {word.lower()} {number} and says other things of the "
                "product."
            ]
        return source

    def _check(self, table: Table, count: int) -> None:
        columns = table.columns
        kinds = self._kinds or {is_merchant(columns)}
        missing = [name for kind in kinds for name in missing_columns(columns, merchant=kind)]
        if columns and missing:
            there = ", ".join(columns)
            raise InvalidFeed(
                [f"The column {name} is missing; there are: {there[:500]}." for name in missing]
            )
        if not count:
            raise InvalidFeed(["The feed is empty: it has no rows."])
        if self._problems:
            raise InvalidFeed(_told(table.word, self._problems))


def _told(word: str, problems: dict[int, list[str]]) -> list[str]:
    first = list(problems)[:_MOST_ROWS_TOLD]
    told = [f"{word} {number}: {one}" for number in first for one in problems[number]]
    more = len(problems) - len(first)
    if more:
        told.append(f"And {more:,} more row{'' if more == 1 else 's'}.")
    return told
