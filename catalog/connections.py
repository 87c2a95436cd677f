"""Connections to the web: each checked where it is made, bounded in time, shared and reused."""

import math
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import Any
from weakref import WeakValueDictionary

import certifi
from cachetools import LRUCache
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from catalog.addresses import Address, is_public, literal_ip, may_be_private
from catalog.errors import AddressRefused, TooLarge
from settings import Settings

_MOST_HOSTS = 64
_MOST_ADDRESSES_TRIED = 4
_MOST_HEADER_BYTES = 65_536

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)
SocketAddress = tuple[str, int] | tuple[str, int, int, int]
Pool = HTTPConnectionPool


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Everything that this thread asks of the web inside must be over within these seconds."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """What is left of the time limit.

    Raises:
        TimeoutError: nothing.
    """
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Bounded:
    """A socket on which no wait outlasts the time limit, and headers have a size limit.

    A timeout of a socket alone bounds each silence, and a byte now and then keeps it from ever
    being over.
    """

    _longest_silence: float | None = None
    header_bytes_left: float = math.inf

    def settimeout(self, value: float | None) -> None:
        """How long one silence may last; the time limit shortens it."""
        self._longest_silence = value
        super().settimeout(value)  # type: ignore[misc]

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """Read what has come, within the limits."""
        left = seconds_left()
        if self._longest_silence is None or left < self._longest_silence:
            super().settimeout(left)  # type: ignore[misc]
        received: int = super().recv_into(*arguments, **options)  # type: ignore[misc]
        self.header_bytes_left -= received
        if self.header_bytes_left < 0:
            raise TooLarge("", f"The answer has more than {_MOST_HEADER_BYTES:,} bytes of headers.")
        return received


class _Socket(_Bounded, socket.socket):
    pass


class _TlsSocket(_Bounded, ssl.SSLSocket):
    pass


class _Guarded:
    """A connection that looks its host up itself, and goes nowhere but to what it has checked."""

    may_be_private: bool
    sock: Any
    host: str
    port: int
    timeout: Any
    socket_options: Any

    def __init__(self, *arguments: Any, may_be_private: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.may_be_private = may_be_private

    def _new_conn(self) -> socket.socket:
        found = self._look_up()
        if not self.may_be_private and not all(
            is_public(ip_address(found_address[0])) for found_address in found
        ):
            raise AddressRefused(
                self.host,
                "The address leads into a private or reserved network, where this project does "
                "not go; hosts of one's own can be named in CTA_ALLOWED_PRIVATE_HOSTS.",
            )
        problem: OSError | None = None
        for found_address in found[:_MOST_ADDRESSES_TRIED]:
            try:
                return self._connect_to(found_address)
            except OSError as error:
                problem = error
        if isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(self, "Connecting took too long.") from problem
        raise NewConnectionError(self, str(problem)) from problem  # type: ignore[arg-type]

    def _look_up(self) -> list[SocketAddress]:
        literal = literal_ip(self.host)
        if literal is not None:
            extra = (0, 0) if isinstance(literal, IPv6Address) else ()
            return [(str(literal), self.port, *extra)]
        answers: queue.SimpleQueue[list[SocketAddress] | OSError] = queue.SimpleQueue()
        arguments = (self.host, self.port, answers)
        # A resolver takes as long as it likes, and cannot be stopped.
        threading.Thread(target=_resolve, args=arguments, daemon=True).start()
        try:
            answer = answers.get(timeout=min(self.timeout, seconds_left()))
        except queue.Empty:
            raise ConnectTimeoutError(self, "Looking the host up took too long.") from None
        if isinstance(answer, socket.gaierror):
            raise NameResolutionError(self.host, self, answer) from answer  # type: ignore[arg-type]
        if isinstance(answer, OSError):
            raise NewConnectionError(self, str(answer))  # type: ignore[arg-type]
        return answer

    def _connect_to(self, address: SocketAddress) -> socket.socket:
        family = socket.AF_INET if len(address) == 2 else socket.AF_INET6
        sock = _Socket(family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(min(self.timeout, seconds_left()))
            sock.connect(address)
            # The TLS handshake, which follows, is bounded by this as a whole.
            sock.settimeout(min(self.timeout, seconds_left()))
        except BaseException:
            sock.close()
            raise
        return sock

    def getresponse(self) -> Any:
        """The answer's status and headers, within the bound on their size."""
        sock = self.sock
        sock.header_bytes_left = _MOST_HEADER_BYTES
        try:
            return super().getresponse()  # type: ignore[misc]
        finally:
            sock.header_bytes_left = math.inf


class _HttpConnection(_Guarded, HTTPConnection):
    pass


class _HttpsConnection(_Guarded, HTTPSConnection):
    pass


class _Patient:
    """A pool in which no wait for a place outlasts the time limit."""

    def urlopen(self, *arguments: Any, **options: Any) -> Any:
        """Ask, when there is a place."""
        options["pool_timeout"] = seconds_left()
        return super().urlopen(*arguments, **options)  # type: ignore[misc]


class _HttpPool(_Patient, HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(_Patient, HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class _Pools:
    """The pools of this process: one for each host, kept while in use and a while after."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: LRUCache[tuple[object, ...], Pool] = LRUCache(_MOST_HOSTS)
        # A pool that drops out of the recent ones while it is used must not get a twin.
        self._alive: WeakValueDictionary[tuple[object, ...], Pool] = WeakValueDictionary()

    def find(self, address: Address, may_be_private: bool, places: int) -> Pool:
        key = (address.scheme, address.host, address.port, may_be_private, places)
        with self._lock:
            pool = self._alive.get(key)
            if pool is None:
                pool = self._alive[key] = _open_pool(address, may_be_private, places)
            self._recent[key] = pool
            return pool


_pools = _Pools()


class GuardedAdapter(HTTPAdapter):
    """What requests speaks through here: the shared connections, each checked where it is made.

    Of those to one host, `CTA_FETCH_CONNECTIONS_PER_HOST` are in use at a time at most. Connections
    of hosts that may be private are never shared with fetches for which they may not.

    Nothing is tried again here, and `proxies` and `verify` count for nothing.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(max_retries=Retry(False))
        self._settings = settings

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: object, proxies: object = None, cert: object = None
    ) -> Pool:
        """The connections to the request's host.

        Raises:
            AddressRefused: it is spelled oddly, or at an odd port.
        """
        address = Address.read(request.url or "")
        private = may_be_private(address, self._settings)
        return _pools.find(address, private, self._settings.fetch_connections_per_host)

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Leave the pools as they are, which know whom to trust."""


def _open_pool(address: Address, may_be_private: bool, places: int) -> Pool:
    options: dict[str, Any] = {"may_be_private": may_be_private, "maxsize": places, "block": True}
    if address.scheme == "https":
        return _HttpsPool(address.host, address.port, ssl_context=tls_context(), **options)
    return _HttpPool(address.host, address.port, **options)


@cache
def tls_context() -> ssl.SSLContext:
    """How hosts prove who they are; made once, for it takes the time of many downloads."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.sslsocket_class = _TlsSocket
    return context


def _resolve(
    host: str, port: int, answers: "queue.SimpleQueue[list[SocketAddress] | OSError]"
) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.put([found_address for *_, found_address in found])  # type: ignore[misc]
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else OSError(str(error)))


def forget_connections() -> None:
    """Start anew; a child of this process must not speak through its parent's connections."""
    global _pools
    _pools = _Pools()


os.register_at_fork(after_in_child=forget_connections)
