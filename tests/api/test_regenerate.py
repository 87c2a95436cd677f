"""A preview, or one half of it, made anew over REST."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from db import reopening, waiting
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from tests.api.conftest import (
    ANN,
    UNREACHABLE,
    MadeBatch,
    NotedOrders,
    make_batch,
    new_token,
)
from tests.api.served import served
from tests.api.test_retry import WORKER, bulk_task, change, sources_of
from tests.pages import Pages
from tests.prefect_server import run_python

HALVES = {"background_url": "file:///b.jpg", "draft": {"headline": "Tea"}}


@pytest.fixture
def batch(database: Engine) -> MadeBatch:
    made = make_batch(ANN)
    for preview_id in made.preview_ids:
        change(CTAIFramePreview, preview_id, **HALVES)
    return made


def preview(preview_id: UUID) -> CTAIFramePreview:
    with unit_of_work() as session:
        return session.get_one(CTAIFramePreview, preview_id)


def address(batch: MadeBatch, number: int = 0) -> str:
    return f"/previews/{batch.preview_ids[number]}/regenerate/"


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ({}, (None, None)),
        ({"json": None}, (None, None)),
        ({"json": {}}, (None, None)),
        ({"json": {"parts": ["prefill", "background"]}}, (None, None)),
        ({"json": {"parts": ["background"]}}, (None, HALVES["draft"])),
        ({"json": {"parts": ["prefill"]}}, (HALVES["background_url"], None)),
    ],
)
def test_what_is_asked_for_waits_at_once_and_the_rest_stays(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch, sent: Any, left: Any
) -> None:
    preview_id = batch.preview_ids[0]
    before = preview(preview_id)
    answer = ann.post(address(batch), **sent)
    assert answer.status_code == 202, answer.text
    [order] = launcher.orders
    assert order.flow == "generate-preview"
    assert order.parameters == {"preview_id": str(preview_id)}
    told = answer.json()
    assert told["task_id"] == str(launcher.runs[order.key])
    assert told["preview"] == ann.get(f"/previews/{preview_id}/").json()
    assert (told["preview"]["status"], told["preview"]["attempt"]) == ("queued", 2)
    assert told["preview"]["prefill"] == before.prefill
    waits = preview(preview_id)
    assert (waits.background_url, waits.draft) == left
    assert waits.flow_run_id == launcher.runs[order.key]
    assert ann.get(f"/batch/{batch.id}/").json()["status"] == "running"


def test_the_run_makes_the_attempt_that_was_asked_for(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    answer = ann.post(address(batch), json={"parts": ["background"]}).json()
    preview_id, run_id = batch.preview_ids[0], UUID(answer["task_id"])
    with unit_of_work() as session:
        assert reopening.reopen_preview(session, preview_id, run_id)
    taken = preview(preview_id)
    assert (taken.attempt, taken.flow_run_id, taken.draft) == (2, run_id, HALVES["draft"])


def test_one_that_failed_is_made_again(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    answer = ann.post(address(batch, 2), json={"parts": ["prefill"]})
    assert answer.status_code == 202
    waits = preview(batch.preview_ids[2])
    assert (waits.status, waits.attempt, waits.error_message) == ("queued", 2, None)
    assert (waits.background_url, waits.draft) == (HALVES["background_url"], None)


def test_twenty_at_once_make_one_attempt_and_start_one_run(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: ann.post(address(batch)), range(20)))
    refused = [answer for answer in answers if answer.status_code != 202]
    assert [answer.status_code for answer in refused] == [409] * 19
    assert {answer.json()["type"] for answer in refused} == {"urn:cta-previews:preview-under-way"}
    assert len(launcher.orders) == 1
    assert preview(batch.preview_ids[0]).attempt == 2


def test_previews_of_one_batch_are_made_anew_at_the_same_time(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda number: ann.post(address(batch, number)), range(3)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({order.key for order in launcher.orders}) == 3


@pytest.mark.parametrize(
    ("body", "pointer", "says"),
    [
        ({"parts": []}, "#/parts", "parts: "),
        ({"parts": ["background", "background"]}, "#/parts", "each part is named once at most"),
        ({"parts": ["background", "prefill", "background"]}, "#/parts", "parts: "),
        ({"parts": ["headline"]}, "#/parts/0", "'background' or 'prefill'"),
        ({"parts": "background"}, "#/parts", "parts: "),
        ({"parts": None}, "#/parts", "parts: "),
        ({"part": ["background"]}, "#/part", "there is no such field"),
        ([], "#", "body: "),
    ],
)
def test_what_is_no_part_is_named_and_nothing_is_changed(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch, body: Any, pointer: str, says: str
) -> None:
    answer = ann.post(address(batch), json=body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert says in error["detail"]
    assert preview(batch.preview_ids[0]).status == "done"
    assert launcher.orders == []


@pytest.mark.parametrize("content", [b'{"parts": ["background"]}', iter([b"{}"])])
def test_a_body_that_does_not_say_what_it_is_is_refused(
    ann: TestClient, batch: MadeBatch, content: Any
) -> None:
    headers = {"Content-Type": "text/plain"}
    assert ann.post(address(batch), content=content, headers=headers).status_code == 415
    assert preview(batch.preview_ids[0]).status == "done"


def test_one_that_has_changed_since_it_was_read_is_left_alone(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    shown = f"/previews/{batch.preview_ids[0]}/"
    etag = ann.get(shown).headers["ETag"]
    ann.patch(shown, json={"prefill": {"headline": "Tea"}}).raise_for_status()
    answer = ann.post(address(batch), headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:cta-previews:preview-changed")
    assert launcher.orders == []
    etag = ann.get(shown).headers["ETag"]
    assert ann.post(address(batch), headers={"If-Match": etag}).status_code == 202


@pytest.mark.parametrize(
    ("record", "kind"), [(CTABulkGenerateTask, "bulk-task"), (CTABulkGenerateSource, "source")]
)
def test_while_a_run_is_at_work_on_what_it_is_a_part_of_it_is_refused(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch, record: Any, kind: str
) -> None:
    row_id = batch.id if record is CTABulkGenerateTask else sources_of(batch.id)[0].id
    change(record, row_id, status="running", error_message=None, finished_at=None)
    answer = ann.post(address(batch))
    assert (answer.status_code, answer.json()["type"]) == (
        409, f"urn:cta-previews:{kind}-under-way",
    )  # fmt: skip
    assert preview(batch.preview_ids[0]).status == "done"
    assert launcher.orders == []


def test_an_unknown_and_a_foreign_preview_are_answered_alike(
    eve: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    for preview_id in (batch.preview_ids[0], uuid4()):
        answer = eve.post(f"/previews/{preview_id}/regenerate/")
        assert (answer.status_code, answer.json()["detail"]) == (
            404, f"There is no preview with the id {preview_id}.",
        )  # fmt: skip
    assert launcher.orders == []


def test_where_no_run_can_be_started_it_has_ended_again_and_says_why(
    ann: TestClient, launcher: NotedOrders, batch: MadeBatch
) -> None:
    before = preview(batch.preview_ids[0])
    launcher.trouble = UNREACHABLE
    for number in (0, 2):
        answer = ann.post(address(batch, number))
        assert (answer.status_code, answer.json()["detail"]) == (503, str(UNREACHABLE))
    shown, failed = preview(batch.preview_ids[0]), preview(batch.preview_ids[2])
    assert (shown.status, shown.prefill) == ("done", before.prefill)
    assert str(shown.error_message).endswith(f"stays as it was. {UNREACHABLE}")
    assert (failed.status, failed.error_message) == ("failed", str(UNREACHABLE))
    assert bulk_task(batch.id).status == "done"
    assert bulk_task(batch.id).reopened_at is not None
    assert {source.status for source in sources_of(batch.id)} == {"done", "failed"}
    launcher.trouble = None
    assert ann.post(address(batch)).status_code == 202


def test_a_run_whose_process_died_before_it_was_noted_ends_its_preview(
    batch: MadeBatch,
) -> None:
    preview_id, run_id = batch.preview_ids[0], uuid4()
    with unit_of_work() as session:
        reopening.reopen_preview(session, preview_id, parts=["background"])
    with unit_of_work() as session:
        waiting.end(session, CTAIFramePreview, preview_id, run_id, "Its process was stopped.")
    with unit_of_work() as session:
        assert waiting.own(session, CTAIFramePreview, preview_id, run_id) == run_id
    ended = preview(preview_id)
    assert (ended.status, bulk_task(batch.id).status) == ("done", "done")
    assert "Its process was stopped." in str(ended.error_message)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_worker_makes_a_background_anew_and_leaves_what_a_person_edited(
    database: Engine, registered: dict[str, str], pages: Pages, tmp_path: Path
) -> None:
    environment = registered | {"CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://")}
    job = {"sources": [{"url": f"{pages.url}/mug", "batch_size": 1}]}
    with served(environment, tmp_path) as api, api.client(new_token(ANN)) as ann:
        ann.post("/batch/", json=job).raise_for_status()
        run_python(environment, *WORKER, "--run-once")
        [made] = ann.get("/previews/").json()["results"]
        shown = f"/previews/{made['id']}/"
        edits = {"prefill": {"headline": "Tea in two minutes"}}
        edited = ann.patch(shown, json=edits).raise_for_status().json()

        answer = ann.post(f"{shown}regenerate/", json={"parts": ["background"]})
        assert answer.status_code == 202, answer.text
        assert answer.json()["preview"]["prefill"] == edited["prefill"]
        run_python(environment, *WORKER, "--run-once")

        anew = ann.get(shown).json()
        assert (anew["status"], anew["attempt"], anew["error_message"]) == ("done", 2, None)
        assert anew["edited_fields"] == ["headline"]
        assert anew["prefill"]["headline"] == "Tea in two minutes"
        address_of = "generated_background_url"
        assert anew["prefill"][address_of] != edited["prefill"][address_of]
        kept = ("subtitle", "cta", "price", "widgets", "locale")
        assert [anew["prefill"][name] for name in kept] == [made["prefill"][name] for name in kept]
        [batch] = ann.get("/batch/").json()["results"]
        assert batch["status"] == "done"
