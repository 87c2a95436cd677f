"""The page of one preview: looked at, edited, reviewed, made anew."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api.deps import CurrentLauncher
from api.gallery import prefill_form
from api.gallery.batches import Wanted
from api.gallery.media import frame_of
from api.gallery.preview_page import Told, frame_version, shown
from api.gallery.routes import Form, GalleryRoute, Token, field, wants_json
from api.orders import RunNotStarted
from api.previews import reopen_and_start
from creative.edits import EditRefused, as_prefill, edit_prefill
from creative.prefill import headline_key
from db import preview_details, reviews, shown_previews
from db.errors import NotRunAgain, PreviewChanged, PreviewNotDone
from db.models import Review
from db.preview_details import PreviewDetails
from db.workspaces import member_unit_of_work

router = APIRouter(prefix="/gallery/previews", include_in_schema=False, route_class=GalleryRoute)

# By what a form says; of one that failed, what is missing is made.
_ANEW: dict[str, tuple[str, ...]] = {
    "both": ("background", "prefill"),
    "background": ("background",),
    "prefill": ("prefill",),
    "missing": (),
}
_NOT_REVIEWED = (
    "This preview has changed since it was shown to you, and was not reviewed. Here is what it is "
    "now."
)


@router.get("/{preview_id}")
def show_preview(request: Request, preview_id: UUID, token: Token, wanted: Wanted) -> Response:
    """The page of a preview; for scripts, how it stands."""
    if not wants_json(request):
        return shown(request, preview_id, token, wanted, Told())
    with member_unit_of_work(token) as (session, _):
        preview = preview_details.details(session, preview_id)
    return JSONResponse(
        {
            "status": preview.status,
            "attempt": preview.attempt,
            "error_message": preview.error_message,
            "updated_at": preview.updated_at.isoformat(),
        },
        headers={"Cache-Control": "no-store"},
    )


@router.post("/{preview_id}")
def save_edit(
    request: Request, preview_id: UUID, token: Token, form: Form, wanted: Wanted
) -> Response:
    """Store what a person edited: the fields that were sent, and no others.

    Where the form says which version it was made of, it is taken for that one alone. What is not
    taken comes back with what is wrong with it, and nothing that was typed is lost.
    """
    fields = _fields(form)
    for_script = wants_json(request)
    if not for_script and (changed := _other_widgets(form, fields)) is not None:
        return shown(request, preview_id, token, wanted, Told(fields=changed))
    try:
        _store(preview_id, token, fields, field(form, "version"))
    except EditRefused as refused:
        complaints = prefill_form.complaints_of(refused.problems, fields)
        if for_script:
            return _complaining(complaints)
        told = Told("Nothing was saved yet.", fields, complaints)
        return shown(request, preview_id, token, wanted, told, 422)
    except PreviewChanged as changed_meanwhile:
        if for_script:
            raise changed_meanwhile
        return shown(request, preview_id, token, wanted, _conflict(preview_id, token, fields), 412)
    except PreviewNotDone as moving:
        if for_script:
            raise moving
        return shown(request, preview_id, token, wanted, Told(str(moving), fields), 409)
    if for_script:
        return _saved(preview_id, token)
    return RedirectResponse(f"{_address_of(preview_id)}{wanted.query(saved=1)}", 303)


@router.post("/{preview_id}/draft")
def show_draft(request: Request, preview_id: UUID, token: Token, form: Form) -> Response:
    """The overlay as it would be with an edit, which is not stored; for scripts, what is wrong."""
    fields = _fields(form)
    with member_unit_of_work(token) as (session, _):
        stored = shown_previews.filled(session, preview_id).prefill
    try:
        prefill = edit_prefill(stored, prefill_form.changes_of(fields)).prefill
    except EditRefused as refused:
        if not wants_json(request):
            raise
        return _complaining(prefill_form.complaints_of(refused.problems, fields))
    if wants_json(request):
        return JSONResponse({"complaints": {}})
    return frame_of(preview_id, prefill)


@router.post("/{preview_id}/review")
def give_review(
    request: Request, preview_id: UUID, token: Token, form: Form, wanted: Wanted
) -> Response:
    """Approve a preview, reject it, or take that back (an empty review).

    Where the form says which version was shown beside it, the review is of that one alone.
    """
    given = field(form, "review")
    if given not in ("", *Review):
        raise HTTPException(422, "A review is “approved”, “rejected”, or empty to take it back")
    try:
        with member_unit_of_work(token) as (session, member):
            reviews.give(
                session, preview_id, Review(given) if given else None, user=member.user,
                prefill_version=field(form, "version") or None,
            )  # fmt: skip
            preview = preview_details.details(session, preview_id)
    except PreviewChanged:
        if wants_json(request):
            raise
        return shown(request, preview_id, token, wanted, Told(_NOT_REVIEWED), 412)
    if wants_json(request):
        return JSONResponse(_review_of(preview))
    return RedirectResponse(_back(request, preview_id), 303)


@router.post("/{preview_id}/regenerate")
async def regenerate(
    request: Request,
    preview_id: UUID,
    token: Token,
    form: Form,
    wanted: Wanted,
    launcher: CurrentLauncher,
) -> Response:
    """Make a preview anew, a half of it, or what one that failed is missing."""
    parts = field(form, "parts")
    if parts not in _ANEW:
        raise HTTPException(422, "What is made anew is the background, the prefill, or both")
    try:
        await to_thread.run_sync(
            reopen_and_start, launcher, preview_id, _ANEW[parts], token,
            limiter=request.app.state.starts,
        )  # fmt: skip
    except (NotRunAgain, RunNotStarted) as refused:
        if wants_json(request):
            raise
        status = 503 if isinstance(refused, RunNotStarted) else 409
        return await to_thread.run_sync(
            shown, request, preview_id, token, wanted, Told(str(refused)), status
        )
    return RedirectResponse(f"{_address_of(preview_id)}{wanted.query()}", 303)


def _store(preview_id: UUID, token: str, fields: Mapping[str, str], version: str) -> None:
    """Store an edit; raises `PreviewChanged` where it was made of another version."""
    with member_unit_of_work(token) as (session, _):
        shown_previews.hold(session, preview_id)
        preview = shown_previews.filled(session, preview_id)
        if version and version != preview.prefill_version:
            raise PreviewChanged(preview_id)
        edited = edit_prefill(preview.prefill, prefill_form.changes_of(fields))
        if edited.fields:
            shown_previews.edit(
                session, preview, edited.prefill.model_dump(mode="json"),
                headline_key(edited.prefill.headline), edited.fields,
            )  # fmt: skip


def _saved(preview_id: UUID, token: str) -> Response:
    with member_unit_of_work(token) as (session, _):
        preview = preview_details.details(session, preview_id)
    answer = {
        "fields": prefill_form.fields_of(as_prefill(preview.prefill or {})),
        "edited_fields": preview.edited_fields,
        "frame_version": frame_version(preview),
        "version": preview.prefill_version,
        **_review_of(preview),
    }
    return JSONResponse(answer)


def _complaining(complaints: Mapping[str, str]) -> Response:
    return JSONResponse({"complaints": complaints}, 422)


def _conflict(preview_id: UUID, token: str, fields: Mapping[str, str]) -> Told:
    with member_unit_of_work(token) as (session, _):
        stored = shown_previews.filled(session, preview_id).prefill
    now = prefill_form.fields_of(as_prefill(stored))
    return Told(
        "Somebody else has changed this preview since you opened it, and nothing was saved. What "
        "you typed is still here; where it differs, the field says what is stored now. Save again "
        "to have yours.",
        fields,
        stored_now={name: text for name, text in now.items() if text != fields.get(name, text)},
    )


def _back(request: Request, preview_id: UUID) -> str:
    """The list or the page of the preview that a form was sent from; else the preview's own."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_page = came_from.path == _address_of(preview_id)
    is_list = came_from.path.startswith("/gallery/batches/")
    if came_from.netloc == request.url.netloc and (is_page or is_list):
        return came_from._replace(scheme="", netloc="").geturl()
    return _address_of(preview_id)


def _address_of(preview_id: UUID) -> str:
    return f"/gallery/previews/{preview_id}"


def _fields(form: FormData) -> dict[str, str]:
    return {name: text for name, text in form.multi_items() if isinstance(text, str)}


def _other_widgets(form: FormData, fields: Mapping[str, str]) -> dict[str, str] | None:
    """The fields with the widget that a button adds or takes out; None where none was pressed."""
    added, removed = field(form, "add"), field(form, "remove")
    if added in prefill_form.WIDGETS:
        return prefill_form.with_widget(fields, added)
    if removed.isascii() and removed.isdecimal():
        return prefill_form.without_widget(fields, removed)
    return None


def _review_of(preview: PreviewDetails) -> dict[str, Any]:
    return {
        "review": preview.review,
        "reviewed_by": preview.reviewed_by,
        "reviewed_at": preview.reviewed_at and preview.reviewed_at.isoformat(),
    }
