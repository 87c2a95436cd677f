"""`make up`, as a newcomer types it: real server, worker and API, used, and ended."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from settings import PROJECT_ROOT
from tests.pages import Pages
from tests.prefect_server import free_port, run_python

pytestmark = pytest.mark.timeout(500)
READY = "Ctrl-C ends all"


class Up:
    """The program, with a data folder and ports of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.prefect_port, self.api_port = free_port(), free_port()
        self.environment = os.environ | {
            "CTA_DATA_DIR": str(folder), "PREFECT_HOME": str(folder / "home"),
            "PREFECT_SERVER_API_PORT": str(self.prefect_port), "PORT": str(self.api_port),
            "PREFECT_API_URL": "", "PREFECT_LOGGING_TO_API_ENABLED": "false", **variables,
        }  # fmt: skip
        self.output = folder / "output"
        folder.mkdir(exist_ok=True)
        with self.output.open("w") as lines:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deployments.up"], cwd=PROJECT_ROOT, env=self.environment,
                stdout=lines, stderr=lines,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and self.process.poll() is None:
            if READY in self.output.read_text():
                return
            time.sleep(0.2)
        pytest.fail(self.output.read_text())

    def client(self) -> httpx.Client:
        """A client of the API, with a token."""
        token = run_python(
            self.environment, "-m", "api.tokens", "create", "--workspace", "acme", "--user", "ann"
        ).strip()
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.api_port}",
            headers={"Authorization": f"Bearer {token}"},
        )

    def processes(self) -> list[psutil.Process]:
        """Everything that works in the data folder: its parts, their runs, both Postgres."""
        return [
            process
            for process in psutil.process_iter()
            if process.pid != os.getpid() and str(self.folder) in everything_of(process)
        ]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for process in self.processes():
            process.kill()


def everything_of(process: psutil.Process) -> str:
    try:
        return " ".join([*process.cmdline(), *process.environ().values()])
    except psutil.Error:
        return ""


@pytest.fixture
def up(tmp_path: Path, pages: Pages) -> Iterator[Up]:
    one = Up(tmp_path / "up")
    yield one
    one.close()


@pytest.mark.long
def test_all_is_there_a_batch_is_made_and_nothing_is_left(up: Up, pages: Pages) -> None:
    up.wait_until_ready()
    with up.client() as client:
        address = start_batch(client, f"{pages.url}/mug")
        deadline = time.monotonic() + 120
        while not client.get(address).json()["finished_at"]:
            assert time.monotonic() < deadline, (up.folder / "up" / "worker.log").read_text()
            time.sleep(0.5)
        assert client.get(address).json()["status"] == "done"
    assert httpx.get(f"http://127.0.0.1:{up.prefect_port}").status_code == 200
    assert len(up.processes()) > 4

    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=60) == 0
    assert up.processes() == []
    for port in (up.prefect_port, up.api_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def start_batch(client: httpx.Client, url: str) -> str:
    asked = client.post("/batch/", json={"sources": [{"url": url, "batch_size": 3}]})
    assert asked.status_code == 201, asked.text
    return f"/batch/{asked.json()['bulk_generate_task_id']}/"


@pytest.mark.faults
def test_a_worker_that_dies_ends_all_and_its_runs_too(tmp_path: Path, pages: Pages) -> None:
    up = Up(tmp_path / "up", CTA_GENERATIONS_PER_MINUTE="1")
    try:
        up.wait_until_ready()
        with up.client() as client:
            address = start_batch(client, f"{pages.url}/mug")
            deadline = time.monotonic() + 120
            # The first is made at once, and the run waits a minute for the second.
            while client.get(address).json()["progress"]["done"] < 1:
                assert time.monotonic() < deadline, (up.folder / "up" / "worker.log").read_text()
                time.sleep(0.5)
        [worker] = [one for one in up.processes() if "worker start" in " ".join(one.cmdline())]
        assert worker.children()
        worker.kill()
        assert up.process.wait(timeout=60) == 1
        assert "The worker has ended; why is in" in up.output.read_text().replace("\n", " ")
        assert up.processes() == []
    finally:
        up.close()


@pytest.mark.faults
def test_nothing_is_left_when_it_is_killed(up: Up) -> None:
    up.wait_until_ready()
    up.process.kill()
    up.process.wait()
    deadline = time.monotonic() + 60
    while left := up.processes():
        assert time.monotonic() < deadline, [process.cmdline() for process in left]
        time.sleep(0.2)

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", up.prefect_port)) != 0
    assert not list(up.folder.glob("*postgres/postmaster.pid"))


def test_it_ends_at_once_when_told_to_while_it_starts(up: Up) -> None:
    deadline = time.monotonic() + 60
    while not (up.folder / "up" / "server.log").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=60) == 0
    assert "The API" not in up.output.read_text()
    assert up.processes() == []


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        up = Up(tmp_path / "up", PORT=str(taken.getsockname()[1]))
        assert up.process.wait(timeout=60) == 1
        told = " ".join(up.output.read_text().split())
        assert "listens on port" in told
        assert "name another in PORT" in told
