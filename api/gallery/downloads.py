"""A batch taken away as a file: CSV, JSON, or a zip with its pictures and overlays.

Each answer is sent while it is made. What is wrong with the token or the batch's id is raised
before that; what goes wrong later breaks the answer off, and the browser says so.
"""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from slugify import slugify

from api.gallery.archive import BatchArchive
from api.gallery.export import BatchExport
from api.gallery.routes import GalleryRoute, Token
from creative.media import MediaStore
from settings import get_settings

router = APIRouter(prefix="/gallery/batches", include_in_schema=False, route_class=GalleryRoute)

_NAME_LENGTH = 80
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


@router.get("/{batch_id}/download.{kind}")
def download_batch(
    batch_id: UUID, kind: Literal["csv", "json", "zip"], token: Token, approved_only: bool = False
) -> StreamingResponse:
    """The batch whole, or what is approved of it."""
    make = {"csv": csv_of, "json": json_of, "zip": zip_of}[kind]
    return make(token, batch_id, approved_only=approved_only)


def csv_of(token: str, batch_id: UUID, *, approved_only: bool = False) -> StreamingResponse:
    """The previews of a batch as CSV, with the columns of `db.reports.previews_frame`.

    Args:
        token: of a member of the batch's workspace.
        batch_id: of the batch.
        approved_only: only previews that a person approved.

    Raises:
        TokenRefused: the token is unknown, or was revoked.
        UnknownRecord: its workspace has no batch with this id.
    """
    export = BatchExport.begin(token, batch_id, approved_only=approved_only)
    return _attachment(export.csv(), export.name, "csv", "text/csv; charset=utf-8")


def json_of(token: str, batch_id: UUID, *, approved_only: bool = False) -> StreamingResponse:
    """A batch as JSON: itself, its sources, and its previews with their prefills and cost.

    Args and Raises are those of `csv_of`.
    """
    export = BatchExport.begin(token, batch_id, approved_only=approved_only)
    return _attachment(export.json(), export.name, "json", "application/json")


def zip_of(token: str, batch_id: UUID, *, approved_only: bool = False) -> StreamingResponse:
    """A batch as a zip: both of the others and, for each preview that is done, a folder.

    The folder has the background, the prefill, and the overlay as a page that opens from a disk.
    A picture that is not in the store is left out, and `README.txt` tells which.

    Args and Raises are those of `csv_of`.
    """
    export = BatchExport.begin(token, batch_id, approved_only=approved_only)
    settings = get_settings()
    archive = BatchArchive(export, MediaStore(settings.media_dir, settings.media_url))
    return _attachment(archive.chunks(), export.name, "zip", "application/zip")


def _attachment(
    content: Iterator[bytes], name: str, suffix: str, media_type: str
) -> StreamingResponse:
    return StreamingResponse(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": content_disposition(name, suffix),
            "Cache-Control": "private, no-store",
        },
    )


def content_disposition(name: str, suffix: str) -> str:
    """Has a browser keep the answer as a file called `name`.

    It is given in ASCII, and as RFC 8187 (once RFC 5987) writes what is not.
    """
    plain = slugify(name, max_length=_NAME_LENGTH) or "batch"
    whole = _NOT_IN_NAMES.sub("-", name)[:_NAME_LENGTH].strip(" .-") or "batch"
    return (
        f'attachment; filename="{plain}.{suffix}"; '
        f"filename*=UTF-8''{quote(f'{whole}.{suffix}', safe='')}"
    )
