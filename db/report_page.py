"""A report as one page of HTML: no script, and no request but for the pictures."""

import base64
import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from db.reports import Report

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_WEB_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
# On this machine's disk; with another slash Windows would ask a server for it.
_ON_DISK = re.compile(r"file:///(?![/\\]|%5c|%2f)", re.IGNORECASE)


def _moment(moment: datetime) -> str:
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%B %Y, %H:%M} UTC"


def _dollars(amount: Decimal) -> str:
    whole, _, parts = f"{amount:,.6f}".partition(".")
    return f"${whole}.{parts.rstrip('0'):0<2}"


_TEMPLATES.filters |= {"moment": _moment, "dollars": _dollars}
_TEMPLATES.tests |= {
    "web_address": lambda address: bool(_WEB_ADDRESS.match(address)),
    "on_disk": lambda address: bool(_ON_DISK.match(address)),
}


def as_html(report: Report) -> str:
    """A report as a page that needs nothing beside it, light or dark, for a phone or a wide screen.

    It has a summary, a table of the sources with what became of them, one of the previews with
    small pictures, and one of the cost. All text is escaped, and the page's own policy lets it load
    nothing but pictures: backgrounds whose address is http(s), and those on the reader's own disk.
    """
    style = _TEMPLATES.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _TEMPLATES.get_template("report.html.jinja").render(
        report=report,
        previews=_rows(report.previews),
        sources=_rows(report.sources),
        cost_by_model=_rows(report.cost_by_model),
        style=Markup(style),
        policy=f"default-src 'none'; img-src http: https: file:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, with None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # type: ignore[no-any-return]
