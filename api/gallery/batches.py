"""Batches: listed, looked at card by card, retried."""

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api.batches import resume_and_start
from api.deps import CurrentLauncher
from api.gallery.pages import page
from api.gallery.routes import Form, GalleryRoute, Token
from api.gallery.standing import standings
from api.orders import Launcher
from db import bulk_tasks, cards, costs, outcomes, progress, reviews
from db.cards import CardFilter, CardOrder
from db.models import PreviewStatus, Review, TaskStatus
from db.workspaces import member_unit_of_work

router = APIRouter(include_in_schema=False, route_class=GalleryRoute)

_BATCHES, _CARDS, _SOURCES = 20, 24, 50
_REASONS = 8
PageNumber = Annotated[int, Query(alias="page", ge=1, le=1_000_000)]


@dataclass(frozen=True)
class CardQuery:
    """Which cards of a batch are looked at, as the address of the page says it."""

    status: PreviewStatus | None = None
    review: Review | Literal["waiting"] | None = None
    words: str = ""
    order: CardOrder = CardOrder.ASKED
    source: UUID | None = None

    def as_filter(self) -> CardFilter:
        """For the records."""
        return CardFilter(
            status=self.status, review=self.review, source_id=self.source, words=self.words,
            order=self.order,
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        """The query string of the same list, with changes; empty where it is the whole list."""
        wanted = {
            "status": self.status, "review": self.review, "words": self.words,
            "order": None if self.order is CardOrder.ASKED else self.order, "source": self.source,
            **changes,
        }  # fmt: skip
        given = {name: str(value) for name, value in wanted.items() if value}
        return f"?{urlencode(given)}" if given else ""


def card_query(
    status: Annotated[PreviewStatus | Literal[""] | None, Query()] = None,
    review: Annotated[Review | Literal["waiting", ""] | None, Query()] = None,
    words: Annotated[str, Query(max_length=200)] = "",
    order: Annotated[CardOrder | Literal[""], Query()] = CardOrder.ASKED,
    source: UUID | None = None,
) -> CardQuery:
    """What the address asks for; a field of a form that was left empty asks for nothing."""
    return CardQuery(
        status or None, review or None, words.strip(), order or CardOrder.ASKED, source
    )


Wanted = Annotated[CardQuery, Depends(card_query)]


@router.get("/")
def show_batches(
    request: Request, token: Token, launcher: CurrentLauncher, cursor: str | None = None
) -> Response:
    """The workspace's batches, newest first."""
    with member_unit_of_work(token) as (session, _):
        listed = bulk_tasks.page(session, status=None, page_size=_BATCHES, cursor=cursor)
        stands = standings(session, [row.id for row in listed.rows], launcher.per_minute())
    return page(request, "batches", listed=listed, stands=stands)


@router.get("/gallery/batches/{batch_id}")
def show_batch(
    request: Request, batch_id: UUID, token: Token, launcher: CurrentLauncher, wanted: Wanted,
    number: PageNumber = 1,
) -> Response:  # fmt: skip
    """One batch: how far it is, what failed, and its previews as cards."""
    with member_unit_of_work(token) as (session, _):
        context = _head(session, batch_id, launcher) | _cards(session, batch_id, wanted, number)
    return page(request, "batch", wanted=wanted, number=number, **context)


@router.get("/gallery/batches/{batch_id}/cards")
def show_cards(
    request: Request, batch_id: UUID, token: Token, wanted: Wanted, number: PageNumber = 1
) -> Response:
    """The cards alone, for a page that is open already."""
    with member_unit_of_work(token) as (session, _):
        batch = bulk_tasks.get(session, batch_id)
        context = _cards(session, batch_id, wanted, number)
    return page(request, "cards", batch=batch, wanted=wanted, number=number, **context)


@router.get("/gallery/batches/{batch_id}/sources")
def show_sources(
    request: Request,
    batch_id: UUID,
    token: Token,
    launcher: CurrentLauncher,
    status: TaskStatus | Literal[""] | None = None,
    number: PageNumber = 1,
) -> Response:
    """The sources of a batch, and what became of each."""
    chosen = status or None
    with member_unit_of_work(token) as (session, _):
        head = _head(session, batch_id, launcher)
        last = ceil(outcomes.count(session, batch_id, status=chosen) / _SOURCES) or 1
        sources = outcomes.page(
            session, batch_id, status=chosen, number=min(number, last), size=_SOURCES
        )
    return page(
        request, "sources", sources=sources, chosen=chosen, statuses=list(TaskStatus),
        number=min(number, last), last=last, **head,
    )  # fmt: skip


@router.post("/gallery/batches/{batch_id}/retry")
async def retry_batch(
    request: Request, batch_id: UUID, token: Token, form: Form, launcher: CurrentLauncher
) -> Response:
    """Make what failed once more."""
    await to_thread.run_sync(
        partial(resume_and_start, launcher, batch_id, token), limiter=request.app.state.starts
    )
    return RedirectResponse(f"/gallery/batches/{batch_id}", 303)


def _head(session: Session, batch_id: UUID, launcher: Launcher) -> dict[str, Any]:
    batch = bulk_tasks.get(session, batch_id)
    reasons = progress.failures(session, batch_id).most_common()
    return {
        "batch": batch,
        "standing": standings(session, [batch_id], launcher.per_minute())[batch_id],
        "reasons": reasons[:_REASONS],
        "more_reasons": len(reasons) - len(reasons[:_REASONS]),
        "reviewed": reviews.counts(session, batch_id),
        "cost": costs.of_bulk_task(session, batch_id),
    }


def _cards(session: Session, batch_id: UUID, wanted: CardQuery, number: int) -> dict[str, Any]:
    found = cards.count(session, batch_id, wanted.as_filter())
    last = ceil(found / _CARDS) or 1
    shown = cards.page(session, batch_id, wanted.as_filter(), number=min(number, last), size=_CARDS)
    return {"cards": shown, "found": found, "last": last}
