"""A Prefect server of the tests' own, as a user has one, and the environment that names it."""

import os
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deployments.prefect_database import start_prefect_database
from settings import PROJECT_ROOT, get_settings


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a user who has started a Prefect server of their own."""
    home = tmp_path_factory.mktemp("prefect")
    with serve(home, connection_url(home)) as environment:
        yield environment


@pytest.fixture(scope="session")
def prefect_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The same, with the server's records in Postgres, and the deployments registered."""
    home = tmp_path_factory.mktemp("prefect-on-postgres")
    # Beside the project's own: Postgres has to get at its folder until the very end.
    database = start_prefect_database(get_settings().data_dir / "prefect-postgres")
    with serve(home, database) as environment:
        run_python(environment, "-m", "deployments")
        yield environment


@contextmanager
def serve(home: Path, database: str) -> Iterator[dict[str, str]]:
    """Run a server until the block ends; gives the environment of those who use it."""
    port = free_port()
    environment = os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
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
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            raise


@pytest.fixture(scope="session")
def registered(environment: dict[str, str]) -> dict[str, str]:
    """The same environment, with the deployments registered."""
    run_python(environment, "-m", "deployments")
    return environment


def run_python(environment: dict[str, str], *arguments: str) -> str:
    """Run a program of the project, and return what it prints."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def wait_until_healthy(url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connection_url(home: Path) -> str:
    """The project's own, with its database in another folder."""
    with (PROJECT_ROOT / "pyproject.toml").open("rb") as file:
        url = tomllib.load(file)["tool"]["prefect"]["server"]["database"]["connection_url"]
    return str(url).replace(".data/prefect", str(home))
