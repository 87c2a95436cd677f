"""What a preview looks like: its overlay, its background, and the pictures of its product."""

import io
from pathlib import Path
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from api.gallery.routes import GalleryRoute, Token
from catalog.errors import CatalogError
from catalog.images import load_thumbnail
from creative.edits import as_prefill
from creative.frame import render_frame
from creative.media import MediaStore
from creative.prefill import Prefill
from db import preview_details
from db.workspaces import member_unit_of_work
from settings import get_settings

router = APIRouter(prefix="/gallery/previews", include_in_schema=False, route_class=GalleryRoute)

# Pages are put together from others' shops: those that answer slowly hold up no more than this.
_FETCHES = CapacityLimiter(4)
_THUMBNAIL_SIDE = 320
_KEPT = "private, max-age=86400, immutable"
_FRAME_HEADERS = {
    # No script runs in it, wherever it is opened; the page's own policy says what it may load.
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data: http: https:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@router.get("/{preview_id}/frame")
def show_frame(preview_id: UUID, token: Token) -> HTMLResponse:
    """The overlay of a preview, as it is stored; an earlier one while it is made anew."""
    with member_unit_of_work(token) as (session, _):
        prefill = preview_details.details(session, preview_id).prefill
    if prefill is None:
        raise HTTPException(404, "This preview has no overlay yet")
    return frame_of(preview_id, as_prefill(prefill), kept=True)


def frame_of(preview_id: UUID, prefill: Prefill, *, kept: bool = False) -> HTMLResponse:
    """The overlay that a prefill makes, with its background where the gallery serves it.

    Args:
        preview_id: whose prefill it is.
        prefill: as it is stored, or as it would be.
        kept: whether the browser may keep it, at an address that changes with the prefill.
    """
    if _stored(preview_id, prefill.generated_background_url) is not None:
        name = prefill.generated_background_url.rpartition("/")[2]
        own = f"/gallery/previews/{preview_id}/background?{name}"
        prefill = prefill.model_copy(update={"generated_background_url": own})
    control = "private, max-age=3600" if kept else "no-store"
    return HTMLResponse(render_frame(prefill), headers=_FRAME_HEADERS | {"Cache-Control": control})


@router.get("/{preview_id}/background")
def show_background(preview_id: UUID, token: Token) -> Response:
    """The background of a preview, from the folder of pictures."""
    with member_unit_of_work(token) as (session, _):
        prefill = preview_details.details(session, preview_id).prefill or {}
    path = _stored(preview_id, prefill.get("generated_background_url", ""))
    if path is None:
        raise HTTPException(404, "The background of this preview is not in the folder of pictures")
    return FileResponse(path, headers={"Cache-Control": _KEPT, "X-Content-Type-Options": "nosniff"})


@router.get("/{preview_id}/source-pictures/{number}")
async def show_source_picture(preview_id: UUID, number: int, token: Token) -> Response:
    """A picture of the product, small: its ranked pictures are counted from 0.

    It is read from the shop as runs read it, within the same bounds, so that the browser asks
    nobody but the gallery.
    """
    return await to_thread.run_sync(_source_picture, preview_id, number, token, limiter=_FETCHES)


def _source_picture(preview_id: UUID, number: int, token: str) -> Response:
    with member_unit_of_work(token) as (session, _):
        pictures = preview_details.details(session, preview_id).pictures
    if not 0 <= number < len(pictures):
        raise HTTPException(404, "The product has no picture of this number")
    try:
        thumbnail = load_thumbnail(pictures[number].url, _THUMBNAIL_SIDE)
    except CatalogError:
        return RedirectResponse("/gallery/static/no-picture.svg", 307)
    written = io.BytesIO()
    thumbnail.picture.save(written, "WEBP", quality=82)
    return Response(
        written.getvalue(),
        media_type="image/webp",
        headers={"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"},
    )


def _stored(preview_id: UUID, url: str) -> Path | None:
    """The file of a preview's own background, from the folder of pictures.

    A person may have edited the address: a picture of another preview, which may be of another
    workspace, is not given out.
    """
    settings = get_settings()
    path = MediaStore(settings.media_dir, settings.media_url).path_of(url)
    return path if path is not None and path.name.startswith(f"{preview_id}-") else None
