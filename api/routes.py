"""Routes that ask for the token before they read the body."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from fastapi.security.utils import get_authorization_scheme_param
from starlette.exceptions import HTTPException

from db.api_tokens import TokenRefused
from db.workspaces import member_unit_of_work

_WITH_A_BODY = {"POST", "PUT", "PATCH"}


class TokenFirst(APIRoute):
    """Has nobody without a valid token make the API read, and check, what they send."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own, behind the token and the media type."""
        handle = super().get_route_handler()
        takes_a_body = self.body_field is not None
        must_have_a_body = self.body_field is not None and self.body_field.field_info.is_required()

        async def after_the_token(request: Request) -> Response:
            if request.method in _WITH_A_BODY:
                await run_in_threadpool(check_token, request)
                if must_have_a_body or (takes_a_body and _has_a_body(request)):
                    _check_media_type(request)
            return await handle(request)

        return after_the_token


def check_token(request: Request) -> None:
    """Raise `TokenRefused` unless the request bears a valid token."""
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() != "bearer":
        raise TokenRefused
    with member_unit_of_work(token):
        pass


def _has_a_body(request: Request) -> bool:
    """Whether the request announces one (RFC 9112, 6.3)."""
    return (
        "Transfer-Encoding" in request.headers or request.headers.get("Content-Length", "0") != "0"
    )


def _check_media_type(request: Request) -> None:
    given = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if given != "application/json" and not given.endswith("+json"):
        raise HTTPException(415, "The body must be JSON: send Content-Type: application/json")
