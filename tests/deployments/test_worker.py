"""The way of the Prefect UI: a real server, the deployments registered, a worker that runs one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from db.models import CTABulkGenerateTask
from db.session import unit_of_work
from settings import PROJECT_ROOT
from tests.pages import Pages

pytestmark = pytest.mark.timeout(300)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prefect(environment: dict[str, str], *arguments: str) -> str:
    return run(environment, "-m", "prefect", *arguments)


def run(environment: dict[str, str], *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a user who has started a Prefect server of their own."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    environment = os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///file:{home}/prefect.db"
        "?uri=true&one_connection=:memory:",
    }
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/api/health", home / "server.log")
        yield environment | {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_until_healthy(url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    pytest.fail(f"The Prefect server did not start:\n{log.read_text()}")


def test_a_worker_runs_the_registered_deployment(
    database: Engine, environment: dict[str, str], pages: Pages
) -> None:
    environment["CTA_ALLOWED_PRIVATE_HOSTS"] = pages.url.removeprefix("http://")
    for _ in range(2):
        # Twice, because registering must do no harm when it is repeated.
        printed = run(environment, "-m", "deployments")
    assert "preview-generation" in printed

    sources = [{"url": f"{pages.url}/mug", "batch_size": 2}, {"url": f"{pages.url}/gone"}]
    prefect(
        environment, "deployment", "run", "bulk-generate/bulk-generate",
        "--param", f"sources={json.dumps(sources)}", "--param", "workspace=acme",
    )  # fmt: skip
    prefect(
        environment, "worker", "start", "--pool", "cta-previews", "--type", "process",
        "--run-once",
    )  # fmt: skip

    with unit_of_work() as session:
        [task] = session.query(CTABulkGenerateTask).all()
    assert (task.status, task.workspace) == ("done", "acme")
    assert "The page is gone" in str(task.error_message)


def test_the_server_refuses_a_form_with_bad_sources(
    database: Engine, environment: dict[str, str]
) -> None:
    api = environment["PREFECT_API_URL"]
    deployment = httpx.get(f"{api}/deployments/name/bulk-generate/bulk-generate").json()
    answer = httpx.post(
        f"{api}/deployments/{deployment['id']}/create_flow_run",
        json={"parameters": {"sources": [{"url": "https://x.example", "batch_size": 11}]}},
    )
    assert answer.status_code in (409, 422)
    assert "batch_size" in answer.text
