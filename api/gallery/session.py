"""Who is signed in: the workspace user's token in a cookie, and what keeps other sites out."""

import hashlib
import hmac
from hmac import compare_digest

from fastapi import Request, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

COOKIE = "cta_token"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
_LASTS_SECONDS = 30 * 24 * 60 * 60


class ForeignRequest(HTTPException):
    """A request would change something, and does not come from a page of this gallery."""

    def __init__(self) -> None:
        super().__init__(
            403,
            "This did not come from a page that is open here, or you have signed in anew since. "
            "Load the page again and try once more",
        )


def token_of(request: Request) -> str | None:
    """The token in the request's cookie, if it has one."""
    return request.cookies.get(COOKIE) or None


def remember(request: Request, response: Response, token: str) -> None:
    """Sign in: the browser sends the token with each request, and hides it from scripts."""
    response.set_cookie(
        COOKIE, token, max_age=_LASTS_SECONDS, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def forget(request: Request, response: Response) -> None:
    """Sign out."""
    response.delete_cookie(
        COOKIE, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


def csrf_of(token: str) -> str:
    """What a form must hold to be taken: known to who knows the token, and telling nothing of it.

    An HMAC of the token, as in OWASP's *Cross-Site Request Forgery Prevention*.
    """
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def check_own_page(request: Request) -> None:
    """Raise `ForeignRequest` where the browser says that another site sends the request."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForeignRequest


def check_csrf(request: Request, form: FormData, token: str) -> None:
    """Raise `ForeignRequest` unless the request holds what the pages of this user hold."""
    given = form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER) or ""
    if not isinstance(given, str) or not compare_digest(given.encode(), csrf_of(token).encode()):
        raise ForeignRequest
