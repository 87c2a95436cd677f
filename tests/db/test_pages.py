"""Walking a list page by page: every row once, in order, whatever is added or deleted meanwhile."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from db import bulk_tasks, shown_previews
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview, PreviewStatus
from db.pages import Page
from tests.db.conftest import save_product

Read = Callable[[str | None], Page]
MOST = 120
BEGIN = datetime(2026, 1, 28, 10, 30, tzinfo=UTC)


class BulkTasks:
    """The list of bulk tasks, to which rows can be added."""

    record = CTABulkGenerateTask

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, moments: list[datetime]) -> list[UUID]:
        rows = [
            {"id": uuid4(), "name": "Batch", "workspace": "acme", "user": "ann", "created_at": moment}
            for moment in moments
        ]  # fmt: skip
        if rows:
            self.session.execute(insert(CTABulkGenerateTask), rows)
        return [row["id"] for row in rows]  # type: ignore[misc]

    def reading(self, page_size: int) -> Read:
        return lambda cursor: bulk_tasks.page(
            self.session, status=None, page_size=page_size, cursor=cursor
        )


class Previews:
    """The list of previews, to which rows can be added; each has a source of its own."""

    record = CTAIFramePreview

    def __init__(self, session: Session) -> None:
        self.session = session
        self.product_id = save_product(session)
        self.bulk_task_id = uuid4()
        bulk_tasks.record(session, self.bulk_task_id, [], workspace="acme", user="ann")

    def add(self, moments: list[datetime], **values: Any) -> list[UUID]:
        whose = {"workspace": "acme", "user": "ann"}
        whose |= {"bulk_generate_task_id": values.pop("bulk_task_id", self.bulk_task_id)}
        made = [(uuid4(), uuid4(), moment) for moment in moments]
        if made:
            self.session.execute(
                insert(CTABulkGenerateSource),
                [{"id": source_id, "url": "https://shop.example/", "batch_size": 1,
                  "position": source_id.int % 2**31, **whose} for _, source_id, _ in made],
            )  # fmt: skip
            known = {"product_id": self.product_id, "source_image_url": "x", "position": 0} | values
            self.session.execute(
                insert(CTAIFramePreview),
                [{"id": row_id, "source_id": source_id, "created_at": moment, **whose, **known}
                 for row_id, source_id, moment in made],
            )  # fmt: skip
        return [row_id for row_id, _, _ in made]

    def reading(self, page_size: int, **wanted: Any) -> Read:
        filters = {"bulk_task_id": None, "product_id": None, "status": None} | wanted
        return lambda cursor: shown_previews.page(
            self.session, **filters, page_size=page_size, cursor=cursor
        )


@pytest.fixture(params=[BulkTasks, Previews])
def listed(request: pytest.FixtureRequest, session: Session) -> BulkTasks | Previews:
    made: BulkTasks | Previews = request.param(session)
    return made


def moments(count: int) -> list[datetime]:
    """Seven at a time are the same, and all are less than a second apart."""
    return [BEGIN + timedelta(microseconds=number // 7) for number in range(count)]


def in_order(session: Session, record: Any) -> list[UUID]:
    rows = session.execute(select(record.created_at, record.id)).all()
    return [row.id for row in sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)]


def ids(page: Page) -> list[UUID]:
    return [row.id for row in page.rows]


def forwards(read: Read, cursor: str | None = None) -> Iterator[Page]:
    page = read(cursor)
    yield page
    for _ in range(MOST):
        if page.next is None:
            return
        page = read(page.next)
        yield page
    pytest.fail("the list does not end")


def backwards(read: Read, cursor: str | None) -> Iterator[Page]:
    for _ in range(MOST):
        if cursor is None:
            return
        page = read(cursor)
        yield page
        cursor = page.previous
    pytest.fail("the list does not begin")


def all_ids(pages: list[Page]) -> list[UUID]:
    return [row_id for page in pages for row_id in ids(page)]


@pytest.mark.parametrize("page_size", [1, 2, 7, 100])
@pytest.mark.parametrize("count", [1, 7, 37, 105])
def test_every_row_comes_once_and_in_order_in_both_directions(
    session: Session, listed: BulkTasks | Previews, page_size: int, count: int
) -> None:
    listed.add(moments(count))
    expected, read = in_order(session, listed.record), listed.reading(page_size)
    there = list(forwards(read))
    assert all_ids(there) == expected
    assert len(there) == -(-count // page_size)
    assert all(len(page.rows) == page_size for page in there[:-1])
    assert (there[0].previous, there[-1].next) == (None, None)
    back = list(backwards(read, there[-1].previous))[::-1]
    assert all_ids(back) + ids(there[-1]) == expected
    assert all(page.next is not None for page in back)
    assert all(len(page.rows) == page_size for page in back[1:])
    if back:
        assert all_ids(list(forwards(read, back[0].next))) == expected[len(back[0].rows) :]


def test_an_empty_list_is_one_page_without_neighbours(listed: BulkTasks | Previews) -> None:
    assert listed.reading(7)(None) == Page([], None, None)


def test_the_next_page_may_be_of_another_size(
    session: Session, listed: BulkTasks | Previews
) -> None:
    listed.add(moments(20))
    first = listed.reading(3)(None)
    rest = listed.reading(100)(first.next)
    assert ids(first) + ids(rest) == in_order(session, listed.record)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"])
def test_a_cursor_is_good_wherever_the_database_says_it_is(
    session: Session, listed: BulkTasks | Previews, zone: str
) -> None:
    """The rows lie on both sides of a change to summer time."""
    listed.add([BEGIN + timedelta(days=30 * number // 2, microseconds=7) for number in range(12)])
    expected, read = in_order(session, listed.record), listed.reading(5)
    first = read(None)
    session.execute(text(f"SET LOCAL TimeZone = '{zone}'"))
    rest = list(forwards(read, first.next))
    session.execute(text("SET LOCAL TimeZone = 'UTC'"))
    assert ids(first) + all_ids(rest) == expected
    assert all_ids(list(backwards(read, rest[-1].previous))[::-1]) == expected[:-2]


@pytest.mark.parametrize("page_size", [1, 2, 7])
def test_rows_that_are_added_at_the_top_repeat_and_skip_none(
    session: Session, listed: BulkTasks | Previews, page_size: int
) -> None:
    listed.add(moments(30))
    expected, read = in_order(session, listed.record), listed.reading(page_size)
    later = BEGIN + timedelta(days=1)
    there = []
    for page in forwards(read):
        there.append(page)
        listed.add([later] * 3)
    assert all_ids(there) == expected
    back = list(backwards(read, there[-1].previous))[::-1]
    assert all_ids(back) + ids(there[-1]) == in_order(session, listed.record)


@pytest.mark.parametrize("page_size", [1, 2, 7])
@pytest.mark.parametrize("place", [0, -1])
def test_rows_that_are_deleted_repeat_and_skip_no_other(
    session: Session, listed: BulkTasks | Previews, page_size: int, place: int
) -> None:
    """The first of a page is where its `previous` points to, and the last where its `next` does."""
    listed.add(moments(30))
    expected, read = in_order(session, listed.record), listed.reading(page_size)
    record, there = listed.record, []
    for page in forwards(read):
        there.append(page)
        session.execute(delete(record).where(record.id == ids(page)[place]))
    assert all_ids(there) == expected
    gone = {ids(page)[place] for page in there}
    left = [row_id for row_id in expected if row_id not in gone]
    assert in_order(session, record) == left
    back = list(backwards(read, there[-1].previous))[::-1]
    of_the_last = [row_id for row_id in ids(there[-1]) if row_id in left]
    assert all_ids(back) + of_the_last == left


def test_rows_that_are_deleted_on_the_way_back_repeat_and_skip_no_other(
    session: Session, listed: BulkTasks | Previews
) -> None:
    listed.add(moments(30))
    expected, read, record = in_order(session, listed.record), listed.reading(4), listed.record
    last = list(forwards(read))[-1]
    back = []
    for page in backwards(read, last.previous):
        back.append(page)
        session.execute(delete(record).where(record.id.in_([ids(page)[0], ids(page)[-1]])))
    assert all_ids(back[::-1]) + ids(last) == expected


def test_a_page_whose_rows_are_all_gone_leads_back_to_those_before(
    session: Session, listed: BulkTasks | Previews
) -> None:
    listed.add(moments(10))
    expected, read, record = in_order(session, listed.record), listed.reading(4), listed.record
    first = read(None)
    session.execute(delete(record).where(record.id.in_(expected[4:])))
    empty = read(first.next)
    assert (empty.rows, empty.next) == ([], None)
    assert all_ids(list(backwards(read, empty.previous))) == expected[:4]


def test_a_page_before_which_all_rows_are_gone_leads_on_to_those_after(
    session: Session, listed: BulkTasks | Previews
) -> None:
    listed.add(moments(10))
    expected, read, record = in_order(session, listed.record), listed.reading(4), listed.record
    second = read(read(None).next)
    session.execute(delete(record).where(record.id.in_(expected[:4])))
    empty = read(second.previous)
    assert (empty.rows, empty.previous) == ([], None)
    assert all_ids(list(forwards(read, empty.next))) == expected[4:]


def test_previews_are_listed_by_bulk_task_by_product_and_by_status(session: Session) -> None:
    listed = Previews(session)
    other_task, other_product = uuid4(), save_product(session, url="https://shop.example/cup")
    bulk_tasks.record(session, other_task, [], workspace="acme", user="ann")
    added: dict[tuple[UUID, UUID, str], list[UUID]] = {}
    for task in (listed.bulk_task_id, other_task):
        for product in (listed.product_id, other_product):
            for status in ("queued", "running"):
                added[task, product, status] = listed.add(
                    moments(3), bulk_task_id=task, product_id=product, status=status
                )
    everything = in_order(session, CTAIFramePreview)
    for task_wanted in (None, other_task):
        for product_wanted in (None, other_product):
            for status_wanted in (None, PreviewStatus.RUNNING):
                wanted = (task_wanted, product_wanted, status_wanted)
                chosen = {
                    row_id
                    for kind, rows in added.items()
                    for row_id in rows
                    if all(want in (None, has) for want, has in zip(wanted, kind, strict=True))
                }
                names = ("bulk_task_id", "product_id", "status")
                read = listed.reading(2, **dict(zip(names, wanted, strict=True)))
                assert all_ids(list(forwards(read))) == [one for one in everything if one in chosen]
    assert listed.reading(2, status=PreviewStatus.DONE)(None) == Page([], None, None)


def test_bulk_tasks_are_listed_by_status(session: Session) -> None:
    added = BulkTasks(session).add(moments(20))
    session.execute(
        update(CTABulkGenerateTask)
        .where(CTABulkGenerateTask.id.in_(added[::3]))
        .values(status="running")
    )
    everything = in_order(session, CTABulkGenerateTask)
    for status, chosen in (("running", set(added[::3])), ("pending", set(added) - set(added[::3]))):
        pages = forwards(
            lambda cursor, status=status: bulk_tasks.page(  # type: ignore[misc]
                session, status=status, page_size=3, cursor=cursor
            )
        )
        assert all_ids(list(pages)) == [row_id for row_id in everything if row_id in chosen]
