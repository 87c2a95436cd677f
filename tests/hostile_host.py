"""A web server of the tests' own that does what a bad one would, and an internet to put it in."""

import errno
import gzip
import ipaddress
import json
import socket
import socketserver
import ssl
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

MEGABYTE = 1_000_000
_true_getaddrinfo = socket.getaddrinfo


@cache
def bomb(kind: str) -> bytes:
    """A few kilobytes that unpack to 100 MB."""
    zeros = b"0" * 100 * MEGABYTE
    if kind == "deflate":
        return zlib.compress(zeros)
    return gzip.compress(zeros) if kind == "gzip" else gzip.compress(bomb("gzip"))


class HostileHost:
    """The server; `hits` counts requests by path, `connections` those who came."""

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self.hits: Counter[str] = Counter()
        self.times: dict[str, list[float]] = {}
        self.connections = 0
        self.at_once = Counter[str]()
        self.answers: dict[str, bytes | Callable[[Visit], None]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Visit)
        self._server.host, self._server.certificate = self, certificate
        self.port = int(self._server.server_address[1])
        self.name = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Between two tests."""
        self.hits.clear()
        self.times.clear()
        self.answers.clear()
        self.connections = 0

    def count(self, path: str) -> None:
        with self._lock:
            self.hits[path] += 1
            self.times.setdefault(path, []).append(time.monotonic())

    def enter(self, step: int) -> None:
        with self._lock:
            self.at_once["now"] += step
            self.at_once["most"] = max(self.at_once["most"], self.at_once["now"])


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    host: HostileHost
    certificate: ssl.SSLContext | None

    def get_request(self) -> Any:
        connection, address = super().get_request()
        self.host.connections += 1
        return connection, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.certificate is not None:
            request = self.certificate.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Guests who leave early are what is tested."""


