from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from api.starting import keep_starting_forgotten, start_forgotten
from db import bulk_tasks
from db.api_tokens import Member
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from settings import get_settings
from tests.api.conftest import ANN, BOB, EVE, JOB, UNREACHABLE, NotedOrders, make_batch


def recorded() -> list[CTABulkGenerateTask]:
    with unit_of_work() as session:
        return list(session.scalars(select(CTABulkGenerateTask)))


def set_status(batch_id: UUID, status: str) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTABulkGenerateTask)
            .where(CTABulkGenerateTask.id == batch_id)
            .values(status=status, error_message="Why.")
        )


def test_a_batch_is_recorded_and_then_started(ann: TestClient, launcher: NotedOrders) -> None:
    job = {"sources": [{"url": "https://shop.example/a", "batch_size": 3},
                       {"url": "https://shop.example/b"}], "refresh": True}  # fmt: skip
    answer = ann.post("/batch/", json=job)
    assert answer.status_code == 201
    [batch] = recorded()
    [order] = launcher.orders
    assert answer.json() == {
        "bulk_generate_task_id": str(batch.id), "task_id": str(launcher.run_of(batch.id)),
    }  # fmt: skip
    assert answer.headers["Location"] == f"http://api.example/batch/{batch.id}/"
    assert (batch.workspace, batch.user, batch.status) == ("acme", "ann", "pending")
    assert batch.refresh
    assert batch.flow_run_id == launcher.run_of(batch.id)
    assert order.parameters == {
        "sources": [{"url": "https://shop.example/a", "batch_size": 3},
                    {"url": "https://shop.example/b", "batch_size": 1}],
        "workspace": "acme", "user": "ann", "refresh": True, "bulk_task_id": str(batch.id),
    }  # fmt: skip


def test_product_data_is_recorded_with_its_source(ann: TestClient) -> None:
    product = {"title": "Ember Kettle", "image_urls": ["https://shop.example/a.jpg"]}
    source = {"url": "https://shop.example/a", "product": product}
    assert ann.post("/batch/", json={"sources": [source]}).status_code == 201
    with unit_of_work() as session:
        kept = session.scalars(select(CTABulkGenerateSource.product_data)).one()
    assert kept == product


@pytest.mark.parametrize(
    ("sources", "named"),
    [
        ([], {"#/sources": "sources: at least one product address is needed."}),
        ("https://a.example", {"#/sources": "sources: it must be a list"}),
        ([{"url": "ftp://a.example"}], {"#/sources/0/url": "begins with http:// or https://"}),
        ([{"url": "https://a.example"}, {"url": "https://b.example", "batch_size": 11}],
         {"#/sources/1/batch_size": "sources[1].batch_size: the number of previews must be a "
                                    "whole number from 1 to 10 (given: 11)."}),
        ([{"batch_size": 0}], {"#/sources/0/url": "sources[0].url: this is needed.",
                               "#/sources/0/batch_size": "from 1 to 10 (given: 0)"}),
        ([{"url": "https://a.example", "number": 3}],
         {"#/sources/0/number": "sources[0].number: there is no such field (given: 3)."}),
        ([{"url": "https://a.example", "product": {"title": "A", "image_urls": ["https://a.example/1"]}},
          {"url": "https://a.example"}],
         {"#/sources/1/product": "sources[1].product: must be the same as that of sources[0]"}),
    ],
)  # fmt: skip
def test_each_wrong_source_is_named_with_what_it_takes(
    ann: TestClient, launcher: NotedOrders, sources: Any, named: dict[str, str]
) -> None:
    answer = ann.post("/batch/", json={"sources": sources})
    assert answer.status_code == 422
    told = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert told.keys() == named.keys()
    assert all(sentence in told[pointer] for pointer, sentence in named.items()), told
    assert recorded() == []
    assert launcher.orders == []


def test_more_sources_than_the_setting_allows_are_refused(ann: TestClient) -> None:
    most = get_settings().api_max_sources
    sources = [{"url": f"https://shop.example/{number}"} for number in range(most + 1)]
    answer = ann.post("/batch/", json={"sources": sources})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "sources: at most 5,000 are taken in one batch."
    assert ann.post("/batch/", json={"sources": sources[:most]}).status_code == 201


def test_a_batch_that_cannot_be_started_is_failed_with_the_reason(
    ann: TestClient, launcher: NotedOrders
) -> None:
    launcher.trouble = UNREACHABLE
    answer = ann.post("/batch/", json=JOB)
    assert answer.status_code == 503
    assert answer.json()["detail"] == str(UNREACHABLE)
    [batch] = ann.get("/batch/").json()["results"]
    assert (batch["status"], batch["error_message"]) == ("failed", str(UNREACHABLE))
    detail = ann.get(f"/batch/{batch['id']}/").json()
    assert detail["progress"] == {"total": 3, "queued": 0, "running": 0, "done": 0, "failed": 3}
    assert detail["sources"][0]["error_message"] == str(UNREACHABLE)


