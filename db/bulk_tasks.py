"""Bulk tasks: recorded, owned, settled."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from catalog.product import Source
from db import statuses
from db.errors import (
    BulkTaskGivenUp,
    BulkTaskNotEnded,
    BulkTaskReopened,
    KeyUsedOtherwise,
    UnknownRecord,
)
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, TaskStatus
from db.pages import Page, read_page
from db.progress import failures, progress, summary
from db.sources import end_all as end_sources
from db.sources import stored_product


def name_for(moment: datetime) -> str:
    """The name that a bulk task gets, such as `Batch Task - Jan 28, 10:30 AM`."""
    hour = moment.strftime("%I").lstrip("0")
    return f"Batch Task - {moment:%b} {moment.day}, {hour}:{moment:%M %p}"


@dataclass(frozen=True)
class Recorded:
    """A bulk task that is recorded, and the Prefect run that works on it, if there is one yet."""

    bulk_task_id: UUID
    flow_run_id: UUID | None


def record(
    session: Session,
    bulk_task_id: UUID,
    sources: Sequence[Source],
    *,
    workspace: str,
    user: str,
    refresh: bool = False,
    idempotency_key: str | None = None,
) -> Recorded:
    """Record a request and its sources as `pending`.

    What is known already stays as it is and is returned: a bulk task of the same id, and one that
    the same user asked for with the same `idempotency_key`.

    Raises:
        KeyUsedOtherwise: the user has used the key for another request.
    """
    request_hash = None if idempotency_key is None else _hash_of(sources, refresh)
    inserted = session.execute(
        insert(CTABulkGenerateTask)
        .values(
            id=bulk_task_id,
            name=name_for(datetime.now().astimezone()),
            status=TaskStatus.PENDING,
            workspace=workspace,
            user=user,
            refresh=refresh,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
        )
        .on_conflict_do_nothing()
        .returning(CTABulkGenerateTask.id)
    ).scalar_one_or_none()
    if inserted is None:
        known = _known(session, bulk_task_id, workspace, user, idempotency_key, request_hash)
        # The one that had the key may have given it up just now.
        return known or record(
            session, bulk_task_id, sources, workspace=workspace, user=user, refresh=refresh,
            idempotency_key=idempotency_key,
        )  # fmt: skip
    session.add_all(
        CTABulkGenerateSource(
            bulk_generate_task_id=bulk_task_id,
            position=position,
            url=source.url,
            batch_size=source.batch_size,
            product_data=stored_product(source),
            workspace=workspace,
            user=user,
        )
        for position, source in enumerate(sources)
    )
    return Recorded(bulk_task_id, None)


def _known(
    session: Session,
    bulk_task_id: UUID,
    workspace: str,
    user: str,
    idempotency_key: str | None,
    request_hash: bytes | None,
) -> Recorded | None:
    found = CTABulkGenerateTask.id == bulk_task_id
    if idempotency_key is not None:
        found |= (
            (CTABulkGenerateTask.workspace == workspace)
            & (CTABulkGenerateTask.user == user)
            & (CTABulkGenerateTask.idempotency_key == idempotency_key)
        )
    known = session.execute(
        select(
            CTABulkGenerateTask.id, CTABulkGenerateTask.flow_run_id, CTABulkGenerateTask.status,
            CTABulkGenerateTask.request_hash,
        ).where(found)
    ).one_or_none()  # fmt: skip
    if known is None:
        return None
    if known.id != bulk_task_id and known.status == TaskStatus.FAILED and not known.flow_run_id:
        _free_key(session, known.id)
        return None
    if known.id != bulk_task_id and known.request_hash != request_hash:
        raise KeyUsedOtherwise(str(idempotency_key), known.id)
    return Recorded(known.id, known.flow_run_id)


def _hash_of(sources: Sequence[Source], refresh: bool) -> bytes:
    request = [[source.model_dump(mode="json") for source in sources], refresh]
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()


def own(session: Session, bulk_task_id: UUID, run_id: UUID, lease_id: UUID | None = None) -> None:
    """Make a run the owner of a bulk task that has none yet.

    `lease_id` is that of the process in which the run is at work, where it is at work already.

    Raises:
        UnknownRecord: no bulk task has this id.
        BulkTaskGivenUp: it was ended before any run had begun.
        BulkTaskReopened: parts of it are being run again.
    """
    moving = CTABulkGenerateTask.status.in_(statuses.UNFINISHED)
    reopened = CTABulkGenerateTask.reopened_at.is_not(None)
    owned = session.execute(
        update(CTABulkGenerateTask)
        .where(
            CTABulkGenerateTask.id == bulk_task_id,
            (moving & ~reopened) | (~moving & CTABulkGenerateTask.flow_run_id.is_not(None)),
        )
        .values(
            flow_run_id=func.coalesce(CTABulkGenerateTask.flow_run_id, run_id),
            lease_id=case(
                (
                    moving & (func.coalesce(CTABulkGenerateTask.flow_run_id, run_id) == run_id),
                    func.coalesce(lease_id, CTABulkGenerateTask.lease_id),
                ),
                else_=CTABulkGenerateTask.lease_id,
            ),
        )
        .returning(CTABulkGenerateTask.id)
    ).scalar_one_or_none()
    if owned is None:
        bulk_task = get(session, bulk_task_id)
        if bulk_task.status in statuses.UNFINISHED:
            raise BulkTaskReopened(bulk_task_id)
        raise BulkTaskGivenUp(bulk_task_id, bulk_task.error_message or "")


def start(session: Session, bulk_task_id: UUID, run_id: UUID, lease_id: UUID | None = None) -> bool:
    """Mark a pending bulk task `running`; False when nothing moved."""
    return statuses.start(session, CTABulkGenerateTask, bulk_task_id, run_id, lease_id)


def settle(
    session: Session, bulk_task_id: UUID, run_id: UUID | None, reason: str | None = None
) -> bool:
    """End a bulk task from its previews: `done` when one of them is, else `failed`.

    Whatever of it has not reached its end is closed, with `reason` where one is given. Nothing
    happens when another run owns the task, when it was taken from its run and waits for the next,
    or when it was reopened for a part of it. Returns whether the task had not ended before.
    """
    bulk_task = session.execute(
        select(
            CTABulkGenerateTask.flow_run_id, CTABulkGenerateTask.reopened_at,
            CTABulkGenerateTask.attempt,
        )
        .where(CTABulkGenerateTask.id == bulk_task_id)
        # Previews that are being queued refer to the row, and need not wait for it.
        .with_for_update(key_share=True)
    ).one_or_none()  # fmt: skip
    if bulk_task is None or bulk_task.reopened_at:
        return False
    never_owned = bulk_task.flow_run_id is None and bulk_task.attempt == 1
    if bulk_task.flow_run_id != run_id and not never_owned:
        return False
    end_sources(session, bulk_task_id, reason)
    return end_from_previews(session, bulk_task_id, run_id, reason)


def end_from_previews(
    session: Session, bulk_task_id: UUID, run_id: UUID | None, reason: str | None = None
) -> bool:
    """End a bulk task that is locked, and of which nothing is moving; False when it had ended."""
    counts = progress(session, bulk_task_id)
    told = summary(failures(session, bulk_task_id), counts.total)
    status = TaskStatus.DONE if counts.done else TaskStatus.FAILED
    if status is TaskStatus.FAILED:
        told = told or reason or statuses.ENDED_EARLY
    return statuses.finish(session, CTABulkGenerateTask, bulk_task_id, run_id, status, told)


def give_up(session: Session, bulk_task_id: UUID, reason: str) -> UUID | None:
    """End as `failed` a bulk task that no run could be started for.

    Its idempotency key is free again, so that the same request can be made once more. Where a run
    has begun after all, nothing is changed and the run's id is returned.
    """
    bulk_task = session.execute(
        select(CTABulkGenerateTask.flow_run_id, CTABulkGenerateTask.reopened_at)
        .where(CTABulkGenerateTask.id == bulk_task_id)
        .with_for_update()
    ).one_or_none()
    if bulk_task is None or bulk_task.flow_run_id or bulk_task.reopened_at:
        return None if bulk_task is None else bulk_task.flow_run_id
    sources = CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id
    statuses.close(session, CTABulkGenerateSource, sources, reason)
    statuses.close(session, CTABulkGenerateTask, CTABulkGenerateTask.id == bulk_task_id, reason)
    _free_key(session, bulk_task_id)
    return None


def _free_key(session: Session, bulk_task_id: UUID) -> None:
    session.execute(
        update(CTABulkGenerateTask)
        .where(CTABulkGenerateTask.id == bulk_task_id)
        .values(idempotency_key=None, request_hash=None)
    )


def forgotten(session: Session, age: timedelta) -> list[CTABulkGenerateTask]:
    """The bulk tasks that have waited for their first run for longer than `age`, with sources.

    Whoever recorded them has died before it could start the run.
    """
    return list(
        session.scalars(
            select(CTABulkGenerateTask)
            .where(
                CTABulkGenerateTask.status == TaskStatus.PENDING,
                CTABulkGenerateTask.flow_run_id.is_(None),
                CTABulkGenerateTask.attempt == 1,
                CTABulkGenerateTask.created_at < func.now() - age,
            )
            .options(selectinload(CTABulkGenerateTask.sources))
            .order_by(CTABulkGenerateTask.created_at)
        )
    )


def page(
    session: Session, *, status: TaskStatus | None, page_size: int, cursor: str | None
) -> Page:
    """The bulk tasks that the session may see, newest first.

    Raises:
        CursorRefused: the cursor is no cursor of this list.
    """
    return read_page(
        session,
        (
            CTABulkGenerateTask.created_at, CTABulkGenerateTask.id, CTABulkGenerateTask.name,
            CTABulkGenerateTask.status, CTABulkGenerateTask.error_message,
            CTABulkGenerateTask.flow_run_id, CTABulkGenerateTask.user, CTABulkGenerateTask.refresh,
            CTABulkGenerateTask.updated_at, CTABulkGenerateTask.started_at,
            CTABulkGenerateTask.finished_at,
        ),
        [] if status is None else [CTABulkGenerateTask.status == status],
        page_size,
        cursor,
        f"bulk tasks {status}",
    )  # fmt: skip


def get(session: Session, bulk_task_id: UUID) -> CTABulkGenerateTask:
    """The record of a bulk task.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
    """
    bulk_task = session.get(CTABulkGenerateTask, bulk_task_id)
    if bulk_task is None:
        raise UnknownRecord("bulk task", bulk_task_id)
    return bulk_task


def remove(session: Session, bulk_task_id: UUID) -> None:
    """Delete a bulk task that has ended, with its sources and its previews.

    Raises:
        UnknownRecord: no bulk task that the session may see has this id.
        BulkTaskNotEnded: it is under way.
    """
    removed = session.execute(
        delete(CTABulkGenerateTask)
        .where(
            CTABulkGenerateTask.id == bulk_task_id,
            CTABulkGenerateTask.status.not_in(statuses.UNFINISHED),
        )
        .returning(CTABulkGenerateTask.id)
    ).scalar_one_or_none()
    if removed is None:
        raise BulkTaskNotEnded(bulk_task_id, get(session, bulk_task_id).status)
