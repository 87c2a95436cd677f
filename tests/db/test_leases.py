"""Leases: whose process counts as alive, by the database's time."""

from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db import leases, sources
from db.bookkeeping import CTALease
from db.models import CTABulkGenerateSource


def run_out(session: Session, lease_id: UUID) -> None:
    """Let a lease have run out, with Postgres up for longer than it."""
    session.execute(
        update(CTALease)
        .where(CTALease.id == lease_id)
        .values(expires_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 1), seconds=0.001)
    )


def judged(session: Session) -> tuple[list[UUID], list[UUID]]:
    """The sources whose process is alive, and those whose process is dead."""
    record = CTABulkGenerateSource
    return (
        list(session.scalars(select(record.id).where(leases.is_held(record)))),
        list(session.scalars(select(record.id).where(leases.has_run_out(record)))),
    )


def test_a_row_is_held_until_the_lease_of_its_process_has_run_out(
    session: Session, source_ids: list[UUID]
) -> None:
    lease_id = uuid4()
    leases.renew(session, lease_id, 60)
    sources.start(session, source_ids[0], uuid4(), lease_id)
    sources.start(session, source_ids[1], uuid4())
    assert judged(session) == ([source_ids[0]], []), "one without a lease is neither"
    assert 55 < leases.seconds_left(session, lease_id) <= 60
    run_out(session, lease_id)
    assert judged(session) == ([], [source_ids[0]])
    assert leases.seconds_left(session, lease_id) == 0
    leases.renew(session, lease_id, 60)
    assert judged(session) == ([source_ids[0]], [])


def test_a_lease_runs_for_its_length_after_postgres_has_started(
    session: Session, source_ids: list[UUID]
) -> None:
    """Nobody could renew it while Postgres was away."""
    lease_id = uuid4()
    sources.start(session, source_ids[0], uuid4(), lease_id)
    leases.renew(session, lease_id, 10**7)
    session.execute(update(CTALease).values(expires_at=func.now() - func.make_interval(1)))
    assert judged(session) == ([source_ids[0]], [])


def test_a_lease_that_is_gone_has_run_out(session: Session, source_ids: list[UUID]) -> None:
    lease_id = uuid4()
    leases.renew(session, lease_id, 60)
    sources.start(session, source_ids[0], uuid4(), lease_id)
    session.execute(update(CTALease).values(expires_at=func.now() - func.make_interval(0, 0, 0, 2)))
    leases.forget_old(session)
    assert judged(session) == ([], [source_ids[0]])
    assert leases.seconds_left(session, lease_id) == leases.seconds_left(session, None) == 0


def test_a_row_that_has_ended_names_no_lease(session: Session, source_ids: list[UUID]) -> None:
    lease_id, run_id = uuid4(), uuid4()
    leases.renew(session, lease_id, 60)
    sources.start(session, source_ids[0], run_id, lease_id)
    sources.settle(session, source_ids[0], run_id, "The page is gone.")
    assert judged(session) == ([], [])
