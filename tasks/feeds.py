"""Feeds: read, and left out of them what has not changed."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from catalog.feed_files import FeedFormat as FeedFormat
from catalog.feed_files import read_feed
from catalog.feed_opening import shown_address as shown_address
from catalog.product import Source
from db import feeds
from db.session import unit_of_work
from tasks.failures import may_pass


@task(
    name="read-sources",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=may_pass,
)
def read_sources(
    feed: str,
    *,
    feed_format: FeedFormat | None,
    batch_size: int,
    locale: str | None,
    only_changed: bool,
    workspace: str,
) -> list[Source]:
    """The sources of a feed; with `only_changed`, those that this workspace has not made as they
    are.

    Raises:
        InvalidFeed: it cannot be read, is empty, lacks a column, or has rows that are wrong.
    """
    sources = read_feed(feed, feed_format=feed_format, batch_size=batch_size, locale=locale)
    if not only_changed:
        return sources
    with unit_of_work() as session:
        return feeds.changed(session, workspace, sources)
