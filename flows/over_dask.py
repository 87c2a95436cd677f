"""The sources of one run, handed to the workers of a Dask scheduler.

Only ids, addresses and sentences cross the wire: a worker imports the project's tasks by their
name, and takes its settings, and Prefect's, from its own environment. Prefect's own runner sends
with each task the code of the flow, the run's parameters (every source of the request) and the
settings with their secrets.
"""

import inspect
import time
from collections.abc import Iterable
from concurrent.futures import CancelledError
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import distributed
from prefect import Flow, Task
from prefect.context import serialize_context
from prefect.futures import PrefectFuture, PrefectWrappedFuture
from prefect.results import get_result_store
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed
from prefect.task_engine import run_task_sync
from prefect.utilities.importtools import from_qualified_name
from prefect_dask.task_runners import DaskTaskRunner

from flows.heartbeats import without_heartbeats
from settings import PROJECT_ROOT
from tasks.failures import RunFailed, explain, outcome_of

_CONNECT_SECONDS = 10
_FIRST_WORKER_SECONDS = 30
_LOOK_SECONDS = 5
_WITHOUT_WORKERS_SECONDS = 120


class DaskUnusable(RunFailed):
    """No run can be made over Dask as things stand."""


class NotWorkedOn(RunFailed):
    """What became of one source that was handed to Dask, where it was not well."""


def check_cluster(address: str) -> None:
    """See to it that a scheduler can be reached and has workers that can run the project.

    Raises:
        DaskUnusable: otherwise; the message says what to do.
    """
    if not PREFECT_API_URL.value():
        raise DaskUnusable(
            "A run over Dask needs a Prefect server that all its machines can reach, for each "
            "would start one of its own: start one with `make server` and set PREFECT_API_URL, "
            "here and for every worker."
        )
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DaskUnusable(
            f"The Dask scheduler at {address} could not be reached: start it with `python -m dask "
            "scheduler`, and see that CTA_DASK_ADDRESS names it."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_SECONDS)
        except TimeoutError:
            raise DaskUnusable(
                f"The Dask scheduler at {address} has no workers: start some in the project's "
                f"folder, with `python -m dask worker {address}`."
            ) from None
        answers = client.run(prepare_worker, on_error="return")
    for worker, problem in answers.items():
        if problem is not None:
            raise DaskUnusable(f"The Dask worker at {worker} cannot run the project: {problem}")


def prepare_worker(dask_worker: distributed.Worker) -> str | None:
    """Make a worker ready; returns what keeps it from running the project, or None.

    Dask's profiler looks at the stacks of all threads a hundred times a second, which now and then
    freezes Pythons before 3.11.9 for good (python/cpython issue 106883): it is switched off.
    """
    if profiler := dask_worker.periodic_callbacks.get("profile"):
        dask_worker.loop.add_callback(profiler.stop)
    if not PREFECT_API_URL.value():
        return "set PREFECT_API_URL in its environment, and start it again."
    return None


def work_on(
    task_name: str, run_id: UUID, parameters: dict[str, Any], context: dict[str, Any]
) -> str | None:
    """Run one task of a flow, here on a worker; returns why it failed, or None.

    Args:
        task_name: what to import, such as `flows.bulk_generate.start_source`.
        run_id: the id that the task run gets.
        parameters: what the task is called with.
        context: the run of the flow that it is a part of, from `_context_of_run`.
    """
    if problem := prepare_worker(distributed.get_worker()):
        return f"A Dask worker cannot run the project: {problem}"
    run = context["flow_run_context"]
    run = run | {"flow": from_qualified_name(run["flow"]), "result_store": get_result_store()}
    with without_heartbeats():
        state: Any = run_task_sync(
            task=from_qualified_name(task_name),
            task_run_id=run_id,
            parameters=parameters,
            context=context | {"flow_run_context": run},
            return_type="state",
        )
    outcome = outcome_of(state)
    return explain(outcome) if isinstance(outcome, Exception) else None


