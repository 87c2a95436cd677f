"""Runs that are left to workers: a real Prefect server, the deployment, a worker, and the API."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine

from tests.api.conftest import ANN, JOB, new_token
from tests.api.served import served
from tests.pages import Pages
from tests.prefect_server import free_port, run_python

pytestmark = pytest.mark.timeout(300)


def runs(environment: dict[str, str]) -> list[dict[str, object]]:
    answer = httpx.post(f"{environment['PREFECT_API_URL']}/flow_runs/filter", json={"limit": 200})
    found: list[dict[str, object]] = answer.raise_for_status().json()
    return found


@pytest.mark.long
def test_a_worker_makes_what_was_asked_for_over_rest(
    database: Engine, registered: dict[str, str], pages: Pages, tmp_path: Path
) -> None:
    environment = registered | {"CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://")}
    job = {"sources": [{"url": f"{pages.url}/mug", "batch_size": 2}, {"url": f"{pages.url}/gone"}]}
    with served(environment, tmp_path) as api, api.client(new_token(ANN)) as ann:
        assert ann.get("/readyz").json() == {"status": "ready"}
        headers = {"Idempotency-Key": str(uuid4())}
        with ThreadPoolExecutor(5) as threads:
            answers = list(
                threads.map(lambda _: ann.post("/batch/", json=job, headers=headers), range(5))
            )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        made = answers[0].json()
        mine = [run for run in runs(environment) if run["id"] == made["task_id"]]
        assert [run["state_type"] for run in mine] == ["SCHEDULED"]
        [batch] = ann.get("/batch/").json()["results"]
        assert (batch["status"], batch["task_id"]) == ("pending", made["task_id"])

        run_python(
            environment, "-m", "prefect", "worker", "start", "--pool", "cta-previews",
            "--type", "process", "--run-once",
        )  # fmt: skip

        detail = ann.get(f"/batch/{made['bulk_generate_task_id']}/").json()
        assert detail["status"] == "done"
        assert detail["progress"] == {
            "total": 3, "queued": 0, "running": 0, "done": 2, "failed": 1,
        }  # fmt: skip
        listed = ann.get(f"/previews/?bulk_task_id={detail['id']}").json()["results"]
        assert {preview["status"] for preview in listed} == {"done"}
        frame = ann.get(f"/previews/{listed[0]['id']}/frame").text
        assert listed[0]["prefill"]["headline"].split()[0] in frame
    keys = [run["idempotency_key"] for run in runs(environment)]
    assert keys.count(made["bulk_generate_task_id"]) == 1


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"PREFECT_API_URL": ""}, "No Prefect server is named"),
        ({"PREFECT_API_URL": "http://127.0.0.1:{port}/api"}, "cannot be reached"),
    ],
)
def test_without_a_prefect_server_a_batch_fails_and_says_why(
    database: Engine, environment: dict[str, str], tmp_path: Path, named: dict[str, str], says: str
) -> None:
    named = {name: value.format(port=free_port()) for name, value in named.items()}
    with served(environment | named, tmp_path) as api, api.client(new_token(ANN)) as ann:
        ready = ann.get("/readyz")
        answer = ann.post("/batch/", json=JOB)
        assert (ready.status_code, answer.status_code) == (503, 503)
        assert says in ready.json()["detail"]
        assert says in answer.json()["detail"]
        assert answer.elapsed.total_seconds() < 20
        [batch] = ann.get("/batch/").json()["results"]
        assert (batch["status"], batch["task_id"]) == ("failed", None)
        assert says in batch["error_message"]


@pytest.mark.long
def test_a_deployment_that_is_not_registered_is_asked_for(
    database: Engine, registered: dict[str, str], tmp_path: Path
) -> None:
    api_url = registered["PREFECT_API_URL"]
    deployment = httpx.get(f"{api_url}/deployments/name/bulk-generate/bulk-generate").json()
    httpx.delete(f"{api_url}/deployments/{deployment['id']}").raise_for_status()
    try:
        with served(registered, tmp_path) as api, api.client(new_token(ANN)) as ann:
            answer = ann.post("/batch/", json=JOB)
            assert answer.status_code == 503
            assert "run `make deploy`" in answer.json()["detail"]
    finally:
        run_python(registered, "-m", "deployments")
