"""A batch of ten thousand previews: every page is as small as any other, and all are reached."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from httpx import Response
from lxml import html
from sqlalchemy import Engine, func, select, text

from bench.million_previews import LARGE, fill
from db.api_tokens import Member
from db.models import CTAIFramePreview
from db.session import unit_of_work
from tests.api.gallery.conftest import Visitor, texts

ANSWER_BYTES = 120_000
WAYS = {
    "words=WALNUT+stays": 9_000,
    "words=product": 10_000,
    "review=waiting": 9_000,
    "status=failed": 1_000,
    "order=newest": 10_000,
    "order=changed": 10_000,
}


@pytest.fixture
def batch(database: Engine) -> UUID:
    """The batch of ten thousand, among a few thousand others."""
    with unit_of_work() as session:
        fill(session, 5_000)
        by_batch = CTAIFramePreview.bulk_generate_task_id
        [largest] = session.execute(
            select(by_batch, func.count()).group_by(by_batch).order_by(func.count().desc()).limit(1)
        )
    assert largest[1] == 10_000
    # As Postgres does by itself before long; until then it takes the tables for small.
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    found: UUID = largest[0]
    return found


def cards_of(answer: Response) -> list[str]:
    assert answer.status_code == 200
    assert len(answer.content) <= ANSWER_BYTES
    return re.findall(r'id="preview-([0-9a-f-]{36})"', answer.text)


def test_pages_are_small_and_the_last_is_reached(
    batch: UUID, visitor_of: Callable[[Member | None], Visitor]
) -> None:
    visitor = visitor_of(Member(LARGE, "ann"))
    address = f"/gallery/batches/{batch}"
    first = visitor.get(address)
    assert len(cards_of(first)) == 24
    assert texts(first, ".pager span") == ["Page 1 of 417"]
    last = visitor.get(f"{address}?page=417")
    assert len(cards_of(last)) == 10_000 - 416 * 24 == 16
    assert texts(last, ".pager") == ["Back Page 417 of 417"]
    beyond = visitor.get(f"{address}?page=1000000")
    assert cards_of(beyond) == cards_of(last)
    assert not set(cards_of(first)) & set(cards_of(visitor.get(f"{address}?page=2")))


def test_each_way_to_look_at_them_is_paged(
    batch: UUID, visitor_of: Callable[[Member | None], Visitor]
) -> None:
    visitor = visitor_of(Member(LARGE, "ann"))
    for query, found in WAYS.items():
        shown = visitor.get(f"/gallery/batches/{batch}?{query}")
        assert len(cards_of(shown)) == 24, query
        assert texts(shown, "#cards > .hidden") == [f"{found:,} previews"]
        fragment = visitor.get(f"/gallery/batches/{batch}/cards?{query}")
        assert cards_of(fragment) == cards_of(shown), query


def test_the_product_of_a_source_leads_to_its_previews_alone(
    batch: UUID, visitor_of: Callable[[Member | None], Visitor]
) -> None:
    visitor = visitor_of(Member(LARGE, "ann"))
    listed = html.fromstring(visitor.get(f"/gallery/batches/{batch}/sources").text)
    row = listed.cssselect("tbody tr")[1]
    shown = visitor.get(row.cssselect("td:last-of-type a")[0].get("href"))
    address = row.cssselect(".clip")[0].text
    assert texts(shown, "#cards > .hidden") == [
        f"{row.cssselect('.number')[0].text.partition(' of ')[2]} previews"
    ]
    assert texts(shown, "main .clip") == [address]
    [search] = html.fromstring(shown.text).cssselect("form.search")
    again = visitor.get(f"/gallery/batches/{batch}?source={search.fields['source']}")
    assert cards_of(again) == cards_of(shown)
    everything = html.fromstring(shown.text).xpath("//a[.='Show all sources']/@href")
    assert everything == [f"/gallery/batches/{batch}"]


def test_the_sources_are_paged(batch: UUID, visitor_of: Callable[[Member | None], Visitor]) -> None:
    visitor = visitor_of(Member(LARGE, "ann"))
    first = visitor.get(f"/gallery/batches/{batch}/sources")
    assert len(texts(first, "tbody tr")) == 50
    assert len(first.content) <= ANSWER_BYTES
    assert texts(first, ".pager span") == ["Page 1 of 20"]
    assert len(texts(visitor.get(f"/gallery/batches/{batch}/sources?page=20"), "tbody tr")) == 50
