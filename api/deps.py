"""What routes stand on: who asks, and what runs are started with."""

from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.orders import Launcher
from db.api_tokens import TokenRefused

_bearer = HTTPBearer(
    auto_error=False, description="The token of a workspace's user (`python -m api.tokens create`)."
)


async def bearer_token(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """The token that the request bears; whose it is, the database says when it is asked for more.

    Raises:
        TokenRefused: it bears none.
    """
    if credentials is None:
        raise TokenRefused
    return credentials.credentials


async def launcher_of_app(request: Request) -> Launcher:
    """What the app starts runs with."""
    launcher: Launcher = request.app.state.launcher
    return launcher


BearerToken = Annotated[str, Depends(bearer_token)]
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
