"""Previews: listed, looked at, edited, reviewed, made anew."""

from collections.abc import Collection
from hashlib import blake2s
from typing import Annotated, Any
from uuid import UUID

import orjson
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.deps import BearerToken, CurrentLauncher, Cursor, IfMatch, IfNoneMatch, PageSize
from api.orders import Launcher, run_again
from api.paging import listing
from api.problems import describe_problems
from api.routes import TokenFirst
from api.schemas import (
    Listing,
    Preview,
    PreviewChanges,
    PreviewRegenerated,
    Regeneration,
    ReviewGiven,
)
from api.starting import start_recorded
from creative.edits import as_prefill, edit_prefill
from creative.frame import render_frame
from creative.prefill import headline_key
from db import reopening, reviews, shown_previews, waiting
from db.errors import PreviewChanged
from db.models import CTAIFramePreview, PreviewStatus
from db.shown_previews import ShownPreview
from db.workspaces import member_unit_of_work

router = APIRouter(prefix="/previews", tags=["previews"], route_class=TokenFirst)

_ETAG: dict[str, Any] = {
    "headers": {"ETag": {"description": "This very state of it.", "schema": {"type": "string"}}}
}
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    200: _ETAG,
    304: {"description": "Not Modified", **_ETAG},
}


@router.get("/", response_model=Listing[Preview], responses=describe_problems(400, 401, 422, 503))
def list_previews(
    request: Request,
    token: BearerToken,
    bulk_task_id: Annotated[UUID | None, Query(description="Only those of this batch.")] = None,
    product_id: Annotated[UUID | None, Query(description="Only those of this product.")] = None,
    status: Annotated[PreviewStatus | None, Query(description="Only those that stand so.")] = None,
    page_size: PageSize = 20,
    cursor: Cursor = None,
) -> Response:
    """The workspace's previews, newest first."""
    with member_unit_of_work(token) as (session, _):
        page = shown_previews.page(
            session, bulk_task_id=bulk_task_id, product_id=product_id, status=status,
            page_size=page_size, cursor=cursor,
        )  # fmt: skip
    return listing(request, page, lambda preview: orjson.Fragment(preview.as_json))


@router.get(
    "/{preview_id}/",
    response_model=Preview,
    responses={**_NOT_MODIFIED, **describe_problems(401, 404, 422, 503)},
)
def read_preview(
    preview_id: UUID, token: BearerToken, if_none_match: IfNoneMatch = None
) -> Response:
    """One preview."""
    with member_unit_of_work(token) as (session, _):
        preview = shown_previews.show(session, preview_id)
    etag = _etag(preview)
    if if_none_match is not None and _matches(if_none_match, etag, weakly=True):
        return Response(status_code=304, headers={"ETag": etag})
    return _answer(preview)


@router.patch(
    "/{preview_id}/",
    response_model=Preview,
    responses={200: _ETAG, **describe_problems(400, 401, 404, 408, 409, 412, 413, 415, 422, 503)},
    openapi_extra={
        "requestBody": {
            "content": {
                "application/merge-patch+json": {
                    "schema": {"$ref": "#/components/schemas/PreviewChanges"}
                }
            }
        }
    },
)
def edit_preview(
    preview_id: UUID, changes: PreviewChanges, token: BearerToken, if_match: IfMatch = None
) -> Response:
    """Edit the prefill of a preview that is done; the whole preview comes back.

    The fields given change and all others stay; two who change different fields at the same time
    both have their way. What was edited is remembered in `edited_fields`.
    """
    with member_unit_of_work(token) as (session, _):
        shown_previews.hold(session, preview_id)
        _check_unchanged(session, preview_id, if_match)
        preview = shown_previews.filled(session, preview_id)
        edited = edit_prefill(preview.prefill, changes.prefill)
        if edited.fields:
            shown_previews.edit(
                session, preview, edited.prefill.model_dump(mode="json"),
                headline_key(edited.prefill.headline), edited.fields,
            )  # fmt: skip
        return _answer(shown_previews.show(session, preview_id))


@router.put(
    "/{preview_id}/review/",
    response_model=Preview,
    responses={200: _ETAG, **describe_problems(400, 401, 404, 408, 409, 412, 413, 415, 422, 503)},
)
def review_preview(
    preview_id: UUID, given: ReviewGiven, token: BearerToken, if_match: IfMatch = None
) -> Response:
    """Approve or reject a preview that is done, or take its review back; the preview comes back.

    A review is of what was seen: once the preview is edited or made anew it has none. One who wants
    to be sure of what they review says so with `If-Match`.
    """
    with member_unit_of_work(token) as (session, member):
        shown_previews.hold(session, preview_id)
        _check_unchanged(session, preview_id, if_match)
        reviews.give(session, preview_id, given.review, user=member.user)
        return _answer(shown_previews.show(session, preview_id))


