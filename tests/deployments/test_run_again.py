"""One page or one preview, run again from the Prefect UI: forms, a worker, and the schedule."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, select

from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from settings import PROJECT_ROOT
from tests.pages import Pages
from tests.prefect_server import run_python

pytestmark = pytest.mark.timeout(300)

BATCH = """
import json, sys
from flows import bulk_generate
bulk_generate(json.loads(sys.argv[1]))
"""


def deployment(environment: dict[str, str], name: str) -> dict[str, Any]:
    answer = httpx.get(f"{environment['PREFECT_API_URL']}/deployments/name/{name}/{name}")
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def start(environment: dict[str, str], name: str, **parameters: Any) -> httpx.Response:
    made = deployment(environment, name)["id"]
    return httpx.post(
        f"{environment['PREFECT_API_URL']}/deployments/{made}/create_flow_run",
        json={"parameters": parameters},
    )


def schedules_of(environment: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment(environment, "reconcile")["schedules"]
    return found


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", "cta-previews"],
        cwd=PROJECT_ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def end_of(environment: dict[str, str], *run_ids: str) -> list[str]:
    """How runs ended, in their order."""
    states: list[str] = []
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        runs = [
            httpx.get(f"{environment['PREFECT_API_URL']}/flow_runs/{run_id}").json()
            for run_id in run_ids
        ]
        states = [run["state_type"] for run in runs]
        if set(states) <= {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}:
            return states
        time.sleep(0.5)
    pytest.fail(f"The runs have not ended: {states}")


def wait_until_done() -> None:
    """Wait for the bulk task, which the hook of its run ends once Prefect has the run's end."""
    deadline = time.monotonic() + 30
    status = ""
    while status != "done":
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
        with unit_of_work() as session:
            status = session.scalars(select(CTABulkGenerateTask.status)).one()


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("process-url", "source_id"),
        ("generate-preview", "preview_id"),
        ("retry-failed", "bulk_task_id"),
        ("regenerate", "preview_id"),
    ],
)
def test_the_form_explains_its_field_and_refuses_what_is_no_id(
    registered: dict[str, str], name: str, parameter: str
) -> None:
    made = deployment(registered, name)
    field = made["parameter_openapi_schema"]["properties"][parameter]
    assert "by the id that stands in the name of its run" in field["description"]
    assert re.search("again|anew", made["description"])
    for wrong in ("monday", "", "0b9f2c1e"):
        answer = start(registered, name, **{parameter: wrong})
        assert answer.status_code in (409, 422), wrong
        assert parameter in answer.text
    assert start(registered, name).status_code in (409, 422)


def test_the_form_of_regenerate_offers_the_two_parts_and_refuses_others(
    registered: dict[str, str],
) -> None:
    field = deployment(registered, "regenerate")["parameter_openapi_schema"]["properties"]["parts"]
    assert field["type"] == "array"
    assert field["items"]["enum"] == ["background", "prefill"]
    assert field["default"] == ["background", "prefill"]
    assert "its `background`, its words (`prefill`), or both" in field["description"]
    for wrong in ([], ["headline"], ["prefill", "prefill"], "prefill"):
        answer = start(registered, "regenerate", preview_id=str(uuid4()), parts=wrong)
        assert answer.status_code in (409, 422), wrong
        assert "parts" in answer.text


@pytest.mark.long
def test_a_worker_retries_a_bulk_task_and_makes_a_preview_anew(
    database: Engine, registered: dict[str, str], pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = registered | {"CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://")}
    answer = pages.answer
    with monkeypatch.context() as gone:
        gone.setattr(pages, "answer", lambda path: answer("/gone"))
        run_python(environment, "-c", BATCH, json.dumps([{"url": f"{pages.url}/mug"}]))
    with unit_of_work() as session:
        bulk_task_id = session.scalars(select(CTABulkGenerateTask.id)).one()
    retried = start(environment, "retry-failed", bulk_task_id=str(bulk_task_id)).json()["id"]
    with worker(environment):
        assert end_of(environment, retried) == ["COMPLETED"]
        wait_until_done()
        with unit_of_work() as session:
            made = session.scalars(select(CTAIFramePreview)).one()
        anew = start(environment, "regenerate", preview_id=str(made.id), parts=["background"])
        assert end_of(environment, anew.json()["id"]) == ["COMPLETED"]
        wait_until_done()
    with unit_of_work() as session:
        again = session.scalars(select(CTAIFramePreview)).one()
    assert (again.status, again.attempt, again.draft) == ("done", 2, made.draft)
    assert again.background_url != made.background_url


