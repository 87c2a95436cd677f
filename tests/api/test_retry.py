"""What failed of a batch, made again over REST."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import Engine, func, select, text, update

from api.launcher import Deployment
from api.orders import run_again
from api.starting import start_forgotten
from db import reconciling, resuming, waiting
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from db.waiting import run_key
from tests.api.conftest import (
    ANN,
    JOB,
    UNREACHABLE,
    MadeBatch,
    NotedOrders,
    make_batch,
    new_token,
)
from tests.api.served import served
from tests.pages import Pages
from tests.prefect_server import run_python

WORKER = ("-m", "prefect", "worker", "start", "--pool", "cta-previews", "--type", "process")


@pytest.fixture
def batch(database: Engine) -> MadeBatch:
    return make_batch(ANN)


def bulk_task(batch_id: UUID) -> CTABulkGenerateTask:
    with unit_of_work() as session:
        return session.get_one(CTABulkGenerateTask, batch_id)


def previews_of(batch_id: UUID) -> list[CTAIFramePreview]:
    with unit_of_work() as session:
        of_batch = CTAIFramePreview.bulk_generate_task_id == batch_id
        return list(
            session.scalars(
                select(CTAIFramePreview).where(of_batch).order_by(CTAIFramePreview.position)
            )
        )


def sources_of(batch_id: UUID) -> list[CTABulkGenerateSource]:
    with unit_of_work() as session:
        of_batch = CTABulkGenerateSource.bulk_generate_task_id == batch_id
        return list(
            session.scalars(
                select(CTABulkGenerateSource)
                .where(of_batch)
                .order_by(CTABulkGenerateSource.position)
            )
        )


def change(record: Any, row_id: UUID, **values: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(record).where(record.id == row_id).values(values))


def test_what_failed_waits_at_once_and_what_is_done_stays(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    kept = previews_of(batch.id)[:2]
    answer = ann.post(f"/batch/{batch.id}/retry/")
    assert answer.status_code == 202, answer.text
    [order] = launcher.orders
    assert (order.flow, order.parameters) == ("retry-failed", {"bulk_task_id": str(batch.id)})
    run_id = launcher.runs[order.key]
    assert answer.json() == {"bulk_generate_task_id": str(batch.id), "task_id": str(run_id)}
    shown = ann.get(f"/batch/{batch.id}/").json()
    assert (shown["status"], shown["task_id"]) == ("pending", str(run_id))
    assert (shown["error_message"], shown["finished_at"]) == (None, None)
    assert shown["progress"] == {"total": 4, "queued": 2, "running": 0, "done": 2, "failed": 0}
    assert {source["status"] for source in shown["sources"]} == {"pending"}
    *done, again = previews_of(batch.id)
    assert (again.status, again.attempt, again.error_message) == ("queued", 2, None)
    assert [(one.status, one.attempt, one.updated_at) for one in done] == [
        ("done", 1, one.updated_at) for one in kept
    ]


def test_the_run_takes_the_attempt_as_it_stands(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    run_id = UUID(ann.post(f"/batch/{batch.id}/retry/").json()["task_id"])
    with unit_of_work() as session:
        resuming.resume(session, batch.id, run_id)
    taken = bulk_task(batch.id)
    assert (taken.status, taken.attempt, taken.flow_run_id) == ("running", 2, run_id)
    assert [preview.attempt for preview in previews_of(batch.id)] == [1, 1, 2]


def test_twenty_at_once_make_one_attempt_and_start_one_run(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: ann.post(f"/batch/{batch.id}/retry/"), range(20)))
    refused = [answer for answer in answers if answer.status_code != 202]
    assert [answer.status_code for answer in refused] == [409] * 19
    assert {answer.json()["type"] for answer in refused} == {"urn:cta-previews:bulk-task-under-way"}
    assert len(launcher.orders) == 1
    assert bulk_task(batch.id).attempt == 2
    assert [preview.attempt for preview in previews_of(batch.id)] == [1, 1, 2]


def test_a_batch_of_which_nothing_failed_is_refused(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    with unit_of_work() as session:
        session.delete(session.get_one(CTAIFramePreview, batch.preview_ids[2]))
    first, second = sources_of(batch.id)
    change(CTABulkGenerateSource, first.id, batch_size=2)
    with unit_of_work() as session:
        session.delete(session.get_one(CTABulkGenerateSource, second.id))
    answer = ann.post(f"/batch/{batch.id}/retry/")
    assert (answer.status_code, answer.json()["type"]) == (
        409, "urn:cta-previews:bulk-task-not-failed",
    )  # fmt: skip
    assert "there is nothing to retry" in answer.json()["detail"]
    assert launcher.orders == []


def test_a_batch_that_is_made_for_the_first_time_is_refused(
    ann: TestClient, launcher: NotedOrders
) -> None:
    made = ann.post("/batch/", json=JOB).json()
    answer = ann.post(f"/batch/{made['bulk_generate_task_id']}/retry/")
    assert answer.status_code == 409
    assert made["task_id"] in answer.json()["detail"]
    assert len(launcher.orders) == 1


def test_a_batch_of_which_a_part_is_made_again_is_refused(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    assert ann.post(f"/previews/{batch.preview_ids[0]}/regenerate/").status_code == 202
    answer = ann.post(f"/batch/{batch.id}/retry/")
    assert (answer.status_code, answer.json()["type"]) == (
        409, "urn:cta-previews:bulk-task-reopened",
    )  # fmt: skip
    assert len(launcher.orders) == 1


def test_an_unknown_and_a_foreign_batch_are_answered_alike(
    eve: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    for batch_id in (batch.id, uuid4()):
        answer = eve.post(f"/batch/{batch_id}/retry/")
        assert (answer.status_code, answer.json()["detail"]) == (
            404, f"There is no bulk task with the id {batch_id}.",
        )  # fmt: skip
    assert launcher.orders == []


def test_where_no_run_can_be_started_all_has_ended_again_and_says_why(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    earlier = bulk_task(batch.id).flow_run_id
    launcher.trouble = UNREACHABLE
    answer = ann.post(f"/batch/{batch.id}/retry/")
    assert (answer.status_code, answer.json()["detail"]) == (503, str(UNREACHABLE))
    shown = ann.get(f"/batch/{batch.id}/").json()
    assert (shown["status"], shown["task_id"]) == ("done", str(earlier))
    assert shown["error_message"] == f"2 of 4 previews failed. {UNREACHABLE} (2×)"
    assert shown["progress"] == {"total": 4, "queued": 0, "running": 0, "done": 2, "failed": 2}
    assert [source["status"] for source in shown["sources"]] == ["done", "failed"]
    *done, failed = previews_of(batch.id)
    assert (failed.status, failed.error_message) == ("failed", str(UNREACHABLE))
    assert [(one.status, one.error_message) for one in done] == [("done", None)] * 2
    launcher.trouble = None
    assert ann.post(f"/batch/{batch.id}/retry/").status_code == 202


def test_a_key_still_names_a_batch_whose_retry_could_not_be_started(
    ann: TestClient, launcher: NotedOrders
) -> None:
    headers = {"Idempotency-Key": "monday"}
    made = ann.post("/batch/", json=JOB, headers=headers).json()
    batch_id = UUID(made["bulk_generate_task_id"])
    change(CTABulkGenerateTask, batch_id, status="failed", error_message="Why.")
    launcher.trouble = UNREACHABLE
    assert ann.post(f"/batch/{batch_id}/retry/").status_code == 503
    launcher.trouble = None
    assert ann.post("/batch/", json=JOB, headers=headers).json() == made


def test_a_run_that_had_begun_although_no_answer_came_is_answered_with(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = uuid4()

    def begin_and_be_cut_off(order: Any) -> UUID:
        with unit_of_work() as session:
            resuming.resume(session, order.row_id, run_id)
        raise UNREACHABLE

    monkeypatch.setattr(launcher, "start", begin_and_be_cut_off)
    answer = ann.post(f"/batch/{batch.id}/retry/")
    assert (answer.status_code, answer.json()["task_id"]) == (202, str(run_id))
    assert bulk_task(batch.id).status == "running"


def test_the_key_is_the_one_that_reconcile_takes_in_whatever_time_zone(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def look(order: Any) -> UUID:
        with unit_of_work() as session:
            session.execute(text("SET LOCAL timezone = 'Asia/Tokyo'"))
            [row] = reconciling.waiting(session, timedelta(seconds=-1))
            taken.append(run_key("retry-failed", row.id, row.since))
        assert order.key == taken[-1]
        return uuid4()

    monkeypatch.setattr(launcher, "start", look)
    assert ann.post(f"/batch/{batch.id}/retry/").status_code == 202
    change(CTABulkGenerateTask, batch.id, status="failed", error_message="Why.")
    for source in sources_of(batch.id):
        change(CTABulkGenerateSource, source.id, status="failed", error_message="Why.")
    assert ann.post(f"/batch/{batch.id}/retry/").status_code == 202
    assert len({*taken}) == 2, "each attempt has a key of its own"


def die_before_the_run_is_started(launcher: NotedOrders, ask: Callable[[], Any]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(launcher, "start", lambda order: 1 / 0)
        assert ask().status_code == 500


def test_what_an_api_had_reopened_when_it_died_is_started_by_the_next(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    other = make_batch(ANN)
    preview_id = other.preview_ids[0]
    die_before_the_run_is_started(launcher, lambda: ann.post(f"/batch/{batch.id}/retry/"))
    die_before_the_run_is_started(launcher, lambda: ann.post(f"/previews/{preview_id}/regenerate/"))
    start_forgotten(launcher)
    assert launcher.orders == [], "those who have just asked may be at it"
    a_while_ago = func.now() - timedelta(minutes=3)
    change(CTABulkGenerateTask, batch.id, updated_at=a_while_ago)
    change(CTAIFramePreview, preview_id, updated_at=a_while_ago)
    start_forgotten(launcher)
    started = {order.flow: order for order in launcher.orders}
    assert started.keys() == {"retry-failed", "generate-preview"}
    retried, made = started["retry-failed"], started["generate-preview"]
    assert bulk_task(batch.id).flow_run_id == launcher.runs[retried.key]
    assert retried.parameters == {"bulk_task_id": str(batch.id)}
    [regenerated, *_] = previews_of(other.id)
    assert regenerated.flow_run_id == launcher.runs[made.key]
    assert made.parameters == {"preview_id": str(preview_id)}


def test_a_request_sent_again_starts_the_attempt_that_its_batch_is_in(
    ann: TestClient, launcher: NotedOrders
) -> None:
    headers = {"Idempotency-Key": "monday"}
    made = ann.post("/batch/", json=JOB, headers=headers).json()
    batch_id = UUID(made["bulk_generate_task_id"])
    change(CTABulkGenerateTask, batch_id, status="failed", error_message="Why.")
    die_before_the_run_is_started(launcher, lambda: ann.post(f"/batch/{batch_id}/retry/"))
    again = ann.post("/batch/", json=JOB, headers=headers).json()
    assert [order.flow for order in launcher.orders] == ["bulk-generate", "retry-failed"]
    assert again["task_id"] == str(launcher.runs[launcher.orders[1].key]) != made["task_id"]


LOST_PREVIEW = """
UPDATE cta_iframe_preview SET status = 'failed', error_message = 'The model was overloaded.',
prefill = NULL, filled_attempt = NULL, background_url = NULL, draft = NULL, headline_key = NULL
WHERE id = (SELECT id FROM cta_iframe_preview ORDER BY position DESC LIMIT 1)
"""


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_worker_makes_what_failed(
    database: Engine, registered: dict[str, str], pages: Pages, tmp_path: Path
) -> None:
    environment = registered | {"CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://")}
    job = {"sources": [{"url": f"{pages.url}/mug", "batch_size": 2}]}
    with served(environment, tmp_path) as api, api.client(new_token(ANN)) as ann:
        batch_id = ann.post("/batch/", json=job).json()["bulk_generate_task_id"]
        run_python(environment, *WORKER, "--run-once")
        with database.begin() as connection:
            connection.execute(text(LOST_PREVIEW))
        kept, _ = previews_of(UUID(batch_id))
        assert kept.status == "done"

        retried = ann.post(f"/batch/{batch_id}/retry/").raise_for_status().json()
        assert ann.post(f"/batch/{batch_id}/retry/").status_code == 409
        shown = ann.get(f"/batch/{batch_id}/").json()
        assert (shown["status"], shown["progress"]["queued"]) == ("pending", 1)
        run_python(environment, *WORKER, "--run-once")

        shown = ann.get(f"/batch/{batch_id}/").json()
        assert (shown["status"], shown["error_message"]) == ("done", None)
        assert shown["task_id"] == retried["task_id"]
        assert shown["progress"]["done"] == 2
    stayed, again = previews_of(UUID(batch_id))
    assert (stayed.prefill, stayed.updated_at) == (kept.prefill, kept.updated_at)
    assert (again.status, again.attempt, bulk_task(UUID(batch_id)).attempt) == ("done", 2, 2)


RECONCILE_AND_DIE = """
import importlib
from datetime import timedelta
module = importlib.import_module("flows.reconcile")
module.UNSTARTED_AFTER = timedelta(0)
module._give = lambda row, run_id: print("started", run_id)
try:
    module.put_right()
except TypeError:
    pass
"""


@pytest.mark.timeout(300)
def test_reconcile_and_the_api_start_one_run_between_them(
    batch: MadeBatch, registered: dict[str, str]
) -> None:
    with unit_of_work() as session:
        resuming.resume(session, batch.id)
        since = waiting.waits_since(session, CTABulkGenerateTask, batch.id)
    environment = registered | {"PGTZ": "Asia/Tokyo"}
    printed = run_python(environment, "-c", RECONCILE_AND_DIE)
    by_reconcile = printed.split("started ")[1].split()[0]
    order = run_again(CTABulkGenerateTask, batch.id, since, "acme")
    with temporary_settings({PREFECT_API_URL: registered["PREFECT_API_URL"]}):
        assert str(Deployment().start(order)) == by_reconcile
    # No worker of another test is to make it.
    address = f"{registered['PREFECT_API_URL']}/flow_runs/{by_reconcile}"
    httpx.delete(address).raise_for_status()
