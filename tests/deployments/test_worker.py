"""The way of the Prefect UI: a real server, the deployments registered, a worker that runs one."""

import json

import httpx
import pytest
from sqlalchemy import Engine

from db.models import CTABulkGenerateTask
from db.session import unit_of_work
from tests.pages import Pages
from tests.prefect_server import run_python

pytestmark = pytest.mark.timeout(300)


def test_a_worker_runs_the_registered_deployment(
    database: Engine, registered: dict[str, str], pages: Pages
) -> None:
    environment = registered | {"CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://")}
    # Once more, because registering must do no harm when it is repeated.
    printed = run_python(environment, "-m", "deployments")
    assert "preview-generation" in printed

    sources = [{"url": f"{pages.url}/mug", "batch_size": 2}, {"url": f"{pages.url}/gone"}]
    run_python(
        environment, "-m", "prefect", "deployment", "run", "bulk-generate/bulk-generate",
        "--param", f"sources={json.dumps(sources)}", "--param", "workspace=acme",
    )  # fmt: skip
    run_python(
        environment, "-m", "prefect", "worker", "start", "--pool", "cta-previews",
        "--type", "process", "--run-once",
    )  # fmt: skip

    with unit_of_work() as session:
        [task] = session.query(CTABulkGenerateTask).all()
    assert (task.status, task.workspace) == ("done", "acme")
    assert "The page is gone" in str(task.error_message)


def test_the_server_refuses_a_form_with_bad_sources(
    database: Engine, registered: dict[str, str]
) -> None:
    api = registered["PREFECT_API_URL"]
    deployment = httpx.get(f"{api}/deployments/name/bulk-generate/bulk-generate").json()
    answer = httpx.post(
        f"{api}/deployments/{deployment['id']}/create_flow_run",
        json={"parameters": {"sources": [{"url": "https://x.example", "batch_size": 11}]}},
    )
    assert answer.status_code in (409, 422)
    assert "batch_size" in answer.text
