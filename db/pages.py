"""Lists in pages, newest first: each page begins at a row, not at a number of rows."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlakeyset import Marker, Paging, serialize_bookmark, unserialize_bookmark
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

_DIGEST_BYTES = 8
# A page without rows leads to the first page or to the last, with no row to begin at.
_BOOKMARK = re.compile(r"[<>](dt:[0-9-]{10} [0-9:.]{8,15}\+00:00~uuid:[0-9a-f-]{36})?")


class CursorRefused(ValueError):
    """A cursor is damaged, made up, or of another list."""

    def __init__(self) -> None:
        super().__init__(
            "The cursor does not belong to this list: take it whole from `next` or `previous` of "
            "an answer to the same question, or leave it out to begin at the first page."
        )


@dataclass(frozen=True)
class Page:
    """Some rows of a list, with cursors for the pages beside it where there are any."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None


def read_page(
    session: Session,
    columns: Sequence[Any],
    conditions: Sequence[ColumnElement[bool]],
    page_size: int,
    cursor: str | None,
    listing: str,
) -> Page:
    """A page of rows, newest first; it stays put while rows are added.

    Args:
        session: what it is read with.
        columns: what is read of each row; the first two are `created_at` and `id`.
        conditions: which rows the list has.
        page_size: the most rows of a page.
        cursor: `next` or `previous` of another page of the same list; None for the first.
        listing: what sets this list apart from others.

    Raises:
        CursorRefused: the cursor is damaged, made up, or of another list.
    """
    place, backwards = (None, False) if cursor is None else _read_cursor(cursor, listing)
    order = columns[:2]
    statement = select(*columns).where(*conditions)
    if place is not None:
        here, there = tuple_(*order), tuple_(*place)
        statement = statement.where(here > there if backwards else here < there)
    # The library's own `select_page` would ask the database a second time, for the names.
    rows = session.execute(
        statement.order_by(*(column if backwards else column.desc() for column in order)).limit(
            page_size + 1
        )
    ).all()
    places = [(row[0].astimezone(UTC), row[1]) for row in rows]
    paging = Paging(list(rows), page_size, backwards, place, places)
    return Page(
        rows=paging.rows,
        next=_write_cursor(paging.next, listing) if paging.has_next else None,
        previous=_write_cursor(paging.previous, listing) if paging.has_previous else None,
    )


def _write_cursor(marker: Marker, listing: str) -> str:
    bookmark = serialize_bookmark(marker).encode()
    return base64.urlsafe_b64encode(_digest(bookmark, listing) + bookmark).decode().rstrip("=")


def _read_cursor(cursor: str, listing: str) -> Marker:
    """The digest holds off damage, and cursors of other lists. It is no secret: who makes a cursor
    up chooses where a page of their own workspace begins, and that is all."""
    try:
        decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        digest, bookmark = decoded[:_DIGEST_BYTES], decoded[_DIGEST_BYTES:]
        if digest != _digest(bookmark, listing) or not _BOOKMARK.fullmatch(bookmark.decode()):
            raise CursorRefused
        marker = unserialize_bookmark(bookmark.decode())
    except ValueError as error:
        raise CursorRefused from error
    if _write_cursor(marker, listing) != cursor:
        raise CursorRefused
    return marker


def _digest(bookmark: bytes, listing: str) -> bytes:
    return hashlib.blake2s(bookmark, digest_size=_DIGEST_BYTES, key=_key(listing)).digest()


def _key(listing: str) -> bytes:
    return hashlib.blake2s(listing.encode()).digest()
