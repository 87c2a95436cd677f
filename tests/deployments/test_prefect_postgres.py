"""Prefect's records in a Postgres of their own: kept over restarts, whatever ended the last one."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from deployments.prefect_database import start_prefect_database, stop_prefect_database
from settings import PROJECT_ROOT, get_settings
from tests.prefect_server import serve

STARTS_AND_WAITS = """
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from deployments.prefect_database import start_prefect_database
print(start_prefect_database(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def ask(url: str, question: str) -> object:
    """What Postgres answers, over the driver that Prefect uses."""

    async def answer() -> object:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def postmaster(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Beside the project's own: Postgres has to get at its folder until the very end."""
    folder = Path(tempfile.mkdtemp(dir=get_settings().data_dir)) / "postgres"
    yield folder
    stop_prefect_database(folder)


@pytest.mark.faults
def test_a_prefect_server_finds_its_records_again_after_a_restart(
    folder: Path, tmp_path: Path
) -> None:
    with serve(tmp_path, start_prefect_database(folder)) as environment:
        api = environment["PREFECT_API_URL"]
        made = httpx.post(f"{api}/flows/", json={"name": "kept"}).raise_for_status().json()
    stop_prefect_database(folder)
    assert not (folder / "postmaster.pid").exists()

    with serve(tmp_path, start_prefect_database(folder)) as environment:
        kept = httpx.get(f"{environment['PREFECT_API_URL']}/flows/name/kept").raise_for_status()
    assert kept.json()["id"] == made["id"]


def test_a_folder_too_deep_for_a_socket_is_served_all_the_same(folder: Path) -> None:
    deep = folder.parent / ("deep" * 20) / ("deeper" * 10) / "postgres"
    assert len(str(deep)) > 107
    url = start_prefect_database(deep)
    assert ask(url, "SELECT 1") == 1
    stop_prefect_database(deep)


def test_nothing_listens_on_the_network(folder: Path) -> None:
    url = start_prefect_database(folder)
    assert ask(url, "SHOW listen_addresses") == ""


def test_it_can_be_started_again_by_the_process_that_stopped_it(folder: Path) -> None:
    start_prefect_database(folder)
    stop_prefect_database(folder)
    stop_prefect_database(folder)
    assert ask(start_prefect_database(folder), "SELECT 1") == 1


@pytest.mark.faults
def test_a_start_joins_the_server_of_a_process_that_was_killed(folder: Path) -> None:
    starter = start_in_a_process(folder)
    first = postmaster(folder).pid
    starter.kill()
    starter.wait(timeout=10)
    assert ask(start_prefect_database(folder), "SELECT 1") == 1
    assert postmaster(folder).pid == first


@pytest.mark.faults
def test_a_start_after_the_server_itself_was_killed_keeps_what_was_written(folder: Path) -> None:
    url = start_prefect_database(folder)
    ask(url, "CREATE TABLE kept ()")
    ask(url, "CHECKPOINT")
    killed = postmaster(folder)
    os.kill(killed.pid, signal.SIGKILL)
    psutil.wait_procs([killed], timeout=20)
    forget_this_process(folder)
    assert (folder / "postmaster.pid").exists()
    assert ask(start_prefect_database(folder), "SELECT count(*) FROM kept") == 0


@pytest.mark.faults
def test_a_process_that_has_the_number_of_a_killed_server_is_left_alone(folder: Path) -> None:
    start_prefect_database(folder)
    left_behind = (folder / "postmaster.pid").read_text().splitlines()
    stop_prefect_database(folder)
    bystander = subprocess.Popen(["sleep", "100"])
    try:
        lines = [str(bystander.pid), *left_behind[1:]]
        (folder / "postmaster.pid").write_text("\n".join(lines) + "\n")
        stop_prefect_database(folder)
        assert bystander.poll() is None
        assert ask(start_prefect_database(folder), "SELECT 1") == 1
        stop_prefect_database(folder)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait(timeout=10)


def start_in_a_process(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS, str(folder)],
        cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline()
    return process


def forget_this_process(folder: Path) -> None:
    """As if the process that started the server had been killed with it."""
    from db.embedded import PostgresServer

    PostgresServer._instances.pop(folder.resolve(), None)