class _Workers:
    """The workers of a scheduler, and for how long there have been none."""

    def __init__(self, client: distributed.Client) -> None:
        self._client = client
        self._gone_since: float | None = None

    def are_gone(self) -> bool:
        """Whether there have been none for so long that none is waited for."""
        try:
            there = bool(self._client.nthreads())
        except (OSError, TimeoutError):
            there = False
        if there:
            self._gone_since = None
        elif self._gone_since is None:
            self._gone_since = time.monotonic()
        return (
            self._gone_since is not None
            and time.monotonic() - self._gone_since > _WITHOUT_WORKERS_SECONDS
        )


class SourceFuture(PrefectWrappedFuture["NotWorkedOn | None", distributed.Future[str | None]]):
    """A task on its way over Dask; its end tells whether it failed and why, and nothing else."""

    def __init__(
        self, task_run_id: UUID, wrapped_future: distributed.Future[str | None], workers: _Workers
    ) -> None:
        super().__init__(task_run_id, wrapped_future)
        self._workers = workers
        self._failure: NotWorkedOn | None = None

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the end, or until there have been no workers for too long."""
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while self._final_state is None and (left := deadline - time.monotonic()) > 0:
            try:
                self._end(self._wrapped_future.result(timeout=min(left, _LOOK_SECONDS)))
            except TimeoutError:
                if not self._wrapped_future.done() and self._workers.are_gone():
                    self._end("All Dask workers went away, and no other came in time.")
            except (Exception, CancelledError) as error:
                self._end(f"Dask gave it up: {error}")

    def result(
        self, timeout: float | None = None, raise_on_failure: bool = True
    ) -> NotWorkedOn | None:
        """None, or the failure where it is asked for as a value.

        Raises:
            NotWorkedOn: it failed.
            TimeoutError: it has not ended within `timeout` seconds.
        """
        self.wait(timeout)
        if self._final_state is None:
            raise TimeoutError(f"The task run {self.task_run_id} has not ended in {timeout} s.")
        if self._failure is not None and raise_on_failure:
            raise self._failure
        return self._failure

    def _end(self, problem: str | None) -> None:
        self._failure = None if problem is None else NotWorkedOn(problem)
        self._final_state = Completed() if problem is None else Failed(message=problem)


class SourcesOverDask(DaskTaskRunner):
    """Runs the tasks that a flow maps over its sources on the workers of a Dask scheduler."""

    @cached_property
    def _context(self) -> dict[str, Any]:
        return _context_of_run()

    @cached_property
    def _workers(self) -> _Workers:
        return _Workers(self.client)

    def submit(  # type: ignore[override]
        self,
        task: Task[..., Any],
        parameters: dict[str, Any],
        wait_for: Iterable[PrefectFuture[Any]] | None = None,
        dependencies: dict[str, set[Any]] | None = None,
    ) -> SourceFuture:
        """Hand one task to whichever worker is free first."""
        run_id = uuid4()
        future = self.client.submit(
            work_on, _name_of(task), run_id, parameters, self._context, key=f"{task.name}-{run_id}"
        )
        return SourceFuture(run_id, future, self._workers)


def _context_of_run() -> dict[str, Any]:
    """The flow run that is under way, with neither its code, nor its parameters, nor settings."""
    context = serialize_context()
    run = context["flow_run_context"]
    return {
        "flow_run_context": {
            "flow": _name_of(run["flow"]),
            "flow_run": run["flow_run"] | {"parameters": {}},
            "parameters": {},
            "log_prints": run["log_prints"],
            "persist_result": run["persist_result"],
        },
        "tags_context": context["tags_context"],
    }


def _name_of(made: Flow[..., Any] | Task[..., Any]) -> str:
    """Where a flow or a task can be imported from: a deployment loads its flow by another name."""
    file = Path(inspect.getfile(made.fn)).relative_to(PROJECT_ROOT).with_suffix("")
    return ".".join((*file.parts, made.fn.__name__))