@pytest.mark.long
def test_a_worker_runs_a_page_again(
    database: Engine, registered: dict[str, str], pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = registered | {"CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://")}
    answer = pages.answer
    with monkeypatch.context() as gone:
        gone.setattr(pages, "answer", lambda path: answer("/gone"))
        run_python(
            environment, "-c", BATCH, json.dumps([{"url": f"{pages.url}/mug", "batch_size": 2}])
        )
    with unit_of_work() as session:
        source_id = session.scalars(select(CTABulkGenerateSource.id)).one()
        assert session.scalars(select(CTABulkGenerateTask.status)).one() == "failed"
    again = start(environment, "process-url", source_id=str(source_id)).json()["id"]
    refused = start(environment, "generate-preview", preview_id=str(source_id)).json()["id"]
    with worker(environment):
        assert end_of(environment, again, refused) == ["COMPLETED", "FAILED"]
    with unit_of_work() as session:
        assert session.scalars(select(CTABulkGenerateTask.status)).one() == "done"
        assert session.scalars(select(CTAIFramePreview.status)).all() == ["done", "done"]
    said = httpx.get(f"{environment['PREFECT_API_URL']}/flow_runs/{refused}").json()
    assert f"{source_id}: it is the id of a source." in said["state"]["message"]


@contextmanager
def without_its_schedule(environment: dict[str, str]) -> Iterator[None]:
    """No run of `reconcile` that its schedule made is there, or comes."""
    api, made = environment["PREFECT_API_URL"], deployment(environment, "reconcile")["id"]
    [schedule] = schedules_of(environment)
    address = f"{api}/deployments/{made}/schedules/{schedule['id']}"
    httpx.patch(address, json={"active": False}).raise_for_status()
    try:
        wanted = {"deployments": {"id": {"any_": [made]}}}
        for run in httpx.post(f"{api}/flow_runs/filter", json=wanted).json():
            httpx.delete(f"{api}/flow_runs/{run['id']}").raise_for_status()
        yield
    finally:
        httpx.patch(address, json={"active": True}).raise_for_status()


def test_reconcile_runs_every_five_minutes_and_once_where_runs_have_piled_up(
    database: Engine, registered: dict[str, str]
) -> None:
    [schedule] = schedules_of(registered)
    assert schedule["active"]
    assert schedule["schedule"]["interval"] == 300
    with without_its_schedule(registered):
        piled_up = [start(registered, "reconcile").json()["id"] for _ in range(4)]
        with worker(registered | {"PATH": os.environ["PATH"]}):
            ended = end_of(registered, *piled_up)
    assert "COMPLETED" in ended
    assert set(ended) <= {"COMPLETED", "CANCELLED"}
    assert ended.count("CANCELLED") >= 2


@pytest.mark.long
def test_registering_again_leaves_a_schedule_that_an_operator_switched_off(
    registered: dict[str, str],
) -> None:
    made = deployment(registered, "reconcile")["id"]
    [schedule] = schedules_of(registered)
    address = f"{registered['PREFECT_API_URL']}/deployments/{made}/schedules/{schedule['id']}"
    httpx.patch(address, json={"active": False}).raise_for_status()
    try:
        run_python(registered, "-m", "deployments")
        [again] = schedules_of(registered)
        assert not again["active"]
    finally:
        [schedule] = schedules_of(registered)
        address = f"{registered['PREFECT_API_URL']}/deployments/{made}/schedules/{schedule['id']}"
        httpx.patch(address, json={"active": True}).raise_for_status()
