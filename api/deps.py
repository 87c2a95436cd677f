"""What routes stand on: who asks, and what runs are started with."""

from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.launcher import Launcher
from api.problems import NotAuthenticated
from db import api_tokens
from db.api_tokens import Member
from db.session import unit_of_work
from db.workspaces import get_api_engine

_bearer = HTTPBearer(
    auto_error=False, description="The token of a workspace's user (`python -m api.tokens create`)."
)


def authenticate(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Member:
    """Whose token the request bears.

    Raises:
        NotAuthenticated: it bears none, or one that is unknown or was revoked.
    """
    if credentials is None:
        raise NotAuthenticated
    with unit_of_work(get_api_engine()) as session:
        member = api_tokens.member_of(session, credentials.credentials)
    if member is None:
        raise NotAuthenticated
    return member


def launcher_of_app(request: Request) -> Launcher:
    """What the app starts runs with."""
    launcher: Launcher = request.app.state.launcher
    return launcher


CurrentMember = Annotated[Member, Depends(authenticate)]
CurrentLauncher = Annotated[Launcher, Depends(launcher_of_app)]
PageSize = Annotated[int, Query(ge=1, le=100, description="The most results of a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=500, description="Where the page begins; taken from `next` or `previous`."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="A key of your own for this request: sent again, it answers with the first "
        "one's task in place of starting another.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(description="The ETag that you have read: the change is refused with 412 if the preview "
           "is another by now."),
]  # fmt: skip
IfNoneMatch = Annotated[
    str | None, Header(description="The ETag that you have: 304 is answered while it is true.")
]
