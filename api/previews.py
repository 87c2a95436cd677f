"""Previews: listed, looked at, edited."""

from hashlib import blake2s
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from api.deps import CurrentMember, Cursor, IfMatch, IfNoneMatch, PageSize
from api.paging import listing
from api.problems import describe_problems
from api.schemas import Listing, Preview, PreviewChanges
from creative.edits import edit_prefill
from creative.frame import render_frame
from creative.prefill import Prefill, headline_key
from db import previews
from db.errors import PreviewChanged, PreviewNotDone
from db.models import PreviewStatus
from db.workspaces import workspace_unit_of_work

router = APIRouter(prefix="/previews", tags=["previews"])

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
    member: CurrentMember,
    bulk_task_id: Annotated[UUID | None, Query(description="Only those of this batch.")] = None,
    product_id: Annotated[UUID | None, Query(description="Only those of this product.")] = None,
    status: Annotated[PreviewStatus | None, Query(description="Only those that stand so.")] = None,
    page_size: PageSize = 20,
    cursor: Cursor = None,
) -> Response:
    """The workspace's previews, newest first."""
    with workspace_unit_of_work(member.workspace) as session:
        page = previews.page(
            session, bulk_task_id=bulk_task_id, product_id=product_id, status=status,
            page_size=page_size, cursor=cursor,
        )  # fmt: skip
    return listing(request, page, Listing[Preview])


@router.get(
    "/{preview_id}/",
    response_model=Preview,
    responses={**_NOT_MODIFIED, **describe_problems(401, 404, 422, 503)},
)
def read_preview(
    preview_id: UUID, member: CurrentMember, if_none_match: IfNoneMatch = None
) -> Response:
    """One preview."""
    with workspace_unit_of_work(member.workspace) as session:
        row = previews.shown(session, preview_id)
    return _answer(row, if_none_match)


@router.patch(
    "/{preview_id}/",
    response_model=Preview,
    responses={200: _ETAG, **describe_problems(400, 401, 404, 409, 412, 413, 422, 503)},
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
    preview_id: UUID, changes: PreviewChanges, member: CurrentMember, if_match: IfMatch = None
) -> Response:
    """Edit the prefill of a preview that is done; the whole preview comes back.

    The fields given change and all others stay; two who change different fields at the same time
    both have their way. What was edited is remembered in `edited_fields`.
    """
    with workspace_unit_of_work(member.workspace) as session:
        row = previews.hold(session, preview_id)
        if if_match is not None and not _matches(if_match, _etag(row)):
            raise PreviewChanged(preview_id)
        if row.status != PreviewStatus.DONE:
            raise PreviewNotDone(preview_id, row.status)
        edited = edit_prefill(row.prefill, changes.prefill)
        if edited.fields:
            row = previews.edit(
                session, preview_id, edited.prefill.model_dump(mode="json"),
                headline_key(edited.prefill.headline), edited.fields,
            )  # fmt: skip
    return _answer(row)


@router.get(
    "/{preview_id}/frame",
    response_class=HTMLResponse,
    responses=describe_problems(401, 404, 409, 422, 503),
)
def read_frame(preview_id: UUID, member: CurrentMember) -> HTMLResponse:
    """The overlay of a preview that is done, as a page that can stand in an iframe."""
    with workspace_unit_of_work(member.workspace) as session:
        row = previews.shown(session, preview_id)
    if row.status != PreviewStatus.DONE:
        raise PreviewNotDone(preview_id, row.status)
    return HTMLResponse(render_frame(Prefill.model_validate(row.prefill)))


def _answer(row: Any, if_none_match: str | None = None) -> Response:
    headers = {"ETag": _etag(row)}
    if if_none_match is not None and _matches(if_none_match, headers["ETag"], weakly=True):
        return Response(status_code=304, headers=headers)
    body = Preview.model_validate(row).model_dump_json()
    return Response(body, media_type="application/json", headers=headers)


def _etag(row: Any) -> str:
    """A strong validator (RFC 9110, 8.8.3): each change of a row sets `updated_at` anew."""
    state = f"{row.id} {row.updated_at.isoformat()}"
    return f'"{blake2s(state.encode(), digest_size=12).hexdigest()}"'


def _matches(listed: str, etag: str, *, weakly: bool = False) -> bool:
    """Whether a list of entity tags, or `*`, names this one (RFC 9110, 13.1)."""
    given = [tag.strip() for tag in listed.split(",")]
    if weakly:
        given = [tag.removeprefix("W/") for tag in given]
    return "*" in given or etag in given
