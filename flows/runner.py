"""`python -m flows.runner`: runs the flows that another process asks for.

In, on standard input: one JSON object a line, `{"key": …, "flow": …, "parameters": …}`, each with a
key of its own, the name of a flow of `FLOWS`, and its parameters. Out, on standard output:
`{"ready": true}`, then for each `{"key": …, "flow_run_id": …}` once its run exists (or
`"problem": …`), and `{"key": …, "ended": true}` when it has ended. When the input ends, the rows of
what is under way are ended with the reason, and the process ends with all that it started.
Meanwhile it puts right, every five minutes, what processes that died have left.
"""

import json
import os
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import psutil
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow
from prefect.logging import get_logger
from prefect.states import Crashed, Pending
from sqlalchemy.exc import OperationalError
from tenacity import retry, retry_if_exception_type, wait_random_exponential

from flows.bulk_generate import bulk_generate
from flows.generate_preview import generate_preview
from flows.hooks import end_lost, give_up, take_row
from flows.reconcile import put_right
from flows.regenerate import regenerate
from flows.retry_failed import retry_failed
from settings import PROJECT_ROOT
from tasks.claims import note_ordered
from tasks.limits import ensure_generation_limit

FLOWS: dict[str, Flow[..., Any]] = {
    flow.name: flow for flow in (bulk_generate, retry_failed, generate_preview, regenerate)
}
MOST_AT_ONCE = 4
CREATION_SECONDS = 5
LOOK_SECONDS = 300
STOPPED = "The process that ran it was stopped."
_LOGGER = get_logger("runner")


@dataclass(frozen=True)
class Wanted:
    """A run that is asked for, and the run itself once it exists."""

    key: str
    flow: Flow[..., Any]
    parameters: dict[str, Any]
    created: "Future[FlowRun]" = field(default_factory=Future)


class Runner:
    """Runs flows side by side, and answers on `output`."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_AT_ONCE)
        self._under_way: dict[str, Wanted] = {}

    def tell(self, **message: Any) -> None:
        """Write one line."""
        with self._lock:
            self._output.write(json.dumps(message) + "\n")
            self._output.flush()

    def start(self, order: dict[str, Any]) -> None:
        """Begin one run in a thread of its own."""
        wanted = Wanted(order["key"], FLOWS[order["flow"]], order["parameters"])
        self._under_way[wanted.key] = wanted
        threading.Thread(target=self._run, args=(wanted,), daemon=True).start()

    def _run(self, wanted: Wanted) -> None:
        try:
            with get_client(sync_client=True) as client:
                flow_run = client.create_flow_run(
                    wanted.flow, parameters=wanted.parameters, state=Pending()
                )
        except Exception as error:
            wanted.created.set_exception(error)
            del self._under_way[wanted.key]
            self.tell(key=wanted.key, problem=f"Prefect refused the run: {error}")
            return
        wanted.created.set_result(flow_run)
        note_ordered(flow_run.id)
        with suppress(OperationalError):
            # It may wait for its place, and the machine may go away meanwhile.
            take_row(flow_run)
        self.tell(key=wanted.key, flow_run_id=str(flow_run.id))
        with self._places:
            try:
                state = run_flow(wanted.flow, flow_run=flow_run, return_type="state")
            except Exception as error:
                # What goes wrong in a run stands on the rows; here Prefect itself went wrong.
                state = Crashed(message=str(error))
        end_at_last(flow_run, state)
        del self._under_way[wanted.key]
        self.tell(key=wanted.key, ended=True)

    def close(self) -> None:
        """End what is under way, on its rows and in Prefect, with the reason."""
        crashed: State[Any] = Crashed(message=STOPPED)
        flow_runs = []
        for wanted in list(self._under_way.values()):
            try:
                flow_runs.append(wanted.created.result(timeout=CREATION_SECONDS))
            except Exception:
                with suppress(Exception):
                    give_up(wanted.parameters, STOPPED)
        for flow_run in flow_runs:
            with suppress(Exception):
                end_lost(flow_run, crashed)
        for flow_run in flow_runs:
            with suppress(Exception), get_client(sync_client=True) as client:
                client.set_flow_run_state(flow_run.id, crashed, force=True)


@retry(retry=retry_if_exception_type(OperationalError), wait=wait_random_exponential(max=60))
def end_at_last(flow_run: FlowRun, state: State[Any]) -> None:
    """See to it that the row of a run has ended, whenever the database can be reached.

    Its hooks have seen to that, unless the database was away for longer than they try: this process
    lives on, so that nobody would take the row for one of a dead run.
    """
    end_lost(flow_run, state, waits=False)


def look_after(seconds: float) -> None:
    """Put right, every so often, what processes that died have left: no worker does it here."""
    while True:
        try:
            _LOGGER.info("%s", put_right())
        except Exception:
            _LOGGER.exception("What runs that died had left could not be looked at.")
        time.sleep(seconds)


def main() -> None:
    """Run what comes on standard input until it ends."""
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    orders, output = own_streams()
    # Where the project's Prefect keeps its records; with a home elsewhere nobody makes the folder.
    (PROJECT_ROOT / ".data" / "prefect").mkdir(parents=True, exist_ok=True)
    ensure_generation_limit()
    for server in psutil.Process().children():
        threading.Thread(target=end_after, args=(server.pid,), daemon=True).start()
    runner = Runner(output)
    runner.tell(ready=True)
    threading.Thread(target=look_after, args=(LOOK_SECONDS,), daemon=True).start()
    for line in orders:
        if line.endswith("\n"):  # else who wrote it died over it
            runner.start(json.loads(line))
    runner.close()
    end()


def end() -> None:
    """End, and with it the Prefect server that the client may have started."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def end_after(server: int) -> None:
    """End when that server has: no run gets on without it, and whoever started this starts anew."""
    os.waitpid(server, 0)
    end()


def own_streams() -> tuple[TextIO, TextIO]:
    """The orders and the answers, out of the reach of libraries and of child processes.

    Nothing but the answers may be printed there, and who hands over orders has to notice the end
    of this process, whoever of its children lives on.
    """
    orders, output = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return orders, output


if __name__ == "__main__":
    main()
