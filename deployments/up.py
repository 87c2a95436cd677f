"""`python -m deployments.up`: Prefect server, worker and API on one machine, in one terminal.

They start one after the other, each once what it needs is there, and end together, whichever of
them ends first. PREFECT_SERVER_API_PORT (4200) and PORT (8000) say where server and API are.
"""

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
import psutil
from rich.console import Console

from db.session import get_engine
from deployments.__main__ import WORK_POOL
from deployments.server import start_server
from settings import PROJECT_ROOT, get_settings

_START_SECONDS = 120
_STOP_SECONDS = 10


class CannotStart(Exception):
    """Something is in the way; the message says what, and what to do."""


@dataclass(frozen=True)
class Part:
    """A process of ours, and the file that it writes its lines to."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path


def main() -> int:
    """Run all until one ends or this is told to; 0 when it was told to."""
    console = Console()
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    parts: list[Part] = []
    try:
        start(parts, console, told_to_end)
        while not told_to_end.wait(0.5):
            if ended := next((part for part in parts if part.process.poll() is not None), None):
                raise CannotStart(f"The {ended.name} has ended; why is in {ended.log}.")
    except CannotStart as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 1
    finally:
        for part in reversed(parts):
            end(part)
    return 0


def start(parts: list[Part], console: Console, told_to_end: threading.Event) -> None:
    """Start the parts, adding each to `parts`, and say where they are.

    Raises:
        CannotStart: a port is taken, or a part does not come up.
    """
    server_port = int(os.environ.get("PREFECT_SERVER_API_PORT") or 4200)
    api_port = int(os.environ.get("PORT") or 8000)
    check_free(server_port, "PREFECT_SERVER_API_PORT")
    check_free(api_port, "PORT")
    logs = get_settings().data_dir / "up"
    logs.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_API_URL"] = prefect = f"http://127.0.0.1:{server_port}/api"
    api = f"http://127.0.0.1:{api_port}"

    console.print("Starting Prefect's server …")
    parts.append(Part("Prefect server", start_server(logs / "server.log"), logs / "server.log"))
    wait_for(f"{prefect}/health", parts[-1], told_to_end)
    register(logs / "deployments.log")
    # Where the database is an embedded one, it then lives until the last part has ended.
    get_engine()
    worker = ["-m", "prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process"]
    parts.append(launch("worker", worker, logs))
    serve = ["-m", "uvicorn", "api.app:app", "--no-access-log", "--port", str(api_port)]
    parts.append(launch("API", serve, logs))
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
    """
    deadline = time.monotonic() + _START_SECONDS
    while part.process.poll() is None and time.monotonic() < deadline:
        if told_to_end.wait(0.2):
            return
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            continue
    raise CannotStart(f"The {part.name} did not start; why is in {part.log}.")


def register(log: Path) -> None:
    """Register all that the server needs.

    Raises:
        CannotStart: it could not be registered.
    """
    with log.open("w") as lines:
        ended = subprocess.run(
            [sys.executable, "-m", "deployments"], cwd=PROJECT_ROOT, stdout=lines, stderr=lines
        )
    if ended.returncode:
        raise CannotStart(f"The deployments could not be registered; why is in {log}.")


def launch(name: str, arguments: Sequence[str], logs: Path) -> Part:
    """Start a Python program in a session of its own, so that Ctrl-C reaches only this one."""
    log = logs / f"{name.lower()}.log"
    with log.open("w") as lines:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=PROJECT_ROOT, start_new_session=True,
            stdout=lines, stderr=lines,
        )  # fmt: skip
    return Part(name, process, log)


def end(part: Part) -> None:
    """End a part and all that it has started; gently first.

    A worker waits for its runs to end. Runs that are still under way after ten seconds are killed:
    their rows are put right by `reconcile`.
    """
    if part.process.poll() is None:
        tree = psutil.Process(part.process.pid).children(recursive=True)
        part.process.terminate()
    else:
        tree = []
    try:
        part.process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        part.process.kill()
        part.process.wait()
    for process in tree:
        if process.is_running():
            process.kill()
    psutil.wait_procs(tree, timeout=_STOP_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
