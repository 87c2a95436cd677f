"""Pages of lists, with the whole addresses of the pages beside them."""

from typing import Any

from fastapi import Request, Response

from api.schemas import Listing
from db.pages import Page


def listing(request: Request, page: Page, kind: type[Listing[Any]]) -> Response:
    """A page as an answer; its rows become what `kind` lists.

    It is written out here, for FastAPI would check a second time what was made a line above.
    """

    def address(cursor: str | None) -> str | None:
        return None if cursor is None else str(request.url.include_query_params(cursor=cursor))

    made = kind(next=address(page.next), previous=address(page.previous), results=list(page.rows))
    return Response(made.model_dump_json(), media_type="application/json")
