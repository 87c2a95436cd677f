"""A cursor is taken whole, for the list that it was given with, or it is refused."""

import base64
import string
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlakeyset import Marker
from sqlalchemy.orm import Session

from catalog.product import Source
from db import bulk_tasks, pages, shown_previews
from db.models import PreviewStatus, TaskStatus
from db.pages import CursorRefused, Page

MOMENT = datetime(2026, 1, 28, 10, 30, 1, 250_000, tzinfo=UTC)
ROW_ID = UUID("0f0e0d0c-0b0a-4909-8807-060504030201")
LISTING = "bulk tasks None"
ALPHABET = string.ascii_letters + string.digits + "-_"


def read(session: Session, cursor: str | None, status: TaskStatus | None = None) -> Page:
    return bulk_tasks.page(session, status=status, page_size=2, cursor=cursor)


def is_refused(session: Session, cursor: str) -> bool:
    try:
        read(session, cursor)
    except CursorRefused:
        return True
    return False


def written(bookmark: str | bytes) -> str:
    """A cursor of a bookmark that somebody made up, with its right digest."""
    raw = bookmark.encode() if isinstance(bookmark, str) else bookmark
    return base64.urlsafe_b64encode(pages._digest(raw, LISTING) + raw).decode().rstrip("=")


@pytest.fixture
def cursor(session: Session) -> str:
    for _ in range(5):
        source = Source(url="https://shop.example/kettle")
        bulk_tasks.record(session, uuid4(), [source], workspace="acme", user="ann")
    cursor = read(session, None).next
    assert cursor is not None
    assert len(read(session, cursor).rows) == 2
    return cursor


def test_a_cursor_is_refused_with_any_one_character_changed(session: Session, cursor: str) -> None:
    for place, known in enumerate(cursor):
        # Of the last one some bits say nothing, so that other letters could mean the same.
        others = ALPHABET if place == len(cursor) - 1 else "Aa0-_"
        for other in (others + "=+/~ \n\x00").replace(known, ""):
            damaged = cursor[:place] + other + cursor[place + 1 :]
            assert is_refused(session, damaged), (place, other)


def test_a_cursor_is_refused_with_a_character_missing_or_too_many(
    session: Session, cursor: str
) -> None:
    for place in range(len(cursor)):
        assert is_refused(session, cursor[:place]), place
        assert is_refused(session, cursor[:place] + cursor[place + 1 :]), place
    for place in range(len(cursor) + 1):
        for more in "A=~ \n+/":
            assert is_refused(session, cursor[:place] + more + cursor[place:]), (place, more)


@pytest.mark.parametrize(
    "garbage",
    ["", " ", "=", "A", "AAAA", "None", "null", "0", "-1", ">", "..", "%00", "\x00", "' OR 1=1 --",
     "a" * 12, "a" * 100_000, "=" * 100_000, "-_" * 40],
    ids=repr,
)  # fmt: skip
def test_what_never_was_a_cursor_is_refused(session: Session, garbage: str) -> None:
    assert is_refused(session, garbage)


@pytest.mark.parametrize("garbage", ["é", "коpзина", "\ud800", "Ａ" * 40, "\N{NO-BREAK SPACE}"])
def test_a_cursor_of_other_letters_than_ours_is_refused(
    session: Session, cursor: str, garbage: str
) -> None:
    assert is_refused(session, garbage)
    assert is_refused(session, cursor + garbage)


def test_a_refusal_says_what_to_do(session: Session) -> None:
    with pytest.raises(CursorRefused, match="take it whole from `next` or `previous`"):
        read(session, "made-up")


