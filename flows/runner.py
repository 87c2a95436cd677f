"""`python -m flows.runner`: runs the bulk tasks that another process hands to it.

In, on standard input: one JSON object a line, the parameters of `bulk_generate`. Out, on standard
output: `{"ready": true}`, then for each `{"bulk_task_id": …, "flow_run_id": …}` once its run exists
(or `"problem": …`), and `{"bulk_task_id": …, "ended": true}` when it has ended. When the input
ends, what is under way is closed as failed and the process ends with all that it started.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any, TextIO

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow
from prefect.states import Crashed, Pending

from flows.bulk_generate import bulk_generate
from flows.hooks import settle_bulk_task
from tasks.limits import ensure_generation_limit

MOST_AT_ONCE = 4
STOPPED = "The process that ran it was stopped."


class Runner:
    """Runs bulk tasks side by side, and answers on `output`."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_AT_ONCE)
        self._under_way: dict[str, FlowRun] = {}

    def tell(self, **message: Any) -> None:
        """Write one line."""
        with self._lock:
            self._output.write(json.dumps(message) + "\n")
            self._output.flush()

    def start(self, parameters: dict[str, Any]) -> None:
        """Begin one bulk task in a thread of its own."""
        threading.Thread(target=self._run, args=(parameters,), daemon=True).start()

    def _run(self, parameters: dict[str, Any]) -> None:
        bulk_task_id = parameters["bulk_task_id"]
        try:
            with get_client(sync_client=True) as client:
                flow_run = client.create_flow_run(
                    bulk_generate, parameters=parameters, state=Pending()
                )
        except Exception as error:
            self.tell(bulk_task_id=bulk_task_id, problem=f"Prefect refused the run: {error}")
            return
        self._under_way[bulk_task_id] = flow_run
        self.tell(bulk_task_id=bulk_task_id, flow_run_id=str(flow_run.id))
        # What goes wrong stands on the rows.
        with self._places, suppress(Exception):
            run_flow(bulk_generate, flow_run=flow_run, return_type="state")
        self._under_way.pop(bulk_task_id, None)
        self.tell(bulk_task_id=bulk_task_id, ended=True)

    def close(self) -> None:
        """End as failed what is under way, on its rows and in Prefect."""
        for flow_run in list(self._under_way.values()):
            crashed: State[Any] = Crashed(message=STOPPED)
            settle_bulk_task(bulk_generate, flow_run, crashed)
            with suppress(Exception), get_client(sync_client=True) as client:
                client.set_flow_run_state(flow_run.id, crashed, force=True)


def main() -> None:
    """Run what comes on standard input until it ends."""
    # Nothing but the answers may reach the output, whatever libraries print.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    ensure_generation_limit()
    runner = Runner(output)
    runner.tell(ready=True)
    for line in sys.stdin:
        runner.start(json.loads(line))
    runner.close()
    if os.getpgrp() == os.getpid():
        # With it goes the Prefect server that the client may have started.
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
