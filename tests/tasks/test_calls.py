"""Calls of models: the first has the slot of its preview, each further one waits for its own."""

import logging
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from prefect import task
from prefect.logging import disable_run_logger
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from catalog.product import Source
from creative.calls import ModelCall
from db import bulk_tasks, costs, previews, sources
from db.session import unit_of_work
from tasks import calls as calls_module
from tasks.calls import PreviewCalls
from tests.db.conftest import PRODUCT_URL, save_product

CALL = ModelCall("painter", 6.5, 1500, 1120, Decimal("0.06795"))


@pytest.fixture
def bulk_task_id(database: Engine) -> UUID:
    new_id = uuid4()
    with unit_of_work(database) as session:
        source = Source(url=PRODUCT_URL, batch_size=1)
        bulk_tasks.record(session, new_id, [source], workspace="acme", user="ann")
    return new_id


@pytest.fixture
def preview_id(database: Engine, bulk_task_id: UUID) -> UUID:
    with unit_of_work(database) as session:
        [reference] = sources.unfinished(session, bulk_task_id)
        picture = "https://shop.example/1.jpg"
        [queued] = previews.queue(session, reference.id, save_product(session), [picture])
    return queued


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []
    monkeypatch.setattr(calls_module, "wait_for_generation_slot", lambda: taken.append("slot"))
    return taken


def test_the_first_call_has_a_slot_and_each_further_one_waits_for_its_own(
    slots: list[str],
) -> None:
    calls = PreviewCalls(uuid4(), "background")
    calls.allow()
    assert slots == []
    calls.allow()
    calls.allow()
    assert slots == ["slot", "slot"]


@pytest.mark.usefixtures("prefect_server")
def test_a_task_run_that_is_tried_again_waits_from_its_first_call(slots: list[str]) -> None:
    had: list[int] = []

    @task(retries=1)
    def twice() -> None:
        PreviewCalls(uuid4(), "background").allow()
        had.append(len(slots))
        if len(had) == 1:
            raise ConnectionError

    twice()
    assert had == [0, 1]


def test_what_a_call_took_is_recorded_with_its_preview(
    database: Engine, bulk_task_id: UUID, preview_id: UUID
) -> None:
    PreviewCalls(preview_id, "background").record(CALL)
    with unit_of_work(database) as session:
        [(of, cost)] = costs.by_preview(session, bulk_task_id).items()
    assert (of, cost.calls, cost.usd, cost.models) == (preview_id, 1, CALL.cost, ("painter",))


def test_a_database_that_is_back_soon_gets_the_record(
    database: Engine, bulk_task_id: UUID, preview_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, failures = costs.record, [OperationalError("INSERT", {}, Exception())] * 2

    def fail_twice(*arguments: object) -> None:
        if failures:
            raise failures.pop()
        record(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(costs, "record", fail_twice)
    PreviewCalls(preview_id, "background").record(CALL)
    with unit_of_work(database) as session:
        assert costs.of_bulk_task(session, bulk_task_id).calls == 1


def test_a_database_that_stays_away_does_not_undo_what_was_paid_for(
    preview_id: UUID, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise OperationalError("INSERT", {}, Exception("password=secret"))

    monkeypatch.setattr(costs, "record", fail)
    monkeypatch.setattr(calls_module, "wait_random_exponential", lambda **_: lambda state: 0)
    monkeypatch.setattr(calls_module, "get_run_logger", lambda: logging.getLogger("cta"))
    with disable_run_logger(), caplog.at_level(logging.WARNING, logger="cta"):
        PreviewCalls(preview_id, "background").record(CALL)
    assert "1120 out, $0.06795" in caplog.text
    assert "secret" not in caplog.text
