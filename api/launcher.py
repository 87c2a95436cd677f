"""How a bulk task that was recorded gets its run. The only part of the API that knows Prefect."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from db import bulk_tasks
from db.session import unit_of_work
from settings import PROJECT_ROOT, Settings

DEPLOYMENT = "bulk-generate/bulk-generate"
_LOGGER = logging.getLogger("api.launcher")
_TIMEOUT = httpx.Timeout(10, connect=3)
_START_SECONDS = 90


class RunNotStarted(Exception):
    """No run could be started; the message says why, and what to do."""


@dataclass(frozen=True)
class Order:
    """A recorded bulk task, as `bulk_generate` takes it.

    `sources` names each by its address and number alone: all else of them is in the records.
    """

    bulk_task_id: UUID
    sources: list[dict[str, Any]]
    workspace: str
    user: str
    refresh: bool

    def as_parameters(self) -> dict[str, Any]:
        """The parameters of the run, as JSON has them."""
        return {
            "sources": self.sources,
            "workspace": self.workspace,
            "user": self.user,
            "refresh": self.refresh,
            "bulk_task_id": str(self.bulk_task_id),
        }


class Launcher(Protocol):
    """What starts runs."""

    def start(self, order: Order) -> UUID:
        """Start the run of a bulk task, once however often it is asked for; returns its id.

        Raises:
            RunNotStarted: it could not be started.
        """

    def check(self) -> None:
        """Raise `RunNotStarted` when no run could be started at the moment."""

    def close(self) -> None:
        """Let go of what was started for the purpose."""


def launcher_of(settings: Settings) -> Launcher:
    """The launcher that the settings ask for."""
    return OwnProcess() if settings.api_runs == "own_process" else Deployment()


class Deployment:
    """Leaves runs to the workers that serve the deployment `bulk-generate`."""

    def start(self, order: Order) -> UUID:
        """Start the deployment by its name; Prefect takes one order for one run."""
        with _reaching_prefect() as client:
            deployment = client.read_deployment_by_name(DEPLOYMENT)
            flow_run = client.create_flow_run_from_deployment(
                deployment.id,
                parameters=order.as_parameters(),
                idempotency_key=str(order.bulk_task_id),
            )
            return flow_run.id

    def check(self) -> None:
        """Ask the Prefect server whether it is well, and has the deployment."""
        with _reaching_prefect() as client:
            client.read_deployment_by_name(DEPLOYMENT)

    def close(self) -> None:
        """Nothing was started."""


@contextmanager
def _reaching_prefect() -> Iterator[SyncPrefectClient]:
    """A client that gives up soon, for somebody waits for the answer."""
    if not PREFECT_API_URL.value():
        raise RunNotStarted(
            "No Prefect server is named: start one with `make server` and set PREFECT_API_URL, or "
            "set CTA_API_RUNS=own_process, which needs none."
        )
    try:
        with (
            temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}),
            get_client(httpx_settings={"timeout": _TIMEOUT}, sync_client=True) as client,
        ):
            yield client
    except ObjectNotFound as error:
        raise RunNotStarted(
            f"The Prefect server knows no deployment {DEPLOYMENT!r}: run `make deploy`."
        ) from error
    except httpx.HTTPStatusError as error:
        _LOGGER.warning("Prefect answered: %s", error.response.text)
        raise RunNotStarted(
            f"The Prefect server refused the run ({error.response.status_code}); why is in the "
            "API's log."
        ) from error
    except (httpx.HTTPError, RuntimeError) as error:
        _LOGGER.warning("Prefect could not be reached: %s", error)
        raise RunNotStarted(
            "The Prefect server cannot be reached at the moment; try again in a while."
        ) from error


class OwnProcess:
    """Hands runs to a process of `flows.runner`, which needs no server and no worker.

    It is started at once, and again for the next order when it has died; it ends with the API.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._ready: Future[None] = Future()
        self._answers: dict[UUID, Future[UUID]] = {}
        self._running_process()

    def start(self, order: Order) -> UUID:
        """Hand over the order, and wait until its run exists."""
        with self._lock:
            answer = self._answers.get(order.bulk_task_id)
            if answer is None:
                answer = self._answers[order.bulk_task_id] = Future()
                self._hand_over(order)
        try:
            return answer.result(timeout=_START_SECONDS)
        except TookTooLong as error:
            raise RunNotStarted("The process that runs bulk tasks did not answer.") from error

    def _hand_over(self, order: Order) -> None:
        process = self._running_process()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(order.as_parameters()) + "\n")
            process.stdin.flush()
        except OSError as error:
            del self._answers[order.bulk_task_id]
            raise RunNotStarted("The process that runs bulk tasks has just ended.") from error

    def _running_process(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._ready = Future()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flows.runner"],
                cwd=PROJECT_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            threading.Thread(
                target=self._listen, args=(self._process, self._ready), daemon=True
            ).start()
        return self._process

    def _listen(self, process: subprocess.Popen[str], ready: Future[None]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            message = json.loads(line)
            if "ready" in message:
                ready.set_result(None)
                continue
            bulk_task_id = UUID(message["bulk_task_id"])
            if "flow_run_id" in message:
                self._answers[bulk_task_id].set_result(UUID(message["flow_run_id"]))
            elif "problem" in message:
                answer = self._answers.pop(bulk_task_id)
                answer.set_exception(RunNotStarted(message["problem"]))
            else:
                self._answers.pop(bulk_task_id)
        self._end_what_it_left(ready)

    def _end_what_it_left(self, ready: Future[None]) -> None:
        """The process has ended; had it been asked to, it would have closed its rows itself."""
        reason = "The process that ran it ended unexpectedly; it can be run again."
        if not ready.done():
            ready.set_exception(RunNotStarted("The process that runs bulk tasks does not start."))
        with self._lock:
            left, self._answers = self._answers, {}
        for bulk_task_id, answer in left.items():
            if not answer.done():
                answer.set_exception(RunNotStarted(reason))
                continue
            with unit_of_work() as session:
                bulk_tasks.settle(session, bulk_task_id, answer.result(), reason)

    def check(self) -> None:
        """Start the process where there is none, and raise unless it is ready."""
        with self._lock:
            self._running_process()
        if not self._ready.done():
            raise RunNotStarted("The process that runs bulk tasks is starting.")
        self._ready.result()

    def close(self) -> None:
        """End the process, which closes the rows of what is under way."""
        with self._lock:
            process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
