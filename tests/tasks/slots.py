"""What the tests of the cap share: its limit on a server, processes that take slots, and a count."""

import queue
import subprocess
import sys
import threading
from itertools import product
from pathlib import Path
from typing import NamedTuple

import httpx

from settings import PROJECT_ROOT

LIMIT = "preview-generation"


class Taken(NamedTuple):
    """A slot that was granted at some moment between two of the monotonic clock."""

    asked: float
    granted: float


class Taker:
    """A process that takes slots; `next` waits for its next one."""

    def __init__(self, environment: dict[str, str], threads: int, **constants: float) -> None:
        given = [f"{name}={seconds}" for name, seconds in constants.items()]
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "slot_taker.py"), str(threads), *given],
            cwd=PROJECT_ROOT, env=environment | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.taken: list[Taken] = []
        self._lines: queue.Queue[Taken] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            asked, granted = line.split()
            self.taken.append(Taken(float(asked), float(granted)))
            self._lines.put(self.taken[-1])

    def next(self, count: int = 1, timeout: float = 60) -> list[Taken]:
        """Wait for so many that have not been waited for; `timeout` in seconds, for each."""
        return [self._lines.get(timeout=timeout) for _ in range(count)]

    def forget(self) -> None:
        """Pass over what it has taken so far."""
        while not self._lines.empty():
            self._lines.get()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def make_limit(api: str, per_second: float, slots: int = 1) -> None:
    """Make the limit anew, with none of its slots taken."""
    httpx.delete(f"{api}/v2/concurrency_limits/{LIMIT}", timeout=60)
    limit = {"name": LIMIT, "limit": slots, "slot_decay_per_second": per_second}
    httpx.post(f"{api}/v2/concurrency_limits/", json=limit, timeout=60).raise_for_status()


def change_limit(api: str, **values: float) -> None:
    """What an operator does in Prefect."""
    address = f"{api}/v2/concurrency_limits/{LIMIT}"
    httpx.patch(address, json=values, timeout=60).raise_for_status()


def ask_directly(api: str) -> httpx.Response:
    """What a client does that takes no turns."""
    slot = {"names": [LIMIT], "slots": 1, "mode": "rate_limit"}
    return httpx.post(f"{api}/v2/concurrency_limits/increment", json=slot, timeout=60)


def assert_strict(taken: list[Taken], per_second: float) -> None:
    """No window holds more than its length lets through, and the one at its beginning.

    Those are counted that were granted inside for certain, so that a slow answer changes nothing.
    """
    for begin, end in product(taken, repeat=2):
        length = max(0, end.granted - begin.asked)
        inside = sum(begin.asked <= one.asked and one.granted <= end.granted for one in taken)
        # The server reads its clock to the hundredth of a second.
        assert inside <= 1 + 1.02 * per_second * length + 0.01 * per_second, (inside, length)
