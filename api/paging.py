"""Pages of lists, with the whole addresses of the pages beside them."""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import Request, Response

from db.pages import Page


def listing(request: Request, page: Page, as_result: Callable[[Any], object]) -> Response:
    """A page as an answer; `as_result` makes of each row what the list shows of it.

    It is written out here: FastAPI would check every field of what the database has checked.
    """

    def address(cursor: str | None) -> str | None:
        return None if cursor is None else str(request.url.include_query_params(cursor=cursor))

    answer = {
        "next": address(page.next),
        "previous": address(page.previous),
        "results": [as_result(row) for row in page.rows],
    }
    return Response(orjson.dumps(answer, option=orjson.OPT_UTC_Z), media_type="application/json")
