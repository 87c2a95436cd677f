"""The API alone, with neither server nor worker: it starts and stops a process that runs batches."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from prefect.client.schemas.objects import FlowRun, State
from sqlalchemy import Engine, select

from catalog.product import Source
from db import api_tokens, bulk_tasks, leases, reopening, resuming
from db.models import CTAIFramePreview
from db.session import unit_of_work
from flows import runner as runner_module
from flows.runner import MOST_AT_ONCE, Runner
from settings import PROJECT_ROOT
from tests.api.conftest import ANN, make_batch, new_token
from tests.api.served import Served, served
from tests.db.ended_batch import end_a_batch
from tests.pages import Pages
from tests.prefect_server import connection_url

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Prefect keeps its records; made once, for making its tables takes a while."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture
def serve(database: Engine, home: Path, pages: Pages, tmp_path: Path) -> Callable[[int], Any]:
    """Serves an API with a process of its own and a number of generations a minute."""

    @contextmanager
    def start(generations_per_minute: int) -> Iterator[tuple[Served, httpx.Client]]:
        # Each number has a server of its own, for what a limit was made with is kept.
        folder = home / str(generations_per_minute)
        folder.mkdir(exist_ok=True)
        environment = os.environ | {
            "CTA_API_RUNS": "own_process",
            "CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://"),
            "CTA_GENERATIONS_PER_MINUTE": str(generations_per_minute),
            "PREFECT_API_URL": "",
            "PREFECT_HOME": str(folder),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": connection_url(folder),
        }
        with served(environment, tmp_path) as api, api.client(new_token(ANN)) as ann:
            yield api, ann

    return start


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if outcome := condition():
            return outcome
        time.sleep(0.2)
    pytest.fail("What was waited for did not come.")


def family(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


def programs(processes: list[psutil.Process]) -> set[str]:
    """Which of the two programs run among these processes."""
    known = ("flows.runner", "prefect.server.api.server")
    return {name for name in known for one in processes if name in command_of(one)}


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def runs_of(api: Served, batch_id: str) -> list[str]:
    """The runs of a batch that its Prefect server knows."""
    [server] = [
        command for one in family(psutil.Process(api.process.pid))
        if "prefect.server.api.server" in (command := command_of(one))
    ]  # fmt: skip
    port = server.split("--port ")[1].split()[0]
    runs = httpx.post(f"http://127.0.0.1:{port}/api/flow_runs/filter", json={}).json()
    return [run["id"] for run in runs if run["parameters"].get("bulk_task_id") == batch_id]


def job(pages: Pages, count: int, batch_size: int) -> dict[str, Any]:
    sources = [{"url": f"{pages.url}/mug-{n}", "batch_size": batch_size} for n in range(count)]
    return {"sources": sources}


def begin(ann: httpx.Client, wanted: dict[str, Any]) -> str:
    """Ask for a batch, and wait until a preview of it is done; returns its address."""
    made = ann.post("/batch/", json=wanted).raise_for_status().json()
    address = f"/batch/{made['bulk_generate_task_id']}/"
    wait_for(lambda: ann.get(address).json()["progress"]["done"])
    return address


def settled(database: Engine, seconds: float = 30) -> list[tuple[str, str]]:
    """The statuses and reasons of all batches and previews, once none of them is under way."""

    def read() -> list[tuple[str, str]]:
        with database.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT status, error_message FROM cta_bulk_generate_task UNION ALL "
                "SELECT status, error_message FROM cta_bulk_generate_source UNION ALL "
                "SELECT status, error_message FROM cta_iframe_preview"
            ).all()
        under_way = {"pending", "queued", "running"}
        return [] if under_way & {row.status for row in rows} else [tuple(row) for row in rows]

    return list(wait_for(read, seconds))


def test_a_batch_is_made_without_server_and_worker(
    serve: Callable[[int], Any], pages: Pages
) -> None:
    wanted = {
        "sources": [{"url": f"{pages.url}/mug", "batch_size": 2}, {"url": f"{pages.url}/gone"}]
    }
    with serve(6000) as (api, ann):
        starting = ann.get("/readyz")
        assert starting.status_code == 503
        assert "is starting" in starting.json()["detail"]
        wait_for(lambda: ann.get("/readyz").status_code == 200)

        with ThreadPoolExecutor(8) as threads:
            answers = list(
                threads.map(
                    lambda _: ann.post("/batch/", json=wanted, headers={"Idempotency-Key": "one"}),
                    range(8),
                )
            )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        made = answers[0].json()
        seen = []

        def ended() -> bool:
            seen.append(ann.get(f"/batch/{made['bulk_generate_task_id']}/").json())
            return seen[-1]["status"] in ("done", "failed")

        wait_for(ended)
        order = ["pending", "running", "done"]
        statuses = [order.index(batch["status"]) for batch in seen]
        assert statuses == sorted(statuses)
        assert all(
            batch["progress"]["total"] == 3 == sum(batch["progress"].values()) - 3 for batch in seen
        )
        assert seen[-1]["task_id"] == made["task_id"]
        assert (seen[-1]["progress"]["done"], seen[-1]["progress"]["failed"]) == (2, 1)
        assert len(ann.get("/batch/").json()["results"]) == 1
        assert runs_of(api, made["bulk_generate_task_id"]) == [made["task_id"]]


@pytest.mark.faults
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_api_that_ends_leaves_nothing_under_way_and_nobody_behind(
    serve: Callable[[int], Any], pages: Pages, database: Engine, how: signal.Signals
) -> None:
    with serve(20) as (api, ann):
        begin(ann, job(pages, count=2, batch_size=10))
        left = family(psutil.Process(api.process.pid))
        assert programs(left) == {"flows.runner", "prefect.server.api.server"}
        api.process.send_signal(how)
        api.process.wait(30)
        # One that is asked to end waits until all is closed; after one that is killed it takes a while.
        rows = settled(database, 0.5 if how == signal.SIGTERM else 30)
        wait_for(lambda: not programs(left))
    assert {status for status, _ in rows} == {"done", "failed"}
    reasons = {reason for status, reason in rows if status == "failed"}
    assert all("The process that ran it was stopped." in reason for reason in reasons)


@pytest.mark.faults
def test_a_process_that_dies_fails_its_batches_and_is_replaced(
    serve: Callable[[int], Any], pages: Pages, database: Engine
) -> None:
    with serve(20) as (api, ann):
        begin(ann, job(pages, count=2, batch_size=10))
        left = family(psutil.Process(api.process.pid))
        [runner] = [one for one in left if "flows.runner" in command_of(one)]
        runner.kill()
        rows = settled(database)
        wait_for(lambda: not programs(left))
        reasons = {reason for status, reason in rows if status == "failed"}
        assert reasons
        assert all("ended unexpectedly; it can be run again" in reason for reason in reasons)

        address = begin(ann, job(pages, count=1, batch_size=1))
        wait_for(lambda: ann.get(address).json()["status"] == "done")


@pytest.mark.faults
def test_what_a_machine_left_that_went_away_is_put_right_by_the_next_api(
    serve: Callable[[int], Any], pages: Pages, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTA_LEASE_SECONDS", "2")
    with serve(20) as (api, ann):
        begin(ann, job(pages, count=2, batch_size=10))
        machine = psutil.Process(api.process.pid)
        everybody = [machine, *family(machine)]
        for each in (psutil.Process.suspend, psutil.Process.kill):  # nobody sees another's end
            for one in everybody:
                each(one)
        api.process.wait(30)
    with unit_of_work() as session:
        api_tokens.revoke(session, ANN)
    with serve(20) as (api, ann):
        rows = settled(database, 60)
        reasons = {reason for status, reason in rows if status == "failed"}
        assert reasons
        assert all("was lost; it can be run again" in reason for reason in reasons)
        [made] = ann.get("/batch/").json()["results"]
        assert ann.post(f"/batch/{made['id']}/retry/").status_code == 202


@pytest.mark.usefixtures("prefect_server")
def test_a_run_that_waits_for_its_place_has_its_row_under_the_lease_of_its_process(
    database: Engine,
) -> None:
    batch = end_a_batch()
    with unit_of_work() as session:
        resuming.resume(session, batch.bulk_task_id)
    told = io.StringIO()
    runner = Runner(told)
    for _ in range(MOST_AT_ONCE):
        runner._places.acquire()
    parameters = {"bulk_task_id": str(batch.bulk_task_id)}
    runner.start({"key": "one", "flow": "retry-failed", "parameters": parameters})
    wait_for(lambda: "flow_run_id" in told.getvalue())
    waits = batch.bulk_task()
    assert (waits.status, str(waits.flow_run_id)) == (
        "pending",
        json.loads(told.getvalue())["flow_run_id"],
    )
    with unit_of_work() as session:
        assert leases.seconds_left(session, waits.lease_id)
    runner._places.release()
    wait_for(lambda: '"ended": true' in told.getvalue())
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]


@pytest.mark.usefixtures("prefect_server")
def test_a_run_that_has_ended_leaves_a_row_alone_that_waits_for_the_next(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = end_a_batch()
    with unit_of_work() as session:
        reopening.reopen_preview(session, batch.failed[0])
    told = io.StringIO()

    def end_and_be_asked_again(flow_run: FlowRun, state: State[Any]) -> None:
        with unit_of_work() as session:
            reopening.reopen_preview(session, batch.failed[0])
        at_last(flow_run, state)

    at_last = runner_module.end_at_last
    monkeypatch.setattr(runner_module, "end_at_last", end_and_be_asked_again)
    parameters = {"preview_id": str(batch.failed[0])}
    Runner(told).start({"key": "one", "flow": "generate-preview", "parameters": parameters})
    wait_for(lambda: '"ended": true' in told.getvalue())
    asked = batch.preview(1)
    assert (asked.status, asked.flow_run_id, asked.attempt) == ("queued", None, 3)


@pytest.mark.usefixtures("prefect_server")
def test_a_row_ends_with_its_run_where_no_hook_has_ended_it(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postgres was away for longer than the hook tried."""

    def give_up(*_: Any) -> None:
        raise RuntimeError("It tried for long enough.")

    monkeypatch.setattr("flows.hooks._end_preview", give_up)
    batch = end_a_batch()
    with unit_of_work() as session:
        reopening.reopen_preview(session, batch.failed[0])
    told = io.StringIO()
    parameters = {"preview_id": str(batch.failed[0])}
    Runner(told).start({"key": "one", "flow": "generate-preview", "parameters": parameters})
    wait_for(lambda: '"ended": true' in told.getvalue())
    assert batch.statuses() == ["done", "done", "done", "failed", "failed"]


