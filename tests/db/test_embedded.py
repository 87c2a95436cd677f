"""The embedded Postgres is shared by processes and outlives none of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from db.embedded import FolderUnusable, start_embedded_postgres
from settings import PROJECT_ROOT

PROGRAM = """
import sys
from pathlib import Path
from sqlalchemy import create_engine, text
from db.embedded import start_embedded_postgres
url = start_embedded_postgres(Path(sys.argv[1]) / "postgres")
with create_engine(url).connect() as connection:
    print(connection.scalar(text("SELECT pg_postmaster_start_time()::text")), flush=True)
sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while not is_gone(pid):
        assert time.monotonic() < deadline, f"Postgres {pid} still runs"
        time.sleep(0.1)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded")


def test_processes_that_start_at_once_share_one_server_and_the_last_one_stops_it(
    folder: Path,
) -> None:
    processes = [start(folder) for _ in range(3)]
    started = {read_line(process) for process in processes}
    assert len(started) == 1
    assert started != {""}
    pid = postmaster(folder)
    for process in processes[:2]:
        process.communicate(timeout=30)
        assert not is_gone(pid)
    processes[2].communicate(timeout=30)
    wait_until_gone(pid)


def test_a_killed_process_does_not_keep_the_server_up_for_ever(folder: Path) -> None:
    killed, survivor = start(folder), start(folder)
    assert read_line(killed)
    assert read_line(survivor)
    pid = postmaster(folder)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(timeout=10)
    survivor.communicate(timeout=30)
    wait_until_gone(pid)


def test_a_folder_with_a_blank_in_its_path_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FolderUnusable, match="set CTA_DATA_DIR to a folder without one"):
        start_embedded_postgres(tmp_path / "My Projects" / "postgres")
    assert not (tmp_path / "My Projects").exists()
