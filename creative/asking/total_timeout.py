"""Requests that are over in time, however slowly the server speaks."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

_SECONDS_BETWEEN_CUTS = 0.2


class TotalTimeoutAdapter(HTTPAdapter):
    """Holds `timeout` against a whole exchange: connection, headers and body.

    A timeout of requests bounds each silence, and a byte now and then keeps that from ever being
    over. Here the connection is shut when the time is up, which ends whatever waits for it.

    Raises:
        requests.ReadTimeout: the exchange took longer.
    """

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools, of connections that can be shut from outside."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        """The pools that lead through `proxy`."""
        manager: PoolManager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None,
             *arguments: Any, **options: Any) -> requests.Response:  # fmt: skip
        """Send `request` and read the whole answer, in `timeout` seconds (a number) at most."""
        if not isinstance(timeout, int | float):
            return super().send(request, stream, timeout, *arguments, **options)
        with _watching(timeout) as watch:
            try:
                response = super().send(request, stream, timeout, *arguments, **options)
                _ = response.content
            except (requests.RequestException, OSError, ValueError):
                if not watch.is_over:
                    raise
        if watch.is_over:
            raise requests.ReadTimeout("The whole answer did not come in time.")
        return response


class _Watch:
    """The connections of one exchange, to be shut when its time is up."""

    def __init__(self) -> None:
        self.connection: HTTPConnection | None = None
        self.socket: Any = None
        self.is_over = False
        self.done = threading.Event()

    def wait(self, seconds: float) -> None:
        """Shut the exchange after `seconds`, unless it is done by then.

        It is shut again and again, since it may be between two sockets the first time.
        """
        if self.done.wait(seconds):
            return
        self.is_over = True
        while True:
            for sock in (self.socket, getattr(self.connection, "sock", None)):
                if sock is not None:
                    # Not its own method: that of TLS would take its state from under the reader.
                    with contextlib.suppress(OSError):
                        socket.socket.shutdown(sock, socket.SHUT_RDWR)
            if self.done.wait(_SECONDS_BETWEEN_CUTS):
                return


_current: ContextVar[_Watch | None] = ContextVar("exchange", default=None)


@contextmanager
def _watching(seconds: float) -> Iterator[_Watch]:
    watch = _Watch()
    token = _current.set(watch)
    threading.Thread(target=watch.wait, args=(seconds,), name="exchange", daemon=True).start()
    try:
        yield watch
    finally:
        watch.done.set()
        _current.reset(token)


class _Watched:
    """A connection that the exchange it serves can find."""

    sock: Any

    def connect(self) -> None:
        """Connect, being watched."""
        self._register()
        super().connect()  # type: ignore[misc]

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request, being watched."""
        self._register()
        super().request(*arguments, **options)  # type: ignore[misc]
        if watch := _current.get():
            # A connection that will close forgets its socket before the body is read.
            watch.socket = self.sock

    def _register(self) -> None:
        if watch := _current.get():
            watch.connection = self  # type: ignore[assignment]


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}
