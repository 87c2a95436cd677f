"""Databases and a Prefect server of the tests' own, which are killed and started again."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import psutil

from db.embedded import start_server, stop_server
from deployments.prefect_database import start_prefect_database, stop_prefect_database
from settings import PROJECT_ROOT, get_settings
from tests.prefect_server import free_port, wait_until_healthy


class OwnPostgres:
    """A Postgres for the records of the project, or for those of Prefect."""

    def __init__(self, *, is_prefects: bool = False) -> None:
        self._is_prefects = is_prefects
        self._folder = Path(tempfile.mkdtemp(dir=get_settings().data_dir)) / "postgres"
        self.url = self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def start(self) -> str:
        """Start it, or start it again; returns its SQLAlchemy address, which stays the same."""
        if self._is_prefects:
            return start_prefect_database(self._folder)
        return str(start_server(self._folder).get_uri(driver="psycopg2"))

    def kill(self) -> None:
        """An "immediate shutdown": all its processes end as in a crash. See postgres(1)."""
        pid_file = self._folder / "postmaster.pid"
        server = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        # What started it takes it for running otherwise, and would not start it again.
        self._stop()

    def _stop(self) -> None:
        (stop_prefect_database if self._is_prefects else stop_server)(self._folder)


class OwnPrefect:
    """A Prefect server at one address, whatever becomes of it."""

    def __init__(self, folder: Path, database: str) -> None:
        self._log = folder / "server.log"
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/api"
        self._environment = os.environ | {
            "PREFECT_HOME": str(folder),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        }
        self.environment = self._environment | {"PREFECT_API_URL": self.url}
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "prefect", "server", "start", "--port", str(self._port)],
                cwd=PROJECT_ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until_healthy(f"{self.url}/health", self._log)

    def kill(self) -> None:
        """`kill -9`, for a server that ends in peace tells its guests."""
        for process in [
            *psutil.Process(self._process.pid).children(recursive=True),
            psutil.Process(self._process.pid),
        ]:
            process.kill()
        self._process.wait()