@router.post(
    "/{preview_id}/regenerate/",
    status_code=202,
    response_model=PreviewRegenerated,
    responses=describe_problems(400, 401, 404, 408, 409, 412, 413, 415, 422, 503),
)
async def regenerate_preview(
    request: Request,
    preview_id: UUID,
    token: BearerToken,
    launcher: CurrentLauncher,
    wanted: Regeneration | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Make a preview anew, in place: its background, its words, or both.

    It is `queued` at once, as a new attempt, and a new run makes it; all else of it stays, and so
    does what was edited, but not its review. Where the new parts cannot be made, it is `done` as
    before and says why.

    409 is answered where a run is at work on the preview or on its batch, or about to be: of
    several who ask at the same time one starts the run. Where none can be started (503), it has
    ended again, and says why.
    """
    return await to_thread.run_sync(
        _regenerate,
        launcher,
        preview_id,
        wanted or Regeneration(),
        if_match,
        token,
        limiter=request.app.state.starts,
    )


def _regenerate(
    launcher: Launcher, preview_id: UUID, wanted: Regeneration, if_match: str | None, token: str
) -> Response:
    run_id = reopen_and_start(launcher, preview_id, wanted.parts, token, if_match)
    with member_unit_of_work(token) as (session, _):
        preview = shown_previews.show(session, preview_id)
    answer = {"task_id": run_id, "preview": orjson.Fragment(preview.as_json)}
    return Response(orjson.dumps(answer), status_code=202, media_type="application/json")


def reopen_and_start(
    launcher: Launcher,
    preview_id: UUID,
    parts: Collection[str],
    token: str,
    if_match: str | None = None,
) -> UUID:
    """Queue a preview to be made anew, and start the run that makes it; returns the run.

    One that failed is made whole; what exists of its halves stays, unless it is among `parts`.

    Raises:
        UnknownRecord: the workspace has no preview of this id.
        PreviewChanged: it is another than `if_match` says.
        NotRunAgain: a run is at work on it.
        RunNotStarted: no run could be started; it has ended again.
    """
    with member_unit_of_work(token) as (session, member):
        reopening.lock_preview(session, preview_id)
        _check_unchanged(session, preview_id, if_match)
        reopening.reopen_preview(session, preview_id, parts=parts)
        since = waiting.waits_since(session, CTAIFramePreview, preview_id)
    return start_recorded(
        launcher, run_again(CTAIFramePreview, preview_id, since, member.workspace)
    )


@router.get(
    "/{preview_id}/frame",
    response_class=HTMLResponse,
    responses=describe_problems(401, 404, 409, 422, 503),
)
def read_frame(preview_id: UUID, token: BearerToken) -> HTMLResponse:
    """The overlay of a preview that is done, as a page that can stand in an iframe."""
    with member_unit_of_work(token) as (session, _):
        preview = shown_previews.filled(session, preview_id)
    return HTMLResponse(render_frame(as_prefill(preview.prefill)))


def _check_unchanged(session: Session, preview_id: UUID, if_match: str | None) -> None:
    """Raise `PreviewChanged` unless a preview, which is locked, is the one that was read."""
    if if_match is not None and not _matches(
        if_match, _etag(shown_previews.show(session, preview_id))
    ):
        raise PreviewChanged(preview_id)


def _answer(preview: ShownPreview) -> Response:
    return Response(
        preview.as_json, media_type="application/json", headers={"ETag": _etag(preview)}
    )


def _etag(preview: ShownPreview) -> str:
    """A strong validator (RFC 9110, 8.8.3): each change of a row sets `updated_at` anew."""
    state = f"{preview.id} {preview.updated_at.isoformat()}"
    return f'"{blake2s(state.encode(), digest_size=12).hexdigest()}"'


def _matches(listed: str, etag: str, *, weakly: bool = False) -> bool:
    """Whether a list of entity tags, or `*`, names this one (RFC 9110, 13.1)."""
    given = [tag.strip() for tag in listed.split(",")]
    if weakly:
        given = [tag.removeprefix("W/") for tag in given]
    return "*" in given or etag in given
