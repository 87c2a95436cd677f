"""A TCP proxy on loopback that does to a connection what a network can do to it.

It stands before a Postgres, on its socket file or at its address, or before a Prefect server.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Self

_LARGEST = 65_536
_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""How libpq sends it: a simple query of its own."""


class Proxy:
    """Passes on what comes to `127.0.0.1:port`, until it is told otherwise.

    Args:
        upstream: the path of a socket file, or a host and a port.
    """

    def __init__(self, upstream: str | tuple[str, int]) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self._listening: socket.socket | None = None
        self._needle = b""
        self.seconds_late = 0.0
        self.answers_lost = 0
        self.port = 0
        self.come_back()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()

    def come_back(self) -> None:
        """Take connections (again), at the same port."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(128)
        self.port = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def go_away(self) -> None:
        """Cut all connections, and refuse new ones."""
        if self._listening is not None:
            with contextlib.suppress(OSError):
                # Closing alone would leave the thread that accepts at it.
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        self.cut()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Be away for the length of the block."""
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    def cut(self) -> int:
        """Cut the connections that there are; returns how many. New ones are taken."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.close()
        return len(links)

    def lose_answer_to_commit(self, needle: str) -> None:
        """Cut, once, a connection whose transaction said `needle`: its COMMIT is carried out, and
        the answer to it does not come.
        """
        self._needle = needle.encode()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                guest, _ = listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                link = _Link(self, guest, self._connect())
                with self._lock:
                    self._links.add(link)
                link.start()
                continue
            guest.close()

    def _connect(self) -> socket.socket:
        if isinstance(self._upstream, str):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._upstream)
            return server
        return socket.create_connection(self._upstream)

    def forget(self, link: "_Link") -> None:
        with self._lock:
            self._links.discard(link)

    def wants_answer_lost(self, said: bytes) -> bool:
        """Whether a COMMIT after what was `said` is the one; only once."""
        with self._lock:
            if not self._needle or self._needle not in said:
                return False
            self._needle = b""
            self.answers_lost += 1
            return True


class _Link:
    """One connection, in two threads: to the server and back."""

    def __init__(self, proxy: Proxy, guest: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._guest = guest
        self._server = server
        self._loses_answer = False

    def start(self) -> None:
        for pump in (self._there, self._back):
            threading.Thread(target=self._run, args=(pump,), daemon=True).start()

    def close(self) -> None:
        for end in (self._guest, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._proxy.forget(self)

    def _run(self, pump: "object") -> None:
        with contextlib.suppress(OSError):
            pump()  # type: ignore[operator]
        self.close()

    def _there(self) -> None:
        said = b""
        while data := self._guest.recv(_LARGEST):
            time.sleep(self._proxy.seconds_late)
            if data.endswith(_COMMIT):
                self._loses_answer = self._proxy.wants_answer_lost(said)
                said = b""
            else:
                said = (said + data)[-1_000_000:]
            self._server.sendall(data)

    def _back(self) -> None:
        while data := self._server.recv(_LARGEST):
            if self._loses_answer:
                return
            time.sleep(self._proxy.seconds_late)
            self._guest.sendall(data)
