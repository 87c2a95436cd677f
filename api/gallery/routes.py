"""Routes of pages: behind the cookie's token, safe from other sites, with errors as pages."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api.gallery.pages import page
from api.gallery.session import check_csrf, check_own_page, forget, token_of
from api.problems import Problem, problem_of
from db.api_tokens import Member, TokenRefused
from db.workspaces import member_unit_of_work
from settings import get_settings

SIGN_IN = "/gallery/sign-in"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GalleryRoute(APIRoute):
    """Takes nobody's request but a signed-in user's; what goes wrong is told on a page.

    Who asks for `application/json` is told as over REST.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's own, behind the token and what keeps other sites out."""
        handle = super().get_route_handler()

        async def as_page(request: Request) -> Response:
            try:
                await self.admit(request)
                return await handle(request)
            except TokenRefused as refused:
                return _to_sign_in(request, refused)
            except RequestValidationError as error:
                return _told(request, _unreadable(error))
            except Exception as error:
                return _told(request, error)

        return as_page

    async def admit(self, request: Request) -> None:
        """Raise `TokenRefused` or `ForeignRequest` where the request is not to be looked at."""
        token = token_of(request)
        if token is None:
            raise TokenRefused
        request.state.member = await run_in_threadpool(_member_of, token)
        if request.method == "POST":
            check_own_page(request)
            request.state.form = await _read_form(request)
            check_csrf(request, request.state.form, token)


class OpenRoute(GalleryRoute):
    """A route for those, too, who are not signed in."""

    async def admit(self, request: Request) -> None:
        """Raise `ForeignRequest` where another site sends a form."""
        if request.method == "POST":
            check_own_page(request)
            request.state.form = await _read_form(request)


def signed_in(request: Request) -> str:
    """The token of the user who is signed in, which was looked at."""
    token = token_of(request)
    assert token is not None
    return token


def sent_form(request: Request) -> FormData:
    """The form that was sent, whose CSRF token was looked at."""
    form: FormData = request.state.form
    return form


Token = Annotated[str, Depends(signed_in)]
Form = Annotated[FormData, Depends(sent_form)]


def field(form: FormData, name: str) -> str:
    """The text of one field of a form; empty where it is missing, or is a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def wants_json(request: Request) -> bool:
    """Whether a script asks, and not a person."""
    return "application/json" in request.headers.get("Accept", "")


def _member_of(token: str) -> Member:
    with member_unit_of_work(token) as (_, member):
        return member


async def _read_form(request: Request) -> FormData:
    return await request.form(max_part_size=get_settings().api_max_body_bytes)


def _unreadable(error: RequestValidationError) -> HTTPException:
    """An address that does not read as one of ours leads nowhere."""
    in_path = any(problem["loc"][0] == "path" for problem in error.errors())
    if in_path:
        return HTTPException(404, "There is nothing at this address")
    names = ", ".join(sorted({str(problem["loc"][-1]) for problem in error.errors()}))
    return HTTPException(422, f"The address asks for something that does not exist ({names})")


def _to_sign_in(request: Request, refused: TokenRefused) -> Response:
    if wants_json(request):
        response: Response = problem_of(request, refused)
    else:
        query = f"?{request.url.query}" if request.url.query else ""
        following = f"{request.url.path}{query}" if request.method == "GET" else "/"
        asked = "" if following == "/" else f"?{urlencode({'next': following})}"
        response = RedirectResponse(SIGN_IN + asked, 303)
    if token_of(request) is not None:
        forget(request, response)
    return response


def _told(request: Request, error: Exception) -> Response:
    answer = problem_of(request, error)
    if wants_json(request):
        return answer
    problem = Problem.model_validate_json(bytes(answer.body))
    told = page(request, "problem", status=problem.status, problem=problem)
    for name in ("Retry-After", "Allow"):
        if name in answer.headers:
            told.headers[name] = answer.headers[name]
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        told.headers["Connection"] = "close"
    return told
