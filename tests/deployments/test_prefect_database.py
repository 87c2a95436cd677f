"""`make server`: Prefect's server with its records in a Postgres of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from settings import PROJECT_ROOT
from tests.prefect_server import free_port, wait_until_healthy

pytestmark = [pytest.mark.timeout(300), pytest.mark.faults]


def start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "CTA_DATA_DIR": str(folder), "PREFECT_HOME": str(folder / "home"),
        "PREFECT_SERVER_API_PORT": str(port), "PREFECT_SERVER_DATABASE_CONNECTION_URL": "",
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.server"],
            cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    wait_until_healthy(f"http://127.0.0.1:{port}/api/health", folder / "log")
    return process


def postgres_of(folder: Path) -> psutil.Process:
    file = folder / "prefect-postgres" / "postmaster.pid"
    return psutil.Process(int(file.read_text().split()[0]))


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_records_outlive_the_server_and_its_postgres_ends_with_it(tmp_path: Path) -> None:
    folder, port = tmp_path / "data", free_port()
    api = f"http://127.0.0.1:{port}/api"
    first = start(folder, port)
    postgres = postgres_of(folder)
    httpx.post(f"{api}/flows/", json={"name": "kept"}).raise_for_status()
    first.send_signal(signal.SIGINT)
    assert first.wait(timeout=60) == 0
    assert not runs(postgres)

    # Killed, it cannot see to that itself.
    second = start(folder, port)
    assert httpx.get(f"{api}/flows/name/kept").status_code == 200
    postgres = postgres_of(folder)
    second.kill()
    second.wait()
    deadline = time.monotonic() + 60
    while runs(postgres):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{api}/health")
