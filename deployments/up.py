"""`python -m deployments.up`: Prefect server, worker and API on one machine, in one terminal.

They start one after the other, each once what it needs is there, and end together, whichever of
them ends first. PREFECT_SERVER_API_PORT (4200) and PORT (8000) say where server and API are.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console

from db.session import get_engine
from deployments.__main__ import WORK_POOL
from deployments.guard import MARK, Guard, end_marked
from deployments.server import start_server
from settings import PROJECT_ROOT, get_settings

_START_SECONDS = 120
_STOP_SECONDS = 10


class CannotStart(Exception):
    """Something is in the way; the message says what, and what to do."""


class ToldToEnd(Exception):
    """This was told to end before all had started."""


@dataclass(frozen=True)
class Part:
    """A process of ours, what it and all that it starts are marked with, and its file of lines."""

    name: str
    mark: str
    process: "subprocess.Popen[bytes]"
    log: Path


def main() -> int:
    """Run all until one ends or this is told to; 0 when it was told to."""
    console = Console()
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    parts: list[Part] = []
    with Guard() as guard:
        try:
            start(parts, guard.mark, console, told_to_end)
            while not told_to_end.wait(0.5):
                if ended := next((part for part in parts if part.process.poll() is not None), None):
                    raise CannotStart(f"The {ended.name} has ended; why is in {ended.log}.")
        except CannotStart as error:
            console.print(f"[red]{error}[/]", soft_wrap=True)
            return 1
        except ToldToEnd:
            return 0
        finally:
            for part in reversed(parts):
                end(part)
    return 0


def start(parts: list[Part], mark: str, console: Console, told_to_end: threading.Event) -> None:
    """Start the parts, adding each to `parts`, and say where they are.

    Args:
        parts: those that have been started.
        mark: what the guard knows them by.
        console: what is said goes there.
        told_to_end: set when this program is to end.

    Raises:
        CannotStart: a port is taken, or a part does not come up.
        ToldToEnd: in the middle of it.
    """
    server_port = int(os.environ.get("PREFECT_SERVER_API_PORT") or 4200)
    api_port = int(os.environ.get("PORT") or 8000)
    check_free(server_port, "PREFECT_SERVER_API_PORT")
    check_free(api_port, "PORT")
    logs = get_settings().data_dir / "up"
    logs.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_API_URL"] = prefect = f"http://127.0.0.1:{server_port}/api"
    api = f"http://127.0.0.1:{api_port}"
    if get_settings().gallery_url is None:
        os.environ["CTA_GALLERY_URL"] = api

    console.print("Starting Prefect's server …")
    log, server_mark = logs / "server.log", f"{mark}/server"
    parts.append(Part("Prefect server", server_mark, start_server(server_mark, log), log))
    wait_for(f"{prefect}/health", parts[-1], told_to_end)
    register(launch("deployments", ["-m", "deployments"], logs, mark), told_to_end)
    # Where the database is an embedded one, it then lives until the last part has ended.
    get_engine()
    worker = ["-m", "prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process"]
    parts.append(launch("worker", worker, logs, mark))
    serve = ["-m", "uvicorn", "api.app:app", "--no-access-log", "--port", str(api_port),
             "--timeout-graceful-shutdown", "5"]
    parts.append(launch("API", serve, logs, mark))
    wait_for(f"{api}/healthz", parts[-1], told_to_end)
    console.print(
        f"[bold]Prefect's UI[/]  http://127.0.0.1:{server_port}   (run a deployment by its form)\n"
        f"[bold]The API[/]       {api}/docs\n"
        "[bold]A token[/]       .venv/bin/python -m api.tokens create --workspace acme --user ann\n"
        f"[dim]Ctrl-C ends all. What they say is in {logs}.[/]",
        soft_wrap=True,
    )


def check_free(port: int, variable: str) -> None:
    """Raise `CannotStart` where something listens on a port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"Something listens on port {port} already: end it, or name another in {variable}."
            ) from None


def wait_for(url: str, part: Part, told_to_end: threading.Event) -> None:
    """Wait until an address answers that all is well.

    Raises:
        CannotStart: it does not within two minutes, or its process has ended.
        ToldToEnd: before it does.
    """
    deadline = time.monotonic() + _START_SECONDS
    while part.process.poll() is None and time.monotonic() < deadline:
        if told_to_end.wait(0.2):
            raise ToldToEnd
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            continue
    raise CannotStart(f"The {part.name} did not start; why is in {part.log}.")


def register(registration: Part, told_to_end: threading.Event) -> None:
    """Wait until all that the server needs is registered.

    Raises:
        CannotStart: it could not be registered.
        ToldToEnd: before it is.
    """
    while registration.process.poll() is None:
        if told_to_end.wait(0.2):
            end(registration)
            raise ToldToEnd
    if registration.process.returncode:
        raise CannotStart(f"The deployments could not be registered; why is in {registration.log}.")


def launch(name: str, arguments: Sequence[str], logs: Path, mark: str) -> Part:
    """Start a Python program in a session of its own, so that Ctrl-C reaches only this one."""
    log, own_mark = logs / f"{name.lower()}.log", f"{mark}/{name}"
    with log.open("w") as lines:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=PROJECT_ROOT, env=os.environ | {MARK: own_mark},
            start_new_session=True, stdout=lines, stderr=lines,
        )  # fmt: skip
    return Part(name, own_mark, process, log)


def end(part: Part) -> None:
    """End a part and all that it has started; gently first.

    A worker waits for its runs to end. Runs that are still under way after ten seconds, or whose
    worker is dead, are killed: their rows are put right by `reconcile`.
    """
    part.process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        part.process.wait(_STOP_SECONDS)
    end_marked(part.mark)
    part.process.wait()


if __name__ == "__main__":
    sys.exit(main())
