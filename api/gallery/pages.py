"""Pages: templates rendered, and the headers that bound what a page may do."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.dates import format_datetime, format_timedelta
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.gallery.session import csrf_of, token_of

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class FreshFiles(StaticFiles):
    """Files that a browser keeps, and asks about before it uses one again.

    Scripts import each other by their bare names: one that is kept from before an upgrade would
    not fit those that are new.
    """

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _version() -> str:
    """Of the static files: another one when any of them has changed."""
    digest = hashlib.blake2s(digest_size=6)
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _ago(moment: datetime) -> str:
    return format_timedelta(moment - datetime.now(UTC), add_direction=True, locale="en")


def _told(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), "d MMM y, HH:mm 'UTC'", locale="en")


_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["ago"] = _ago
_TEMPLATES.filters["moment"] = _told
_TEMPLATES.filters["number"] = lambda number: f"{number:,}"
_TEMPLATES.globals["version"] = _version()


def page(request: Request, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, or a part of one, from `templates/<name>.html.jinja`.

    Besides `context`, a template has `member` (the user who is signed in, or None), `csrf` (what
    its forms must hold), `version` (of the static files) and `path` (of the request).
    """
    token = token_of(request)
    content = _TEMPLATES.get_template(f"{name}.html.jinja").render(
        member=getattr(request.state, "member", None),
        csrf="" if token is None else csrf_of(token),
        path=request.url.path,
        **context,
    )
    return HTMLResponse(content, status, headers=HEADERS)