def test_a_run_that_had_begun_although_no_answer_came_is_answered_with(
    ann: TestClient, launcher: NotedOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = uuid4()

    def begin_and_be_cut_off(order: Any) -> UUID:
        with unit_of_work() as session:
            session.execute(update(CTABulkGenerateTask).values(flow_run_id=run_id))
        raise UNREACHABLE

    monkeypatch.setattr(launcher, "start", begin_and_be_cut_off)
    answer = ann.post("/batch/", json=JOB)
    assert answer.status_code == 201
    assert answer.json()["task_id"] == str(run_id)
    assert recorded()[0].status == "pending"


def test_a_repeated_request_is_answered_with_the_first_ones_task(
    ann: TestClient, launcher: NotedOrders
) -> None:
    answers = [ann.post("/batch/", json=JOB, headers={"Idempotency-Key": "monday"}) for _ in "123"]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert len(recorded()) == len(launcher.orders) == 1


def test_a_key_does_not_serve_for_another_request(ann: TestClient) -> None:
    headers = {"Idempotency-Key": "monday"}
    first = ann.post("/batch/", json=JOB, headers=headers).json()["bulk_generate_task_id"]
    answer = ann.post("/batch/", json={**JOB, "refresh": True}, headers=headers)
    assert answer.status_code == 422
    assert first in answer.json()["detail"]
    assert len(recorded()) == 1


def test_a_key_is_its_users_own(client_of: Callable[[Member], TestClient]) -> None:
    clients = [client_of(member) for member in (ANN, BOB, EVE)]
    headers = {"Idempotency-Key": "monday"}
    first, again = (
        [client.post("/batch/", json=JOB, headers=headers).json() for client in clients]
        for _ in range(2)
    )
    assert first == again
    assert len({answer["bulk_generate_task_id"] for answer in first}) == 3


def test_a_request_that_failed_to_start_may_be_repeated_with_its_key(
    ann: TestClient, launcher: NotedOrders
) -> None:
    headers = {"Idempotency-Key": "monday"}
    launcher.trouble = UNREACHABLE
    assert ann.post("/batch/", json=JOB, headers=headers).status_code == 503
    launcher.trouble = None
    assert ann.post("/batch/", json=JOB, headers=headers).status_code == 201
    assert sorted(batch.status for batch in recorded()) == ["failed", "pending"]


def test_a_request_whose_process_died_before_it_started_the_run_starts_it_when_repeated(
    ann: TestClient, launcher: NotedOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Idempotency-Key": "monday"}
    with monkeypatch.context() as patched:
        patched.setattr(launcher, "start", lambda order: 1 / 0)
        assert ann.post("/batch/", json=JOB, headers=headers).status_code == 500
    answer = ann.post("/batch/", json=JOB, headers=headers)
    assert answer.status_code == 201
    [batch] = recorded()
    assert batch.flow_run_id == launcher.run_of(batch.id) == UUID(answer.json()["task_id"])


def test_what_an_api_had_recorded_when_it_died_is_started_by_the_next(
    ann: TestClient, launcher: NotedOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(launcher, "start", lambda order: 1 / 0)
        assert ann.post("/batch/", json=JOB).status_code == 500
        assert ann.post("/batch/", json=JOB).status_code == 500
    [older, _] = recorded()
    with unit_of_work() as session:
        session.execute(
            update(CTABulkGenerateTask)
            .where(CTABulkGenerateTask.id == older.id)
            .values(created_at=func.now() - timedelta(minutes=3))
        )
    start_forgotten(launcher)
    [order] = launcher.orders
    assert (order.flow, order.row_id, order.workspace) == ("bulk-generate", older.id, "acme")
    assert (order.parameters["sources"], order.parameters["user"]) == (JOB["sources"], "ann")
    assert {batch.flow_run_id for batch in recorded()} == {launcher.run_of(older.id), None}


def test_what_was_forgotten_waits_while_no_run_can_be_started(
    ann: TestClient, launcher: NotedOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is away for some minutes ends nothing that somebody has asked for."""
    with monkeypatch.context() as patched:
        patched.setattr(launcher, "start", lambda order: 1 / 0)
        assert ann.post("/batch/", json=JOB).status_code == 500
    with unit_of_work() as session:
        session.execute(
            update(CTABulkGenerateTask).values(created_at=func.now() - timedelta(minutes=3))
        )
    closed = Event()
    closed.set()
    launcher.trouble = UNREACHABLE
    keep_starting_forgotten(launcher, closed)
    assert [(batch.status, batch.flow_run_id) for batch in recorded()] == [("pending", None)]
    launcher.trouble = None
    keep_starting_forgotten(launcher, closed)
    assert len(launcher.orders) == 1


def test_a_batch_that_was_given_up_meanwhile_is_not_answered_as_started(
    ann: TestClient, launcher: NotedOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up_meanwhile(order: Any) -> UUID:
        with unit_of_work() as session:
            bulk_tasks.give_up(session, order.row_id, "Another request gave it up.")
        return uuid4()

    monkeypatch.setattr(launcher, "start", give_up_meanwhile)
    answer = ann.post("/batch/", json=JOB)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Another request gave it up."


def test_twenty_at_once_with_one_key_make_one_batch(ann: TestClient, launcher: NotedOrders) -> None:
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(
                lambda _: ann.post("/batch/", json=JOB, headers={"Idempotency-Key": "monday"}),
                range(20),
            )
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(recorded()) == 1
    # Prefect takes the bulk task's id for a key of its own, so that asking it again is harmless.
    assert len({order.key for order in launcher.orders}) == 1


def test_a_batch_is_shown_with_its_progress_and_its_sources(ann: TestClient) -> None:
    made = make_batch(ANN)
    answer = ann.get(f"/batch/{made.id}/")
    assert answer.status_code == 200
    batch = answer.json()
    assert batch["progress"] == {"total": 4, "queued": 0, "running": 0, "done": 2, "failed": 2}
    assert batch["error_message"].startswith("2 of 4 previews failed.")
    first, second = batch["sources"]
    assert first["product"] == {"id": str(made.product_id), "title": "Ember Kettle"}
    assert [first[count] for count in ("queued", "running", "done", "failed")] == [0, 0, 2, 1]
    assert (second["product"], second["error_message"]) == (None, "The page is gone.")
    assert [second[count] for count in ("queued", "running", "done", "failed")] == [0, 0, 0, 1]


def test_counts_of_a_source_add_up_while_it_waits(ann: TestClient) -> None:
    batch_id = ann.post("/batch/", json=JOB).json()["bulk_generate_task_id"]
    batch = ann.get(f"/batch/{batch_id}/").json()
    assert batch["progress"] == {"total": 3, "queued": 3, "running": 0, "done": 0, "failed": 0}
    assert (batch["sources"][0]["queued"], batch["sources"][0]["batch_size"]) == (3, 3)


def test_batches_are_listed_newest_first_in_pages(ann: TestClient) -> None:
    ids = [ann.post("/batch/", json=JOB).json()["bulk_generate_task_id"] for _ in range(5)]
    first = ann.get("/batch/?page_size=2").json()
    assert first["previous"] is None
    second = ann.get(first["next"]).json()
    third = ann.get(second["next"]).json()
    assert third["next"] is None
    walked = [batch["id"] for page in (first, second, third) for batch in page["results"]]
    assert walked == ids[::-1]
    assert ann.get(third["previous"]).json()["results"] == second["results"]
    assert ann.get(second["previous"]).json() == first
    assert first["next"].startswith("http://api.example/batch/?page_size=2&cursor=")


def test_batches_are_listed_by_status(ann: TestClient) -> None:
    done = make_batch(ANN).id
    set_status(make_batch(ANN).id, "running")
    listed = ann.get("/batch/?status=done").json()["results"]
    assert [batch["id"] for batch in listed] == [str(done)]


@pytest.mark.parametrize("status", ["pending", "running"])
def test_a_batch_is_not_deleted_while_it_runs(ann: TestClient, status: str) -> None:
    made = make_batch(ANN)
    set_status(made.id, status)
    answer = ann.delete(f"/batch/{made.id}/")
    assert answer.status_code == 409
    assert f"is {status}" in answer.json()["detail"]
    assert ann.get(f"/batch/{made.id}/").status_code == 200


@pytest.mark.parametrize("status", ["done", "failed"])
def test_a_batch_that_has_ended_is_deleted_with_its_previews(ann: TestClient, status: str) -> None:
    made, other = make_batch(ANN), make_batch(ANN)
    set_status(made.id, status)
    answer = ann.delete(f"/batch/{made.id}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert ann.get(f"/batch/{made.id}/").status_code == 404
    assert ann.delete(f"/batch/{made.id}/").status_code == 404
    with unit_of_work() as session:
        left = session.execute(
            select(CTAIFramePreview.bulk_generate_task_id, func.count()).group_by(
                CTAIFramePreview.bulk_generate_task_id
            )
        ).all()
    assert [tuple(row) for row in left] == [(other.id, 3)]
