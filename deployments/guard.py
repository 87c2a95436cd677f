"""`python -m deployments.guard`: ends what a program has started, once that program is gone.

The program holds the other end of this one's standard input, which closes with it in whatever way
it goes: told to, with its terminal, or by `kill -9`. What it has started is known by a variable in
the environment, which a run still carries when its worker is dead.
"""

import contextlib
import subprocess
import sys
import uuid
from types import TracebackType

import psutil

from settings import PROJECT_ROOT, get_settings

MARK = "CTA_STARTED_BY"
_DISMISSED = b"dismissed"
_STOP_SECONDS = 10


class Guard:
    """Watches over this program for as long as the block takes; `mark` is of this one alone."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex

    def __enter__(self) -> "Guard":
        # In a session of its own Ctrl-C, and the end of the terminal, do not reach it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deployments.guard", self.mark],
            cwd=PROJECT_ROOT, stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(_DISMISSED)


def end_marked(mark: str, seconds: float = 0) -> None:
    """End every process that carries a mark, or one that begins with it.

    Args:
        mark: the value of `MARK` in the environment.
        seconds: how long they may take when they are asked to; 0 asks nobody.
    """
    if seconds:
        asked = _marked(mark)
        for process in asked:
            _signal(process, force=False)
        psutil.wait_procs(asked, timeout=seconds)
    # Once more for those that one has started meanwhile.
    while left := _marked(mark):
        for process in left:
            _signal(process, force=True)
        psutil.wait_procs(left, timeout=_STOP_SECONDS)


def _signal(process: psutil.Process, *, force: bool) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill() if force else process.terminate()


def _marked(mark: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _mark_of(process).startswith(mark)]


def _mark_of(process: psutil.Process) -> str:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return str(process.environ().get(MARK, ""))
    except psutil.Error:
        return ""


def _stop_databases() -> None:
    """Stop the embedded Postgres that nobody uses any more: the last to leave stops them."""
    from db.embedded import start_embedded_postgres
    from deployments.prefect_database import start_prefect_database

    data_dir = get_settings().data_dir
    for folder, join in {
        data_dir / "prefect-postgres": start_prefect_database,
        data_dir / "postgres": start_embedded_postgres,
    }.items():
        if (folder / "postmaster.pid").exists():
            join(folder)


def main(mark: str) -> None:
    """Wait for the program's end; clean up unless it said that it has done so."""
    if sys.stdin.buffer.read() != _DISMISSED:
        end_marked(mark, _STOP_SECONDS)
        _stop_databases()


if __name__ == "__main__":
    main(sys.argv[1])
