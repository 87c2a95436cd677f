"""A new batch: addresses pasted or sent as a file, what they would make, and the start of it."""

import json
from typing import Any
from uuid import uuid4

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from api.batches import record_and_start
from api.deps import CurrentLauncher
from api.gallery.pages import page
from api.gallery.pasted import Plan, TooManyLines, UnreadableFile, plan_of_file, plan_of_text
from api.gallery.routes import Form, GalleryRoute, Token, field
from api.orders import Launcher
from api.schemas import BatchRequest
from catalog.product import InvalidSources, Source
from db import progress_told
from db.progress import Progress
from settings import get_settings

router = APIRouter(prefix="/gallery", include_in_schema=False, route_class=GalleryRoute)

_LISTED = 50
# Repeated and bad lines beside those that a batch can take.
_LINES_A_SOURCE = 4
_REST_OF_FORM = 10_000


@router.get("/new")
def show_new_batch(request: Request, token: Token) -> Response:
    """The form that takes addresses."""
    return _form(request)


@router.post("/new")
async def show_plan(
    request: Request, token: Token, form: Form, launcher: CurrentLauncher
) -> Response:
    """What a batch would make, before it is started."""
    sent = form.get("file")
    body = await sent.read() if isinstance(sent, UploadFile) and sent.filename else b""
    return await to_thread.run_sync(
        _plan, request, field(form, "addresses"), body, field(form, "batch_size"),
        bool(field(form, "refresh")), launcher,
    )  # fmt: skip


def _plan(
    request: Request, text: str, body: bytes, batch_size: str, refresh: bool, launcher: Launcher
) -> Response:
    kept: dict[str, Any] = {"addresses": text, "batch_size": batch_size, "refresh": refresh}
    if not batch_size.isascii() or not batch_size.isdecimal() or not 1 <= int(batch_size) <= 10:
        return _form(
            request, status=422, problem="Previews of each: a number from 1 to 10.", **kept
        )
    most = get_settings().api_max_sources
    try:
        plan = (
            plan_of_file(body, int(batch_size), _LINES_A_SOURCE * most)
            if body
            else plan_of_text(text, int(batch_size), _LINES_A_SOURCE * most)
        )
    except (UnreadableFile, TooManyLines) as error:
        return _form(request, status=422, problem=str(error), **kept)
    if not plan.sources and not plan.bad:
        problem = "Paste at least one product address, or choose a file."
        return _form(request, status=422, problem=problem, **kept)
    if len(plan.sources) > most:
        problem = f"These are {len(plan.sources):,} products; one batch takes {most:,} at most."
        return _form(request, status=422, problem=problem, **kept)
    sources, repeated = _as_json(plan.sources), _as_json([line.source for line in plan.repeated])
    if len((sources + repeated).encode()) > get_settings().api_max_body_bytes - _REST_OF_FORM:
        problem = "This is more product data than one batch can be started with: split the file."
        return _form(request, status=422, problem=problem, **kept)
    waiting = Progress(plan.previews, plan.previews, 0, 0, 0)
    return _form(
        request,
        plan=plan,
        lasts=progress_told.time_left(waiting, launcher.per_minute()),
        per_minute=launcher.per_minute(),
        sources=sources,
        repeated=repeated,
        key=str(uuid4()),
        **kept,
    )


def _form(
    request: Request,
    *,
    status: int = 200,
    addresses: str = "",
    batch_size: str = "3",
    refresh: bool = False,
    problem: str | None = None,
    plan: Plan | None = None,
    **context: Any,
) -> Response:
    return page(
        request, "new_batch", status=status, addresses=addresses, batch_size=batch_size,
        refresh=refresh, problem=problem, plan=plan, listed=_LISTED, **context,
    )  # fmt: skip


def _as_json(sources: list[Source]) -> str:
    given = [source.model_dump(mode="json", exclude_none=True) for source in sources]
    return json.dumps(given, ensure_ascii=False)


@router.post("/batches")
async def start_batch(
    request: Request, token: Token, form: Form, launcher: CurrentLauncher
) -> Response:
    """Start what was shown; sent twice, the second finds the first one's batch."""
    return await to_thread.run_sync(_start, launcher, form, token, limiter=request.app.state.starts)


def _start(launcher: Launcher, form: Form, token: str) -> Response:
    made = record_and_start(launcher, _wanted(form), token, field(form, "key") or None)
    return RedirectResponse(f"/gallery/batches/{made.bulk_generate_task_id}", 303)


def _wanted(form: Form) -> BatchRequest:
    names = ["sources"] if field(form, "leave_out") else ["sources", "repeated"]
    try:
        sources = [source for name in names for source in json.loads(field(form, name) or "[]")]
        return BatchRequest(sources=sources, refresh=bool(field(form, "refresh")))
    except (ValidationError, ValueError, TypeError, RecursionError) as error:
        raise InvalidSources(
            ["These addresses cannot be started as they were sent: check them once more."]
        ) from error
