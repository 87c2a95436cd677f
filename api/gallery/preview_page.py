"""What the page of a preview is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from babel.numbers import format_currency, format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse

from api.gallery import prefill_form
from api.gallery.batches import CardQuery
from api.gallery.pages import page
from catalog.ranked import PAGE_ORDER
from creative.edits import PrefillOutdated, as_prefill
from creative.prefill import Prefill
from db import cards, preview_details
from db.models import PreviewStatus
from db.preview_details import PreviewDetails
from db.workspaces import member_unit_of_work

_MOVING = (PreviewStatus.QUEUED, PreviewStatus.RUNNING)


@dataclass(frozen=True)
class Told:
    """What a page tells besides how its preview stands.

    `fields` are as a person left them, where they are not stored; `complaints`, and `stored_now`
    with the values that others gave meanwhile, are by the field that they stand beside.
    """

    alert: str | None = None
    fields: Mapping[str, str] | None = None
    complaints: Mapping[str, str] = field(default_factory=dict)
    stored_now: Mapping[str, str] = field(default_factory=dict)


def shown(
    request: Request,
    preview_id: UUID,
    token: str,
    wanted: CardQuery,
    told: Told,
    status: int = 200,
) -> HTMLResponse:
    """The page of a preview that was opened from a list of cards, with what there is to tell.

    Raises:
        UnknownRecord: the workspace of the token has no preview of this id.
    """
    with member_unit_of_work(token) as (session, _):
        preview = preview_details.details(session, preview_id)
        before, after = cards.beside(session, preview.bulk_task_id, wanted.as_filter(), preview_id)
    prefill, outdated = _prefill_of(preview)
    return page(
        request,
        "preview",
        status=status,
        preview=preview,
        prefill=prefill,
        outdated=outdated,
        wanted=wanted,
        before=before,
        after=after,
        is_moving=preview.status in _MOVING,
        is_saved="saved" in request.query_params and told.alert is None,
        frame_version=frame_version(preview),
        form=_form(preview, prefill, told),
        alert=told.alert,
        product_link=_link_to_a_shop(preview.product_url),
        price=_price(preview),
        page_order=PAGE_ORDER,
    )


def frame_version(preview: PreviewDetails) -> str:
    """What the address of an overlay ends in; another one after every change."""
    return f"{preview.updated_at.timestamp():.6f}"


def _prefill_of(preview: PreviewDetails) -> tuple[Prefill | None, PrefillOutdated | None]:
    if preview.prefill is None:
        return None, None
    try:
        return as_prefill(preview.prefill), None
    except PrefillOutdated as outdated:
        return None, outdated


def _form(preview: PreviewDetails, prefill: Prefill | None, told: Told) -> dict[str, Any] | None:
    """What the template fills the form with; None where there is nothing to fill in."""
    if prefill is None:
        return None
    stored = prefill_form.fields_of(prefill)
    fields = {**stored, **(told.fields or {})}
    if told.fields is not None and prefill_form.LIST in told.fields:
        fields = {name: text for name, text in stored.items() if "widgets." not in name}
        fields |= told.fields
    return {
        "fields": fields,
        "widgets": [
            (number, fields[f"widgets.{number}.type"]) for number in prefill_form.numbers_of(fields)
        ],
        "new_widgets": {kind: _new_widget(stored, kind) for kind in prefill_form.WIDGETS},
        "kinds": prefill_form.WIDGETS,
        "limits": prefill_form.LIMITS,
        "complaints": told.complaints,
        "stored_now": told.stored_now,
        "edited": preview.edited_fields,
        "is_unsaved": told.fields is not None,
        "is_open": preview.status == PreviewStatus.DONE,
        "version": preview.prefill_version,
    }


def _new_widget(stored: Mapping[str, str], kind: str) -> dict[str, str]:
    """The fields of a widget that is added in the browser, where it gets its number."""
    suggested = prefill_form.new_widget(stored, kind)
    return {f"widgets.NEW.{name}": text for name, text in suggested.items()}


def _price(preview: PreviewDetails) -> str | None:
    """The price of the product's page, as it is written in English."""
    if preview.product_price is None:
        return None
    if preview.product_currency is None:
        return str(format_decimal(preview.product_price, locale="en"))
    return str(format_currency(preview.product_price, preview.product_currency, locale="en"))


def _link_to_a_shop(url: str) -> str | None:
    """The address, where it leads to the web and not to a script or a file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
