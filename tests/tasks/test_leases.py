"""The lease of a process is renewed for as long as the process lives."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine

from db import leases
from db.bookkeeping import CTALease
from db.session import unit_of_work
from settings import get_settings
from tasks.leases import _Keeper


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CTA_LEASE_SECONDS", "1")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


def end_of(lease_id: UUID) -> datetime:
    with unit_of_work() as session:
        return session.get_one(CTALease, lease_id).expires_at


def test_it_is_there_at_once_and_is_renewed_through_failures(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = _Keeper()
    lease_id = keeper.lease()
    first = end_of(lease_id)
    renew, failures = leases.renew, [ConnectionError("away")] * 2

    def fail_twice(*arguments: object) -> None:
        if failures:
            raise failures.pop()
        renew(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(leases, "renew", fail_twice)
    deadline = time.monotonic() + 60
    while end_of(lease_id) == first:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert failures == []
    assert keeper.lease() == lease_id


def test_a_process_that_was_forked_has_a_lease_of_its_own(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = _Keeper()
    of_parent = keeper.lease()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    of_child = keeper.lease()
    assert of_child != of_parent
    assert keeper.lease() == of_child
    assert end_of(of_child)
