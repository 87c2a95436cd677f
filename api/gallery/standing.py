"""Where batches stand, as pages show it while they are open."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.gallery.routes import GalleryRoute, Token
from db import progress, progress_told
from db.models import CTABulkGenerateTask
from db.statuses import UNFINISHED
from db.workspaces import member_unit_of_work

router = APIRouter(prefix="/gallery", include_in_schema=False, route_class=GalleryRoute)

_EVERY_SECONDS = 1.0
# A page that stays open asks again; one that has gone unnoticed is not told for ever.
_LONGEST_SECONDS = 300
Batches = Annotated[list[UUID], Query(alias="batch", min_length=1, max_length=50)]


def standings(
    session: Session, batch_ids: Sequence[UUID], per_minute: int
) -> dict[UUID, dict[str, Any]]:
    """Where batches stand, by their ids: the status, the counts, and both in words.

    Those that the session does not see are left out.
    """
    rows = session.execute(
        select(CTABulkGenerateTask.id, CTABulkGenerateTask.status).where(
            CTABulkGenerateTask.id.in_(batch_ids)
        )
    ).all()
    counted = progress.of_each(session, [row.id for row in rows])
    return {
        row.id: {
            "status": row.status,
            "ended": row.status not in UNFINISHED,
            "told": progress_told.told(counted[row.id], per_minute),
            **counted[row.id].as_dict(),
        }
        for row in rows
    }


@router.get("/progress")
def show_progress(request: Request, token: Token, batches: Batches) -> JSONResponse:
    """Where some batches stand."""
    return JSONResponse(_read(token, batches, request.app.state.launcher.per_minute()))


@router.get("/events", response_class=EventSourceResponse)
async def watch_progress(
    request: Request, token: Token, batches: Batches
) -> AsyncIterator[ServerSentEvent]:
    """Where some batches stand, each time that it has changed, until all of them have ended."""
    shown: dict[str, Any] | None = None
    loop = asyncio.get_running_loop()
    until = loop.time() + _LONGEST_SECONDS
    while (began := loop.time()) < until:
        per_minute = await to_thread.run_sync(request.app.state.launcher.per_minute)
        now = await to_thread.run_sync(partial(_read, token, batches, per_minute))
        if now != shown:
            yield ServerSentEvent(data=now, event="standing")
            shown = now
        if all(standing["ended"] for standing in now.values()):
            yield ServerSentEvent(data={}, event="ended")
            return
        # What takes long to count, for it is large or much is asked at once, is counted less often.
        await asyncio.sleep(max(_EVERY_SECONDS, 10 * (loop.time() - began)))


def _read(token: str, batch_ids: list[UUID], per_minute: int) -> dict[str, Any]:
    with member_unit_of_work(token) as (session, _):
        return {
            str(batch_id): standing
            for batch_id, standing in standings(session, batch_ids, per_minute).items()
        }