def test_a_cursor_is_good_for_its_own_list_alone(session: Session, cursor: str) -> None:
    for status in TaskStatus:
        with pytest.raises(CursorRefused):
            read(session, cursor, status)
    lists: list[dict[str, Any]] = [
        {"bulk_task_id": task, "product_id": product, "status": status}
        for task in (None, ROW_ID)
        for product in (None, ROW_ID)
        for status in (None, *PreviewStatus)
    ]
    for wanted in lists:
        own = pages._write_cursor(
            Marker((MOMENT, ROW_ID)), "previews {} {} {}".format(*wanted.values())
        )
        with pytest.raises(CursorRefused):
            shown_previews.page(session, **wanted, page_size=2, cursor=cursor)
        with pytest.raises(CursorRefused):
            read(session, own)
        for other in lists:
            if other == wanted:
                assert shown_previews.page(session, **other, page_size=2, cursor=own).rows == []
            else:
                with pytest.raises(CursorRefused):
                    shown_previews.page(session, **other, page_size=2, cursor=own)


@pytest.mark.parametrize(
    "place",
    [
        (1, 2), (MOMENT, 1), (1, ROW_ID), (None, None), (MOMENT, None), (None, ROW_ID),
        (MOMENT.replace(tzinfo=None), ROW_ID), (MOMENT.date(), ROW_ID), (date(2026, 1, 28), ROW_ID),
        (MOMENT.time(), ROW_ID), (MOMENT.isoformat(), ROW_ID), (MOMENT, str(ROW_ID)),
        (MOMENT, ROW_ID.bytes), (MOMENT.timestamp(), ROW_ID), (True, False),
        (ROW_ID, MOMENT), (MOMENT, MOMENT), (ROW_ID, ROW_ID),
        (MOMENT,), (ROW_ID,), (MOMENT, ROW_ID, ROW_ID), (MOMENT, ROW_ID, None), (1, 2, 3),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("backwards", [False, True])
def test_a_made_up_cursor_that_points_to_no_place_of_the_list_is_refused(
    session: Session, place: Any, backwards: bool
) -> None:
    assert is_refused(session, pages._write_cursor(Marker(place, backwards), LISTING))


def test_a_made_up_cursor_that_points_to_a_place_is_taken(session: Session, cursor: str) -> None:
    """The digest is no secret, and a place is all that a cursor says."""
    later = pages._write_cursor(Marker((MOMENT + timedelta(days=36500), ROW_ID)), LISTING)
    assert len(read(session, later).rows) == 2


@pytest.mark.parametrize(
    "bookmark",
    ["", ">x", ">x~x", "?x~x", "x~x", ">i:1", ">dt:~uuid:", f">dt:today~uuid:{ROW_ID}",
     f">dt:{MOMENT}~uuid:0", f">dt:{MOMENT}~uuid:{ROW_ID}~", f">dt:{MOMENT}~uuid:{ROW_ID}\r\n",
     f">dt:{MOMENT}~uuid:{ROW_ID.hex}", f">dt:{MOMENT.isoformat()}~uuid:{ROW_ID}",
     f">dt:{MOMENT}~uuid:{{{ROW_ID}}}", f">>dt:{MOMENT}~uuid:{ROW_ID}", ">z:1~z:2", ">\n", ">\r\n",
     ">i:" + "9" * 5000, ">n:1e9999999~n:NaN", b"\xff\xfe", b">\xff~\xff", ">s:a\\"],
    ids=repr,
)  # fmt: skip
def test_a_made_up_cursor_that_is_written_in_another_way_is_refused(
    session: Session, bookmark: str | bytes
) -> None:
    assert is_refused(session, written(bookmark))


@pytest.mark.parametrize(
    "bookmark",
    [
        pytest.param(">a\rb", id="a line that ends early"),
        pytest.param(">s:" + "a" * 200_000, id="a very long field"),
        pytest.param(f">dt:{MOMENT:%Y-%m-%d %H:%M:%S}+30:00~uuid:{ROW_ID}", id="no zone of Python's"),
        pytest.param(
            f">dt:{MOMENT.replace(tzinfo=timezone(timedelta(hours=20)))}~uuid:{ROW_ID}",
            id="no zone of Postgres's",
        ),
    ],
)  # fmt: skip
def test_a_made_up_cursor_that_cannot_be_read_is_refused(session: Session, bookmark: str) -> None:
    try:
        taken = not is_refused(session, written(bookmark))
    except Exception:
        session.rollback()
        taken = True
    assert not taken
