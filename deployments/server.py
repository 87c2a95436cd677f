"""`python -m deployments.server`: a Prefect server whose records are in a Postgres of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from deployments.prefect_database import start_prefect_database
from settings import PROJECT_ROOT, get_settings

_DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"


def start_server(log: Path | None = None) -> "subprocess.Popen[bytes]":
    """Start the server in a session of its own; its database stops with this process.

    Where PREFECT_SERVER_DATABASE_CONNECTION_URL names a database, that one is used.

    Args:
        log: the file that it writes its lines to; this terminal when left out.
    """
    environment = dict(os.environ)
    if not environment.get(_DATABASE):
        data_dir = get_settings().data_dir
        environment[_DATABASE] = start_prefect_database(data_dir / "prefect-postgres")
    # With a home elsewhere nobody makes the folder in which the project's Prefect keeps its own.
    (PROJECT_ROOT / ".data" / "prefect").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start"]
    if log is None:
        return subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment)
    with log.open("w") as lines:
        return subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment, start_new_session=True,
            stdout=lines, stderr=lines,
        )  # fmt: skip


def main() -> int:
    """Run the server until it ends, or is told to."""
    server = start_server()
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    # Ctrl-C reaches the server too, which ends by it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
