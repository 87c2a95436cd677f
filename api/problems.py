"""Errors in one shape: problem details (RFC 9457), mapped from their classes in one place."""

import logging
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import quote

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from api.orders import RunNotStarted
from api.routes import check_token
from catalog.product import InvalidSources, complaint
from creative.edits import EditRefused, PrefillOutdated
from db.api_tokens import TokenRefused
from db.errors import (
    BulkTaskNotEnded,
    KeyUsedOtherwise,
    NotRunAgain,
    PreviewChanged,
    PreviewNotDone,
    UnknownRecord,
)
from db.pages import CursorRefused

MEDIA_TYPE = "application/problem+json"
REQUEST_ID_HEADER = "X-Request-ID"
_LOGGER = logging.getLogger("api.problems")
_MOST_TOLD = 100


class BodyTooLarge(HTTPException):
    """The body of the request has more bytes than the settings let it have."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"The body may have at most {most:,} bytes.")


class FieldProblem(BaseModel):
    """One thing that is wrong with a request, and where."""

    detail: str = Field(description="A sentence that names the field and what it takes.")
    pointer: str | None = Field(
        None, description="The place in the body, as a JSON Pointer (RFC 6901)."
    )
    parameter: str | None = Field(None, description="The parameter or header.")


class Problem(BaseModel):
    """What went wrong, as RFC 9457 gives it, with the request's id."""

    type: str = Field("about:blank", description="What kind of problem it is.")
    title: str
    status: int
    detail: str = Field(description="A sentence that says what can be done.")
    instance: str = Field(description="The path that was asked for.")
    request_id: str | None = Field(None, description="The id under which the logs have it.")
    errors: list[FieldProblem] | None = Field(
        None, description="Each thing that is wrong, where there are several or they have a place."
    )


_STATUSES: dict[type[Exception], int] = {
    CursorRefused: 400,
    TokenRefused: 401,
    UnknownRecord: 404,
    BulkTaskNotEnded: 409,
    PreviewNotDone: 409,
    NotRunAgain: 409,
    PrefillOutdated: 409,
    PreviewChanged: 412,
    KeyUsedOtherwise: 422,
    RunNotStarted: 503,
}


def describe_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI is told of the problems that a route may answer with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def install_problems(app: FastAPI) -> None:
    """Have every error of the app answered in the one shape."""
    for known in _STATUSES:
        app.add_exception_handler(known, _known)
    app.add_exception_handler(InvalidSources, _invalid_sources)
    app.add_exception_handler(EditRefused, _edit_refused)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_unreachable)
    app.add_exception_handler(NoConnectionFree, _database_unreachable)
    app.add_exception_handler(Exception, _unexpected)


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """What the app answers when an error comes up, for those who answer in another shape."""
    for kind in type(error).__mro__:
        if kind in request.app.exception_handlers:
            answered: JSONResponse = request.app.exception_handlers[kind](request, error)
            return answered
    return _unexpected(request, error)


def answer(
    request: Request,
    status: int,
    detail: str,
    *,
    error: Exception | None = None,
    errors: Iterable[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as the answer to a request; `error` gives it its type."""
    request_id = correlation_id.get()
    problem = Problem(
        type="about:blank" if error is None else f"urn:cta-previews:{_kebab(type(error))}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=quote(request.scope["path"]),
        request_id=request_id,
        errors=None if errors is None else list(islice(errors, _MOST_TOLD)),
    )
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def _kebab(kind: type[Exception]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _known(request: Request, error: Exception) -> JSONResponse:
    status = next(code for kind, code in _STATUSES.items() if isinstance(error, kind))
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    errors = [FieldProblem(detail=str(error), parameter="cursor")] if status == 400 else None
    return answer(request, status, str(error), error=error, errors=errors, headers=headers)


def _invalid_sources(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidSources)
    errors = [
        FieldProblem(detail=problem, pointer=_pointer_of(problem)) for problem in error.problems
    ]
    return _refused(request, error, errors)


def _pointer_of(sentence: str) -> str:
    """The place that `sources[1].product: …` speaks of."""
    path = sentence.partition(":")[0].replace("[", ".").replace("]", "")
    return _pointer(path.split("."))


def _edit_refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, EditRefused)
    errors = []
    for field, sentence in error.problems:
        path = ["prefill", *filter(None, field.split("."))]
        if path[1:2] == ["widgets"]:
            del path[3:4]  # which kind of widget it was taken for is no part of the way
        detail = f"{'.'.join(path)}: {sentence}"
        errors.append(FieldProblem(detail=detail, pointer=_pointer(path)))
    return _refused(request, error, errors)


def _refused(request: Request, error: Exception, errors: list[FieldProblem]) -> JSONResponse:
    return answer(request, 422, errors[0].detail, error=error, errors=errors)


def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request is told to those alone who may make one."""
    assert isinstance(error, RequestValidationError)
    try:
        check_token(request)
    except TokenRefused as refused:
        return _known(request, refused)
    problems = error.errors()
    if problems[0]["type"] == "json_invalid":
        return answer(request, 400, "The body is no JSON.")
    told = [problem.get("ctx", {}).get("error") for problem in problems]
    if isinstance(told[0], InvalidSources):
        return _invalid_sources(request, told[0])
    errors = [_field_problem(problem) for problem in problems[:_MOST_TOLD]]
    return answer(request, 422, errors[0].detail, errors=errors)


def _field_problem(problem: Any) -> FieldProblem:
    where, *path = problem["loc"]
    sentence = complaint(problem)
    if where != "body":
        name = ".".join(str(part) for part in path)
        return FieldProblem(detail=f"{name}: {sentence}", parameter=name)
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    name = name.lstrip(".") or "body"
    return FieldProblem(detail=f"{name}: {sentence}", pointer=_pointer(path))


def _pointer(path: Iterable[object]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{part}" for part in parts)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = str(error.detail).rstrip(".") + "."
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The framework tells what the first route of this path takes; there may be others.
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    return answer(request, error.status_code, detail, headers=headers)


def _methods_of(request: Request) -> set[str]:
    return {
        method
        for route in request.app.state.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods
    }


def _database_unreachable(request: Request, error: Exception) -> JSONResponse:
    _LOGGER.warning("The database could not be reached: %s", error)
    return answer(
        request, 503, "The database cannot be reached at the moment; try again in a while.",
        headers={"Retry-After": "5"},
    )  # fmt: skip


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _LOGGER.error("An unexpected error came up", exc_info=error)
    return answer(
        request, 500,
        "An unexpected error came up. It is in the API's log, under this request's id.",
        # This handler stands outside of what adds the id to other answers, and the server hangs up.
        headers={REQUEST_ID_HEADER: correlation_id.get() or "", "Connection": "close"},
    )  # fmt: skip
