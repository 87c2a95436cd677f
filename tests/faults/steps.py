"""`python -m tests.faults.steps`: a process whose children are killed at a step of their work.

It has imported the project, and forks a child for each order: one JSON object a line on standard
input, with the `program` (statements), where to write (`log`), and where the child kills itself
(`kill_at`): before the step of this number; before the first that begins so, or after it with `after`
in front; or null. When the child has ended, its status is printed.

A step is what can be seen from outside: a commit of the database that changed something, a request
to Gemini and its answer, a file that gets its name, a run or a state in Prefect. The child is killed
*before* a step; after it and before the next are the same moment to everybody else.
"""

import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

import flows
from creative.asking.sdk import GeminiClient
from settings import get_settings

_WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')


class Steps:
    """Numbers the steps of this process from 0, and ends it before step `kill_at`."""

    def __init__(self, log: Path, kill_at: int | str | None) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._kill_at = kill_at
        self._lock = threading.Lock()
        self._count = 0

    def before(self, what: str) -> None:
        with self._lock:
            self._write(at="before", number=self._count, what=what)
            if self._kill_at == self._count or self._is_told(what):
                _die()
            self._count += 1

    def after(self, what: str) -> None:
        with self._lock:
            self._write(at="after", what=what)
            if self._is_told(f"after {what}"):
                _die()

    def _is_told(self, what: str) -> bool:
        """Whether the end was told by the words that a step begins with, or `after` it."""
        return isinstance(self._kill_at, str) and what.startswith(self._kill_at)

    def _write(self, **line: Any) -> None:
        os.write(self._log, (json.dumps(line) + "\n").encode())

    def around(self, owner: Any, name: str, told: Callable[..., str | None]) -> None:
        """Make a step of each call of `owner.name` that `told` has words for."""
        done = getattr(owner, name)

        def step(*arguments: Any, **named: Any) -> Any:
            what = told(*arguments, **named)
            if what is None:
                return done(*arguments, **named)
            self.before(what)
            outcome = done(*arguments, **named)
            self.after(what)
            return outcome

        setattr(owner, name, step)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


class Commits:
    """Commits that change something, told by what they change; a lease is renewed at any time."""

    def __init__(self, steps: Steps) -> None:
        self._changes: dict[Any, list[str]] = {}
        event.listen(Engine, "before_cursor_execute", self._note)
        event.listen(Engine, "rollback", lambda connection: self._forget(connection))
        steps.around(DefaultDialect, "do_commit", self._told)

    def _note(self, connection: Any, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        found = _WRITES.match(statement)
        if found is None or found[2] == "cta_lease":
            return
        change = f"{found[1].split()[0].lower()} {found[2]}"
        if found[2] == "cta_model_call":
            half = re.search("background|prefill", str(parameters))
            change += f" of {half[0]}" if half else ""
        self._changes.setdefault(connection.connection.dbapi_connection, []).append(change)

    def _forget(self, connection: Any) -> None:
        self._changes.pop(connection.connection.dbapi_connection, None)

    def _told(self, _: Any, connection: Any) -> str | None:
        changes = self._changes.pop(getattr(connection, "dbapi_connection", connection), [])
        return f"commit: {', '.join(dict.fromkeys(changes))}" if changes else None


def number_steps(steps: Steps) -> None:
    """Have all steps of this process numbered, whoever of it makes them."""
    Commits(steps)
    media = str(get_settings().media_dir.resolve())
    for name in ("replace", "rename", "link"):
        steps.around(
            os, name,
            lambda source, target, **_: (
                f"file: {Path(target).parent.name}" if str(target).startswith(media) else None
            ),
        )  # fmt: skip
    ask = GeminiClient.ask

    def asked(client: GeminiClient, question: Any, seconds: float) -> Any:
        steps.before(f"ask: {question.model}")
        answer = ask(client, question, seconds)
        steps.before(f"answered: {question.model}")
        return answer

    GeminiClient.ask = asked  # type: ignore[method-assign]
    steps.around(SyncPrefectClient, "request", _new_run)
    steps.around(
        SyncPrefectClient, "set_flow_run_state",
        lambda _, run_id, state, *__, **___: f"prefect: {state.type.value}",
    )  # fmt: skip


def _new_run(_: Any, method: str, path: str, **sent: Any) -> str | None:
    """What kind of row a run is for that is being created; a run without a name is the first."""
    if (method, path) != ("POST", "/flow_runs/"):
        return None
    return f"prefect: run for a {(sent['json'].get('name') or 'batch').split()[0]}"


def work(order: dict[str, Any]) -> None:
    """What a child does with an order."""
    output = os.open(f"{order['log']}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    number_steps(Steps(Path(order["log"]), order["kill_at"]))
    exec(order["program"], {"flows": flows})


def main() -> None:
    """Fork a child for each order, one after the other."""
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            # Its ways out are its own: nothing of what its parent has waits to be tidied up here.
            try:
                work(order)
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
