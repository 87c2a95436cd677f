"""Signing in with the token of a workspace's user, and out."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from api.gallery.pages import page
from api.gallery.routes import SIGN_IN, Form, OpenRoute, field
from api.gallery.session import forget, remember
from db.api_tokens import TokenRefused
from db.workspaces import member_unit_of_work

router = APIRouter(prefix="/gallery", include_in_schema=False, route_class=OpenRoute)


@router.get("/sign-in")
def show_sign_in(request: Request) -> Response:
    """The form that asks for the token."""
    following = _within(request.query_params.get("next", "/"))
    return page(request, "sign_in", following=following, refused=False)


@router.post("/sign-in")
async def sign_in(request: Request, form: Form) -> Response:
    """Keep the token in a cookie, and go on to where the user was headed."""
    token, following = field(form, "token").strip(), _within(field(form, "next"))
    try:
        await run_in_threadpool(_check, token)
    except TokenRefused:
        return page(request, "sign_in", status=401, following=following, refused=True)
    response = RedirectResponse(following, 303)
    remember(request, response, token)
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Take the cookie back."""
    response = RedirectResponse(SIGN_IN, 303)
    forget(request, response)
    return response


def _check(token: str) -> None:
    with member_unit_of_work(token):
        pass


def _within(following: str) -> str:
    """Where to go on; the first page, unless it is a path of this gallery."""
    try:
        parts = urlsplit(following)
    except ValueError:
        return "/"
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/gallery/")
    return following if inside and "\\" not in following and following.isprintable() else "/"
