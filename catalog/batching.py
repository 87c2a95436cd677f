"""Work of many threads, done in batches of whatever is waiting."""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Hands what is submitted to `compute`, several items at a time; safe to share.

    A worker takes what waits, up to `largest` items, those of the earliest turn first; when fewer
    wait it gives more the time `linger` (seconds) to come, because a batch costs little more than
    an item. An error of
    `compute` reaches everyone whose item was in that batch, and the worker goes on.

    Args:
        compute: gives one result for each of its items, in order.
        largest: how many items a batch may have.
        workers: how many batches are computed at the same time; the threads are started by the
            first item, and do not keep the process alive.
        linger: how long an unfilled batch waits, in seconds.
        name: what the threads are called.
    """

    def __init__(
        self,
        compute: Callable[[list[Item]], Sequence[Result]],
        *,
        largest: int,
        workers: int,
        linger: float,
        name: str,
    ) -> None:
        self._compute = compute
        self._largest = largest
        self._workers = workers
        self._linger = linger
        self._name = name
        self._waiting: queue.PriorityQueue[tuple[int, int, Item, Future[Result]]]
        self._waiting = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._collecting = threading.Lock()
        self._starting = threading.Lock()
        self._started = False

    def submit(self, item: Item, turn: int = 0) -> Future[Result]:
        """The result of one item, in the future; items of one turn are taken as they come."""
        self._start()
        future: Future[Result] = Future()
        self._waiting.put((turn, next(self._numbers), item, future))
        return future

    def _start(self) -> None:
        with self._starting:
            if self._started:
                return
            for number in range(self._workers):
                name = f"{self._name}-{number}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
            self._started = True

    def _work(self) -> None:
        while True:
            # One collects while the others compute: two would share out what makes one batch.
            with self._collecting:
                batch = self._collect()
            self._finish([pair for pair in batch if pair[1].set_running_or_notify_cancel()])
            del batch  # else the last one stays in memory while nothing is waiting

    def _collect(self) -> list[tuple[Item, Future[Result]]]:
        batch = [self._waiting.get()[2:]]
        deadline = time.monotonic() + self._linger
        while len(batch) < self._largest:
            try:
                left = max(0.0, deadline - time.monotonic())
                batch.append(self._waiting.get(timeout=left)[2:])
            except queue.Empty:
                break
        return batch

    def _finish(self, batch: list[tuple[Item, Future[Result]]]) -> None:
        if not batch:
            return
        try:
            results = self._compute([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                future.set_result(result)
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
