"""Gemini for the soak: slow, now and then overloaded or silent, and counting what it was paid for."""

import random
import threading
import time
from collections import Counter
from typing import Self

from tests import gemini_server as gemini
from tests.gemini_server import Call, GeminiServer, Reply

_SHARES = {"429": 0.03, "503": 0.03, "hang": 0.01}
HANG_SECONDS = 30


class Model:
    """The server; what call `n` meets follows from the seed and `n`.

    `paid` are the calls that were answered, by model, whether or not anybody heard it; `failures`
    are the others by what was done to them.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._count = 0
        self.is_calm = False
        self.paid: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.at: list[tuple[float, str]] = []
        self.server = GeminiServer()
        self.server.script(self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def busiest_minute(self) -> int:
        """The most calls of one model that came within any 60 seconds."""
        most = 0
        for model in {model for _, model in self.at}:
            times = sorted(at for at, name in self.at if name == model)
            first = 0
            for last, at in enumerate(times):
                while times[first] <= at - 60:
                    first += 1
                most = max(most, last - first + 1)
        return most

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            self._count += 1
            chance = random.Random(f"{self._seed} {self._count}")
            self.at.append((call.at, call.model))
            # Pictures are large, and what was asked is looked at by nobody here.
            self.server.calls.clear()
        drawn = chance.random()
        for kind, share in ({} if self.is_calm else _SHARES).items():
            if drawn < share:
                with self._lock:
                    self.failures[kind] += 1
                return _failed(kind)
            drawn -= share
        time.sleep(chance.uniform(0.3, 2.5))
        with self._lock:
            self.paid[call.model] += 1
        return gemini.varied_picture(call) if call.wants_picture else gemini.varied_words(call)


def _failed(kind: str) -> Reply:
    if kind == "hang":
        return gemini.hang(HANG_SECONDS)
    return gemini.rate_limited("2s") if kind == "429" else gemini.failure(503, "UNAVAILABLE")
