"""Calls of models: each has a slot of the cap, is still wanted, and is kept with what it gave."""

import logging
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.logging import disable_run_logger
from prefect.states import Cancelling, Running
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError

import tasks.calls as calls_module
from creative.calls import ModelCall
from db import costs, halves, previews, sources
from db.errors import PreviewNotOwned
from db.halves import PreviewAttempt
from db.models import CTAIFramePreview, CTAModelCall
from db.session import unit_of_work
from tasks.calls import PreviewCalls
from tasks.failures import HalfNotKept, RunCancelled
from tests.db.conftest import save_product
from tests.db.ended_batch import running_batch

PAID = ModelCall("painter", 6.5, 1500, 1120, Decimal("0.06795"))
REFUSED = ModelCall("painter", 0.5, failure="GeneratorOverloaded")
URL = "file:///background.jpg"
AWAY = OperationalError("UPDATE", {}, Exception("password=secret"))

pytestmark = pytest.mark.usefixtures("prefect_server")


@flow(name="of-the-tests")
def of_the_tests() -> None:
    pass


@pytest.fixture
def bulk_run() -> UUID:
    """A run that Prefect has at work."""
    with get_client(sync_client=True) as client:
        return client.create_flow_run(of_the_tests, state=Running()).id


@pytest.fixture
def attempt(database: Engine, bulk_run: UUID) -> PreviewAttempt:
    """An attempt at work on a preview of a bulk task at work."""
    with running_batch(bulk_run) as (session, _, source_id, _other):
        sources.start(session, source_id, uuid4())
        picture = "https://shop.example/1.jpg"
        [preview_id] = previews.queue(session, source_id, save_product(session), [picture])
        return previews.claim(session, preview_id, uuid4())


@pytest.fixture(autouse=True)
def slots(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []

    def wait(check: Callable[[], None]) -> None:
        check()
        taken.append("slot")

    monkeypatch.setattr(calls_module, "wait_for_generation_slot", wait)
    return taken


def recorded() -> list[tuple[int, str | None]]:
    """The attempt and the failure of each call that was kept."""
    with unit_of_work() as session:
        rows = session.execute(
            select(CTAModelCall.attempt, CTAModelCall.failure).order_by(CTAModelCall.created_at)
        )
        return [(row.attempt, row.failure) for row in rows]


def kept() -> str | None:
    with unit_of_work() as session:
        return session.scalars(select(CTAIFramePreview.background_url)).one()


def test_the_first_call_has_a_slot_and_each_further_one_waits_for_its_own(
    attempt: PreviewAttempt, slots: list[str]
) -> None:
    calls = PreviewCalls(attempt, "background")
    calls.allow()
    assert slots == []
    calls.allow()
    calls.allow()
    assert slots == ["slot", "slot"]


def test_a_task_run_that_is_tried_again_waits_from_its_first_call(
    attempt: PreviewAttempt, slots: list[str]
) -> None:
    had: list[int] = []

    @task(retries=1)
    def twice() -> None:
        PreviewCalls(attempt, "background").allow()
        had.append(len(slots))
        if len(had) == 1:
            raise ConnectionError

    twice()
    assert had == [0, 1]


def test_no_call_is_allowed_once_the_bulk_task_was_cancelled(
    attempt: PreviewAttempt, bulk_run: UUID, slots: list[str]
) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(bulk_run, Cancelling(), force=True)
    calls = PreviewCalls(attempt, "background")
    with pytest.raises(RunCancelled):
        calls.allow()
    with pytest.raises(RunCancelled):
        calls.allow()
    assert slots == []


@pytest.mark.parametrize("change", [{"attempt": 2}, {"flow_run_id": uuid4()}, {"status": "queued"}])
def test_no_call_is_allowed_and_nothing_kept_once_another_is_at_the_preview(
    attempt: PreviewAttempt, change: dict[str, object]
) -> None:
    with unit_of_work() as session:
        session.execute(update(CTAIFramePreview).values(change))
    with PreviewCalls(attempt, "background") as calls:
        with pytest.raises(PreviewNotOwned):
            calls.allow()
        calls.record(PAID)
        with pytest.raises(PreviewNotOwned):
            calls.keep(background_url=URL)
    assert (kept(), recorded()) == (None, [(1, None)]), "it was paid all the same"


def test_a_half_and_what_it_cost_are_kept_together(
    attempt: PreviewAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PreviewCalls(attempt, "background") as calls:
        calls.record(REFUSED)
        assert recorded() == [(1, "GeneratorOverloaded")], (
            "a call that gave nothing is told at once"
        )
        calls.record(PAID)
        assert len(recorded()) == 1
        calls.keep(background_url=URL)
        assert (kept(), recorded()) == (URL, [(1, "GeneratorOverloaded"), (1, None)])

    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    with PreviewCalls(attempt, "prefill") as calls:
        calls.record(PAID)
        with monkeypatch.context() as broken:
            broken.setattr(costs, "record", fail)
            with pytest.raises(ZeroDivisionError):
                calls.keep(draft={"headline": "Tea"})
        with unit_of_work() as session:
            assert halves.made(session, attempt).draft is None
    assert len(recorded()) == 3


def test_what_was_paid_for_and_could_not_be_used_is_recorded(attempt: PreviewAttempt) -> None:
    def run_out_of_space() -> None:
        with PreviewCalls(attempt, "background") as calls:
            calls.record(PAID)
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        run_out_of_space()
    assert recorded() == [(1, None)]


def test_a_database_that_is_back_soon_gets_the_half(
    attempt: PreviewAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, failures = halves.keep, [AWAY] * 2

    def fail_twice(*arguments: object, **half: object) -> None:
        if failures:
            raise failures.pop()
        keep(*arguments, **half)  # type: ignore[arg-type]

    monkeypatch.setattr(halves, "keep", fail_twice)
    with PreviewCalls(attempt, "background") as calls:
        calls.record(PAID)
        calls.keep(background_url=URL)
    assert (kept(), recorded()) == (URL, [(1, None)])


def test_a_database_that_stays_away_is_told_with_what_was_paid_for(
    attempt: PreviewAttempt, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object, **half: object) -> None:
        raise AWAY

    monkeypatch.setattr(halves, "keep", fail)
    monkeypatch.setattr(costs, "record", fail)
    monkeypatch.setattr(calls_module, "patient", lambda function: function)
    monkeypatch.setattr(calls_module, "persistent", lambda function: function)
    monkeypatch.setattr(calls_module, "get_run_logger", lambda: logging.getLogger("cta"))

    def paint() -> None:
        with PreviewCalls(attempt, "background") as calls:
            calls.record(PAID)
            calls.keep(background_url=URL)

    with (
        disable_run_logger(),
        caplog.at_level(logging.WARNING, logger="cta"),
        pytest.raises(HalfNotKept, match="background was made"),
    ):
        paint()
    assert "1120 out, $0.06795" in caplog.text
    assert "secret" not in caplog.text
