"""`python -m flows.runner`: runs the bulk tasks that another process hands to it.

In, on standard input: one JSON object a line, the parameters of `bulk_generate`. Out, on standard
output: `{"ready": true}`, then for each `{"bulk_task_id": …, "flow_run_id": …}` once its run exists
(or `"problem": …`), and `{"bulk_task_id": …, "ended": true}` when it has ended. When the input
ends, what is under way is closed as failed and the process ends with all that it started.
"""

import json
import os
import signal
import threading
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import psutil
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow
from prefect.states import Crashed, Pending

from flows.bulk_generate import bulk_generate
from flows.hooks import give_up_bulk_task, settle_bulk_task
from settings import PROJECT_ROOT
from tasks.limits import ensure_generation_limit

MOST_AT_ONCE = 4
CREATION_SECONDS = 5
STOPPED = "The process that ran it was stopped."


class Runner:
    """Runs bulk tasks side by side, and answers on `output`."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_AT_ONCE)
        self._under_way: dict[str, Future[FlowRun]] = {}

    def tell(self, **message: Any) -> None:
        """Write one line."""
        with self._lock:
            self._output.write(json.dumps(message) + "\n")
            self._output.flush()

    def start(self, parameters: dict[str, Any]) -> None:
        """Begin one bulk task in a thread of its own."""
        created = self._under_way[parameters["bulk_task_id"]] = Future()
        threading.Thread(target=self._run, args=(parameters, created), daemon=True).start()

    def _run(self, parameters: dict[str, Any], created: Future[FlowRun]) -> None:
        bulk_task_id = parameters["bulk_task_id"]
        try:
            with get_client(sync_client=True) as client:
                flow_run = client.create_flow_run(
                    bulk_generate, parameters=parameters, state=Pending()
                )
        except Exception as error:
            created.set_exception(error)
            del self._under_way[bulk_task_id]
            self.tell(bulk_task_id=bulk_task_id, problem=f"Prefect refused the run: {error}")
            return
        created.set_result(flow_run)
        self.tell(bulk_task_id=bulk_task_id, flow_run_id=str(flow_run.id))
        with self._places:
            try:
                run_flow(bulk_generate, flow_run=flow_run, return_type="state")
            except Exception as error:
                # What goes wrong in a run stands on the rows; here Prefect itself went wrong.
                settle_bulk_task(bulk_generate, flow_run, Crashed(message=str(error)))
        del self._under_way[bulk_task_id]
        self.tell(bulk_task_id=bulk_task_id, ended=True)

    def close(self) -> None:
        """End as failed what is under way, on its rows and in Prefect."""
        crashed: State[Any] = Crashed(message=STOPPED)
        flow_runs = []
        for bulk_task_id, created in list(self._under_way.items()):
            try:
                flow_runs.append(created.result(timeout=CREATION_SECONDS))
            except Exception:
                with suppress(Exception):
                    give_up_bulk_task(UUID(bulk_task_id), STOPPED)
        for flow_run in flow_runs:
            with suppress(Exception):
                settle_bulk_task(bulk_generate, flow_run, crashed)
        for flow_run in flow_runs:
            with suppress(Exception), get_client(sync_client=True) as client:
                client.set_flow_run_state(flow_run.id, crashed, force=True)


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
