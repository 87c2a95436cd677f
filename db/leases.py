"""Leases: how long a process that works on rows counts as alive.

A process has one lease, which a thread of it renews, and the rows that it works on name it. All
times are the database's. A process that is dead, frozen, or cut off from the database does not
renew, and its rows may be given to others once the lease has run out.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.bookkeeping import CTALease
from db.statuses import Record

_KEPT = timedelta(days=1)


def renew(session: Session, lease_id: UUID, seconds: float) -> None:
    """Have a lease run for `seconds` from now on."""
    renewed = insert(CTALease).values(
        id=lease_id,
        expires_at=func.clock_timestamp() + timedelta(seconds=seconds),
        seconds=seconds,
    )
    session.execute(
        renewed.on_conflict_do_update(
            index_elements=["id"],
            set_={"expires_at": renewed.excluded.expires_at, "seconds": renewed.excluded.seconds},
        )
    )


def _runs_until() -> ColumnElement[object]:
    """The end of a lease; nobody could renew one while Postgres itself was away."""
    restarted = func.pg_postmaster_start_time() + func.make_interval(
        0, 0, 0, 0, 0, 0, CTALease.seconds
    )
    return func.greatest(CTALease.expires_at, restarted)


def is_held(record: Record) -> ColumnElement[bool]:
    """The rows whose process counts as alive."""
    return exists(
        select(CTALease.id).where(
            CTALease.id == record.lease_id, _runs_until() > func.clock_timestamp()
        )
    )


def has_run_out(record: Record) -> ColumnElement[bool]:
    """The rows whose process has had a lease, and counts as dead."""
    return record.lease_id.is_not(None) & ~is_held(record)


def seconds_left(session: Session, lease_id: UUID | None) -> float:
    """How long a lease still runs; 0 when it has run out, or there is none."""
    left = session.scalar(
        select(func.extract("epoch", _runs_until() - func.clock_timestamp())).where(
            CTALease.id == lease_id
        )
    )
    return max(float(left or 0), 0.0)


def forget_old(session: Session) -> None:
    """Delete the leases that ran out a day ago."""
    session.execute(delete(CTALease).where(CTALease.expires_at < func.now() - _KEPT))