@pytest.mark.long
def test_what_failed_is_made_again_and_a_background_anew(
    serve: Callable[[int], Any], pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = pages.answer
    with serve(6000) as (_, ann):
        with monkeypatch.context() as gone:
            gone.setattr(pages, "answer", lambda path: answer("/gone"))
            made = ann.post("/batch/", json=job(pages, count=1, batch_size=2)).json()
            batch = f"/batch/{made['bulk_generate_task_id']}/"
            wait_for(lambda: ann.get(batch).json()["status"] == "failed")
        for _ in range(2):  # the key of the first retry does not serve for the second
            with monkeypatch.context() as gone:
                gone.setattr(pages, "answer", lambda path: answer("/gone"))
                retried = ann.post(f"{batch}retry/").raise_for_status().json()
                wait_for(lambda: ann.get(batch).json()["status"] == "failed")
            assert ann.get(batch).json()["task_id"] == retried["task_id"]
        ann.post(f"{batch}retry/").raise_for_status()
        wait_for(lambda: ann.get(batch).json()["status"] == "done")
        assert ann.get(batch).json()["progress"]["done"] == 2

        [before, _] = ann.get("/previews/").json()["results"]
        shown = f"/previews/{before['id']}/"
        ann.post(f"{shown}regenerate/", json={"parts": ["background"]}).raise_for_status()
        wait_for(lambda: ann.get(batch).json()["status"] == "done")
        anew = ann.get(shown).json()
        assert (anew["status"], anew["attempt"]) == ("done", 2)
        assert anew["prefill"]["headline"] == before["prefill"]["headline"]
        address = "generated_background_url"
        assert anew["prefill"][address] != before["prefill"][address]


@pytest.mark.long
def test_an_api_that_ends_leaves_no_preview_that_is_made_anew_under_way(
    serve: Callable[[int], Any], database: Engine
) -> None:
    batch = make_batch(ANN)
    with serve(1) as (api, ann):
        for preview_id in batch.preview_ids:  # at the cap of one a minute all but one wait
            ann.post(f"/previews/{preview_id}/regenerate/").raise_for_status()
        shown = ann.get(f"/batch/{batch.id}/").json()
        assert shown["status"] == "running"
        api.process.send_signal(signal.SIGTERM)
        api.process.wait(60)
        settled(database, 0.5)
    with unit_of_work() as session:
        of_batch = CTAIFramePreview.id.in_(batch.preview_ids)
        *shown, failed = session.scalars(
            select(CTAIFramePreview).where(of_batch).order_by(CTAIFramePreview.position)
        )
    assert [(one.status, one.attempt, bool(one.prefill)) for one in shown] == [
        ("done", 2, True)
    ] * 2
    assert (failed.status, failed.attempt) == ("failed", 2)
    reasons = [str(one.error_message) for one in (*shown, failed)]
    assert sum("The process that ran it was stopped." in reason for reason in reasons) >= 2


NOISY_RUNNER = """
import subprocess
from flows import runner
from tasks.limits import ensure_generation_limit as ensure

def ensure_generation_limit():
    print("noise")
    subprocess.run(["cat"], check=True)
    subprocess.run(["echo", "noise"], check=True)
    ensure()

runner.ensure_generation_limit = ensure_generation_limit
runner.main()
"""


@pytest.mark.faults
def test_a_runner_closes_what_it_was_told_last(database: Engine, pages: Pages, home: Path) -> None:
    """Its libraries and its children neither read its orders nor write among its answers."""
    url, batch_id = f"{pages.url}/gone", uuid4()
    with unit_of_work() as session:
        bulk_tasks.record(session, batch_id, [Source(url=url)], workspace="acme", user="ann")
    parameters = {"sources": [{"url": url}], "bulk_task_id": str(batch_id)}
    order = json.dumps({"key": "monday", "flow": "bulk-generate", "parameters": parameters})
    environment = os.environ | {
        "PREFECT_HOME": str(home), "PREFECT_SERVER_DATABASE_CONNECTION_URL": connection_url(home),
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", NOISY_RUNNER],
        cwd=PROJECT_ROOT, env=environment, input=f"{order}\n{order[:20]}",
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    ready, started = map(json.loads, ended.stdout.splitlines())
    assert ready == {"ready": True}
    assert started["key"] == "monday"
    for status, reason in settled(database, 0.5):
        assert status == "failed"
        assert "The process that ran it was stopped." in reason


@pytest.mark.faults
def test_a_batch_whose_prefect_server_dies_is_failed_and_the_next_one_is_made(
    serve: Callable[[int], Any], pages: Pages, database: Engine
) -> None:
    with serve(20) as (api, ann):
        begin(ann, job(pages, count=2, batch_size=10))
        left = family(psutil.Process(api.process.pid))
        [server] = [one for one in left if "prefect.server.api.server" in command_of(one)]
        server.kill()
        reasons = {reason for status, reason in settled(database) if status == "failed"}
        assert reasons
        assert all("ended unexpectedly; it can be run again" in reason for reason in reasons)

        address = begin(ann, job(pages, count=1, batch_size=1))
        wait_for(lambda: ann.get(address).json()["status"] == "done")
