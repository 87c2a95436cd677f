"""A Prefect server of a measurement's own, with its records in Postgres."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from deployments.prefect_database import start_prefect_database
from settings import PROJECT_ROOT

_START_SECONDS = 120


@dataclass(frozen=True)
class PrefectServer:
    """Where the server's API is, and its process."""

    api_url: str
    process_id: int


@contextmanager
def prefect_server(folder: Path, **settings: str) -> Iterator[PrefectServer]:
    """Run a server until the block ends, with all that it writes in `folder`.

    Args:
        folder: where its home, its database and its log are; made when missing.
        settings: variables of its environment, over the project's own configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = (
        os.environ
        | settings
        | {
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": start_prefect_database(
                folder / "prefect-postgres"
            ),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }
    )
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/api/health", process)
        yield PrefectServer(f"http://127.0.0.1:{port}/api", process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    sys.exit("The Prefect server did not start; why is in its server.log.")
