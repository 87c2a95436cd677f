"""Runs in a process that the API starts and stops, for those who have neither server nor worker."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from queue import SimpleQueue
from typing import Any
from uuid import UUID

from sqlalchemy.exc import OperationalError
from tenacity import (
    RetryError,
    retry,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from api.orders import Order, RunNotStarted
from db import waiting
from db.session import unit_of_work
from settings import PROJECT_ROOT, get_settings

_START_SECONDS = 60
_CLOSE_SECONDS = 30


class OwnProcess:
    """A launcher that hands runs to `flows.runner`.

    The process is started at once, and again when it has died; it ends with the API.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runner = _RunnerProcess()

    def start(self, order: Order) -> UUID:
        """Hand over the order, and wait until its run exists."""
        with self._lock:
            if not self._runner.is_alive:
                self._runner = _RunnerProcess()
            answer = self._runner.hand_over(order)
        try:
            return answer.result(timeout=_START_SECONDS)
        except TookTooLong as error:
            raise RunNotStarted("The process that makes the previews did not answer.") from error

    def check(self) -> None:
        """Raise `RunNotStarted` unless the process is ready; one that has died is replaced."""
        with self._lock:
            if not self._runner.is_alive:
                self._runner = _RunnerProcess()
                raise RunNotStarted(
                    "The process that makes the previews had died, why is in the API's log; it is "
                    "started again."
                )
            ready = self._runner.ready
        if not ready.done():
            raise RunNotStarted("The process that makes the previews is starting.")
        ready.result()

    def per_minute(self) -> int:
        """What the settings say: its Prefect server is its own, and nobody else changes it."""
        return get_settings().generations_per_minute

    def close(self) -> None:
        """End the process, which closes the rows of what is under way."""
        with self._lock:
            self._runner.close()


class _RunnerProcess:
    """One process of `flows.runner`, and the orders that it has; see there for what is said."""

    def __init__(self) -> None:
        self.ready: Future[None] = Future()
        self._lock = threading.Lock()
        self._orders: dict[str, tuple[Order, Future[UUID]]] = {}
        self._has_ended = False
        # Written by a thread: the process reads when it has time, and nobody is to wait for that.
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        # In a session of its own: what ends the API from the keyboard is not meant for it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flows.runner"],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        threading.Thread(target=self._write, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it takes orders."""
        return not self._has_ended and self._process.poll() is None

    def hand_over(self, order: Order) -> "Future[UUID]":
        """Give it an order, once however often it is given; the answer is the run's id."""
        line = {"key": order.key, "flow": order.flow, "parameters": order.parameters}
        with self._lock:
            if self._has_ended:
                raise RunNotStarted("The process that makes the previews has just ended.")
            if order.key not in self._orders:
                self._orders[order.key] = order, Future()
                self._lines.put(json.dumps(line).encode() + b"\n")
            return self._orders[order.key][1]

    def close(self) -> None:
        """End it, and all that it started."""
        self._lines.put(None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_CLOSE_SECONDS)
        self._end_group()
        self._listener.join(timeout=_CLOSE_SECONDS)

    def _write(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError), self._process.stdin:
            while (line := self._lines.get()) is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._hear(json.loads(line))
        finally:
            self._end_group()
            self._close_what_is_left()

    def _hear(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self.ready.set_result(None)
            return
        with self._lock:
            _, answer = self._orders[message["key"]]
            if "flow_run_id" not in message:
                del self._orders[message["key"]]
        if "flow_run_id" in message:
            answer.set_result(UUID(message["flow_run_id"]))
        elif "problem" in message:
            answer.set_exception(RunNotStarted(message["problem"]))

    def _close_what_is_left(self) -> None:
        """Had it been asked to end, it would have closed its rows itself."""
        self._lines.put(None)
        if not self.ready.done():
            self.ready.set_exception(RunNotStarted("The process that makes the previews has died."))
        with self._lock:
            self._has_ended = True
            left = list(self._orders.values())
        for order, answer in left:
            if answer.done():
                with suppress(RetryError):  # the next process puts it right
                    _end(order, answer.result())
            else:
                answer.set_exception(
                    RunNotStarted("The process that makes the previews ended before it began.")
                )

    def _end_group(self) -> None:
        """End the Prefect server that it may have left behind."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@retry(
    retry=retry_if_exception_type(OperationalError),
    wait=wait_random_exponential(multiplier=0.2, max=5),
    stop=stop_after_delay(30),
)
def _end(order: Order, run_id: UUID) -> None:
    reason = "The process that ran it ended unexpectedly; it can be run again."
    with unit_of_work() as session:
        waiting.end(session, order.record, order.row_id, run_id, reason)
