"""A Dask scheduler and workers as a user starts them: programs of their own, in the project's folder."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import distributed
import psutil
import pytest

from settings import PROJECT_ROOT
from tests.prefect_server import free_port


class DaskCluster:
    """The programs; what each says goes to a file in `folder`."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._programs: list[subprocess.Popen[bytes]] = []
        self.address = f"tcp://127.0.0.1:{free_port()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for program in self._programs:
            kill(program)

    def start_scheduler(self) -> None:
        host, port = self.address.removeprefix("tcp://").split(":")
        self._start("scheduler", "scheduler", "--host", host, "--port", port, "--no-dashboard")

    def start_worker(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        """A worker of two threads; its Prefect keeps its files elsewhere, as on another machine."""
        home = str(self._folder / name)
        return self._start(
            name, "worker", self.address, "--name", name, "--nthreads", "2", "--no-dashboard",
            "--host", "127.0.0.1", "--local-directory", home,
            PREFECT_HOME=home, **environment,
        )  # fmt: skip

    def _start(self, log: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{log}.log").open("w") as output:
            program = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=PROJECT_ROOT, env=self._environment | environment, stdout=output, stderr=output,
            )  # fmt: skip
        self._programs.append(program)
        return program

    def client(self, workers: int) -> distributed.Client:
        """A client of the scheduler, once it has as many workers."""
        client: Any = distributed.Client(self.address, timeout=60, set_as_default=False)
        client.wait_for_workers(workers, timeout=90)
        return client

    def logs(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()}" for log in self._folder.glob("*.log"))


def family(program: subprocess.Popen[Any]) -> list[psutil.Process]:
    """A program and all that it has started, the nanny of a worker before the worker."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(program.pid)
        return [process, *process.children(recursive=True)]
    return []


def send(program: subprocess.Popen[Any], signal_number: signal.Signals) -> None:
    for process in family(program):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal_number)


def kill(program: subprocess.Popen[Any]) -> None:
    """`kill -9` of a program and of all that it has started."""
    send(program, signal.SIGKILL)
    program.wait(timeout=30)


CALL = "bulk_generate(sources, workspace='acme')"
CALL_AS_A_WORKER_DOES = """
from prefect.flow_engine import run_flow
from prefect.flows import load_flow_from_entrypoint
loaded = load_flow_from_entrypoint('flows/bulk_generate.py:bulk_generate')
run_flow(loaded, parameters={'sources': sources})
"""


def impatient(call: str, *names: str) -> str:
    """The call with two seconds for each of these constants of `flows.over_dask`."""
    changes = "".join(f"flows.over_dask.{name} = 2\n" for name in names)
    return f"import flows.over_dask\n{changes}{call}"


class Batch:
    """`bulk_generate` in a process of its own."""

    def __init__(
        self, environment: dict[str, str], sources: list[dict[str, Any]], call: str = CALL
    ) -> None:
        program = f"from flows import bulk_generate\nsources = {sources!r}\n{call}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        kill(self.process)

    def ended(self, seconds: float = 120) -> str:
        """What it printed, once it has ended."""
        return self.process.communicate(timeout=seconds)[0]

    def is_alive(self) -> bool:
        return self.process.poll() is None


def wait_for(condition: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if outcome := condition():
            return outcome
        time.sleep(0.2)
    pytest.fail("What was waited for did not come.")
