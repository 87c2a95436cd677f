"""`python -m deployments.server`: a Prefect server whose records are in a Postgres of its own."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from deployments.guard import MARK, Guard
from deployments.prefect_database import start_prefect_database
from settings import PROJECT_ROOT, get_settings

_DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"


def start_server(mark: str, log: Path | None = None) -> "subprocess.Popen[bytes]":
    """Start the server in a session of its own; its database stops with this process.

    Where PREFECT_SERVER_DATABASE_CONNECTION_URL names a database, that one is used.

    Args:
        mark: what a guard knows the server by.
        log: the file that it writes its lines to; this terminal when left out.
    """
    environment = dict(os.environ)
    if not environment.get(_DATABASE):
        data_dir = get_settings().data_dir
        environment[_DATABASE] = start_prefect_database(data_dir / "prefect-postgres")
    environment[MARK] = mark
    # With a home elsewhere nobody makes the folder in which the project's Prefect keeps its own.
    (PROJECT_ROOT / ".data" / "prefect").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start"]
    lines = log.open("w") if log else None
    try:
        return subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment, start_new_session=True,
            stdout=lines, stderr=lines,
        )  # fmt: skip
    finally:
        if lines:
            lines.close()


def main() -> int:
    """Run the server until it ends, or is told to; 0 when it was told to."""
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    with Guard() as guard:
        server = start_server(guard.mark)
        while server.poll() is None:
            if told_to_end.wait(0.5):
                server.terminate()
                server.wait()
                return 0
        return server.returncode


if __name__ == "__main__":
    sys.exit(main())
