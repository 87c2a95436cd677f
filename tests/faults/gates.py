"""Gemini that holds answers back until it is told to give them."""

import threading
from collections.abc import Callable
from typing import Self

from tests import gemini_server as gemini
from tests.gemini_server import Call, GeminiServer, Reply


class Gate:
    """Answers the calls that `lets_through` takes at once, and the others when it is opened.

    Args:
        server: whose answers they are, from now on.
        lets_through: takes a call and its number, from 0.
    """

    def __init__(
        self,
        server: GeminiServer,
        lets_through: Callable[[Call, int], bool] = lambda *_: False,
    ) -> None:
        self._lets_through = lets_through
        self._lock = threading.Lock()
        self._count = 0
        self.held = 0
        self._opened = threading.Event()
        server.script(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()

    def open(self) -> None:
        self._opened.set()

    def __call__(self, call: Call) -> Reply:
        with self._lock:
            number, self._count = self._count, self._count + 1
            passes = self._lets_through(call, number)
            self.held += not passes
        if not passes:
            self._opened.wait(300)
        return gemini.varied_picture(call) if call.wants_picture else gemini.varied_words(call)
