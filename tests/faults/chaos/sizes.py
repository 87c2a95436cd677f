"""How large the processes of a house get."""

import threading
from contextlib import suppress
from typing import Self

import psutil

from tests.faults.chaos.house import House

_LOOK_SECONDS = 2.0


class Sizes:
    """Looks every two seconds; the maxima of one process, of runs and of everybody else."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = {True: 0, False: 0}
        self.threads = {True: 0, False: 0}
        self.files = {True: 0, False: 0}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            for process in self._house.marked():
                with suppress(psutil.Error):
                    self._note(process)

    def _note(self, process: psutil.Process) -> None:
        is_run = self._house.is_run(process)
        self.bytes[is_run] = max(self.bytes[is_run], process.memory_info().rss)
        self.threads[is_run] = max(self.threads[is_run], process.num_threads())
        self.files[is_run] = max(self.files[is_run], process.num_fds())
