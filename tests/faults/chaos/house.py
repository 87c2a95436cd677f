"""All that a batch needs, each part of which can be killed and comes back at the same address."""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx
import psutil
from sqlalchemy import Engine, create_engine, make_url

from deployments.guard import MARK
from settings import PROJECT_ROOT
from tests.faults.proxy import Proxy
from tests.faults.servers import OwnPostgres, OwnPrefect
from tests.faults.workers import Prefect, Worker
from tests.prefect_server import run_python

_WORKERS = 2
_IS_A_RUN = "PREFECT__FLOW_RUN_ID"
RECONCILE = """
import importlib
print(importlib.import_module("flows.reconcile").put_right())
"""
_T = TypeVar("_T")


class House:
    """The two databases, Prefect's server, the workers, and those who reconcile meanwhile.

    Args:
        folder: for all that is written.
        environment: of all processes, but for where the servers are; it carries `MARK`.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._count = itertools.count(1)
        self._mark = environment[MARK]
        self._reconciling: list[subprocess.Popen[bytes]] = []
        with ExitStack() as stack:
            self.postgres = stack.enter_context(OwnPostgres())
            self.engine: Engine = create_engine(self.postgres.url, pool_pre_ping=True)
            stack.callback(self.engine.dispose)
            url = make_url(self.postgres.url)
            self.proxy = stack.enter_context(Proxy(f"{url.query['host']}/.s.PGSQL.5432"))
            self.prefects_postgres = stack.enter_context(OwnPostgres(is_prefects=True))
            self.server = stack.enter_context(OwnPrefect(folder, self.prefects_postgres.url))
            seen = url.set(host="127.0.0.1", port=self.proxy.port, query={})
            self.environment = self.server.environment | environment
            self.environment["CTA_DATABASE_URL"] = seen.render_as_string(hide_password=False)
            run_python(self.environment, "-m", "deployments")
            self.prefect = Prefect(self.environment)
            self.workers = [self._worker() for _ in range(_WORKERS)]
            stack.callback(self._end_workers)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _worker(self) -> Worker:
        return Worker(self.environment, self.folder / f"worker-{next(self._count)}.log")

    def _end_workers(self) -> None:
        for worker in self.workers:
            worker.kill()
        for process in self._reconciling:
            process.kill()
            process.wait()

    def marked(self) -> list[psutil.Process]:
        """All processes of this house that are alive."""
        return [process for process in psutil.process_iter() if self.mark_of(process)]

    def mark_of(self, process: psutil.Process) -> dict[str, str]:
        """The environment of a process of this house; empty for others."""
        with suppress(psutil.Error):
            environment: dict[str, str] = process.environ()
            if environment.get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                return environment
        return {}

    def is_run(self, process: psutil.Process) -> bool:
        """Whether it is, or belongs to, a process of a flow run."""
        return _IS_A_RUN in self.mark_of(process)

    def runs(self) -> list[psutil.Process]:
        """The processes of flow runs, those of dead workers too, without what they have started."""
        found = {process.pid: process for process in self.marked() if self.is_run(process)}
        with suppress(psutil.Error):
            return [one for _, one in sorted(found.items()) if one.ppid() not in found]
        return self.runs()

    def restart_workers(self) -> None:
        """Have all workers there be alive."""
        for number, worker in enumerate(self.workers):
            if worker.process.poll() is not None:
                self.workers[number] = self._worker()

    def reconcile(self) -> None:
        """`put_right` in a process of its own, which is not waited for."""
        log = self.folder / f"reconcile-{next(self._count)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", RECONCILE],
                cwd=PROJECT_ROOT, env=self.environment, stdout=output, stderr=output,
            )  # fmt: skip
        self._reconciling.append(process)

    def is_reconciling(self) -> bool:
        """Whether one of those processes has not ended."""
        return any(process.poll() is None for process in self._reconciling)

    def wait_for_reconcile(self) -> None:
        """Wait until all of them have ended.

        Raises:
            subprocess.TimeoutExpired: one has not after three minutes.
        """
        for process in self._reconciling:
            process.wait(180)

    def start(self, deployment: str, **parameters: Any) -> UUID:
        """Start a run of a deployment, whenever the server answers again."""
        return patiently(lambda: self.prefect.start(deployment, **parameters))


def patiently(ask: Callable[[], _T], seconds: float = 60) -> _T:
    """What a server answers, which may have come back just now."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