class Visit(socketserver.StreamRequestHandler):
    """One connection, kept open from answer to answer as HTTP/1.1 has it."""

    server: _Server

    def handle(self) -> None:
        while line := self.rfile.readline():
            self.path = line.split()[1].decode()
            self.headers = {}
            while (header := self.rfile.readline().strip()) != b"":
                name, _, value = header.decode().partition(": ")
                self.headers[name.lower()] = value
            host = self.server.host
            host.count(self.path)
            answer = host.answers.get(self.path)
            if callable(answer):
                answer(self)
            elif answer is not None:
                self.reply(200, answer)
            else:
                name = self.path.partition("?")[0].strip("/").replace("-", "_") or "index"
                getattr(self, name, self.missing)()

    def send(self, data: bytes) -> None:
        self.request.sendall(data)

    def reply(self, status: int, body: bytes = b"ok", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def index(self) -> None:
        self.reply(200, json.dumps(self.headers).encode(), Content_Type="text/html")

    def missing(self) -> None:
        self.reply(404)

    def gone(self) -> None:
        self.reply(410)

    def forbidden(self) -> None:
        self.reply(403)

    def broken(self) -> None:
        self.reply(500)

    def timed_out(self) -> None:
        self.reply(408)

    def unchanged(self) -> None:
        self.reply(304, b"")

    def overloaded(self) -> None:
        self.reply(503)

    def recovers(self) -> None:
        self.reply(503 if self.server.host.hits[self.path] < 2 else 200, b"back")

    def hangs_up_once(self) -> None:
        if self.server.host.hits[self.path] < 2:
            self.request.shutdown(socket.SHUT_RDWR)
        else:
            self.reply(200, b"back")

    def short_once(self) -> None:
        if self.server.host.hits[self.path] < 2:
            self.short()
        else:
            self.reply(200, b"whole")

    def short(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        self.request.shutdown(socket.SHUT_RDWR)

    def short_chunks(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this")
        self.request.shutdown(socket.SHUT_RDWR)

    def chunks(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.send(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")

    def long_lie(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\nshort")

    def two_lengths(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")

    def silent(self) -> None:
        time.sleep(3)

    def endless(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            self.send(b"x" * 65_536)

    def endless_headers(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.send(b"X-Same: " + b"x" * 8_000 + b"\r\n")

    def endless_hints(self) -> None:
        while True:
            self.send(b"HTTP/1.1 100 Continue\r\nX-Hint: more\r\n\r\n")

    def drips(self) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x")

    def drips_headers(self) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")

    def drips_chunks(self) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")

    def _drip(self, start: bytes, drop: bytes) -> None:
        self.send(start)
        for _ in range(100):
            self.send(drop)
            time.sleep(0.05)

    def gzipped(self) -> None:
        self.reply(200, gzip.compress(b"unpacked"), Content_Encoding="gzip")

    def deflated(self) -> None:
        self.reply(200, zlib.compress(b"unpacked"), Content_Encoding="deflate")

    def not_packed(self) -> None:
        self.reply(200, b"unpacked", Content_Encoding="identity")

    def packed_twice(self) -> None:
        self.reply(200, gzip.compress(gzip.compress(b"unpacked")), Content_Encoding="gzip, gzip")

    def packed_oddly(self) -> None:
        self.reply(200, b"unpacked", Content_Encoding="rot13")

    def packed_badly(self) -> None:
        self.reply(200, b"not gzip at all", Content_Encoding="gzip")

    def gzip_bomb(self) -> None:
        self.reply(200, bomb("gzip"), Content_Encoding="gzip")

    def deflate_bomb(self) -> None:
        self.reply(200, bomb("deflate"), Content_Encoding="deflate")

    def nested_bomb(self) -> None:
        self.reply(200, bomb("gzip, gzip"), Content_Encoding="gzip, gzip")

    def packed_many_times(self) -> None:
        self.reply(200, b"", Content_Encoding=", ".join(["gzip"] * 50))

    def no_http(self) -> None:
        self.send(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.request.shutdown(socket.SHUT_RDWR)

    def redirects(self) -> None:
        """To what stands behind `?to=`, as it stands there."""
        self.reply(302, b"", Location=self.path.partition("?to=")[2])

    def loop(self) -> None:
        self.reply(302, b"", Location="/loop")

    def five_hops(self) -> None:
        self._hop("five-hops", 5)

    def six_hops(self) -> None:
        self._hop("six-hops", 6)

    def _hop(self, name: str, hops: int) -> None:
        done = int(self.path.partition("?")[2] or 0)
        if done < hops:
            self.reply(301, b"", Location=f"/{name}?{done + 1}")
        else:
            self.reply(200, b"arrived")

    def wants_cookie(self) -> None:
        if "cookie" in self.headers:
            self.reply(200, self.headers["cookie"].encode())
        else:
            self.reply(302, b"", Location="/wants-cookie", Set_Cookie="visitor=7; Path=/")


class Internet:
    """What names lead to, and where connections were tried.

    A name has a list of answers, one for each time that it is looked up; the last stays.
    Connections to the public addresses of `hosts` arrive at those servers on loopback.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.hosts: dict[str, HostileHost] = {}
        self.lookups: list[str] = []
        self.connects: list[tuple[str, int]] = []
        self.seconds_to_connect = 0.0

    def place(self, name: str, ip: str, host: HostileHost) -> None:
        self.names[name] = [[ip]]
        self.hosts[ip] = host

    def getaddrinfo(self, host: str, port: int, *arguments: Any, **options: Any) -> Any:
        if host not in self.names:
            if _is_literal(host) or host == "localhost":
                return _true_getaddrinfo(host, port, *arguments, **options)
            self.lookups.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self.lookups.append(host)
        answers = self.names[host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for ip in answer for entry in _true_getaddrinfo(ip, port, 0, 1)]

    def connect(self, sock: socket.socket, address: Any) -> None:
        """What takes the place of `socket.socket.connect`."""
        if sock.family != socket.AF_UNIX:
            ip, port = address[:2]
            self.connects.append((ip, port))
            time.sleep(self.seconds_to_connect)
            if ip in self.hosts:
                loopback = "::ffff:127.0.0.1" if sock.family == socket.AF_INET6 else "127.0.0.1"
                address = (loopback, self.hosts[ip].port)
            elif not ipaddress.ip_address(ip).is_loopback:
                raise OSError(errno.ENETUNREACH, "Network is unreachable")
        super(socket.socket, sock).connect(address)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
