"""Reading from the web, against a server on loopback that behaves badly."""

import gzip
import http.server
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.errors import (
    AddressRefused,
    CatalogError,
    PageGone,
    PageRefused,
    PageUnreachable,
    TooLarge,
    TooManyRedirects,
)
from catalog.page import fetch
from settings import Settings

MEGABYTE = 1_000_000
hits: Counter[str] = Counter()


class BadServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        hits[self.path] += 1
        name = self.path.strip("/").replace("-", "_") or "index"
        getattr(self, name, self.index)()

    def log_message(self, *arguments: Any) -> None:
        pass

    def reply(self, status: int, body: bytes = b"ok", **headers: str) -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def index(self) -> None:
        self.reply(200, self.headers["User-Agent"].encode(), Content_Type="text/html")

    def gone(self) -> None:
        self.reply(410)

    def missing(self) -> None:
        self.reply(404)

    def forbidden(self) -> None:
        self.reply(403)

    def broken(self) -> None:
        self.reply(500)

    def recovers(self) -> None:
        self.reply(503 if hits[self.path] < 2 else 200, b"back")

    def bomb(self) -> None:
        self.reply(200, gzip.compress(b"0" * 50 * MEGABYTE), Content_Encoding="gzip")

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:
            pass

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    def loop(self) -> None:
        self.reply(302, Location="/loop")

    def to_metadata(self) -> None:
        self.reply(302, Location="http://169.254.169.254/latest/meta-data/")

    def to_file(self) -> None:
        self.reply(302, Location="file:///etc/passwd")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BadServer)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()


@pytest.fixture
def settings(server: str) -> Settings:
    return Settings(
        allowed_private_hosts=frozenset({server}), fetch_total_seconds=1.5, fetch_attempts=2
    )


def read(address: str, settings: Settings) -> bytes:
    return fetch(f"http://{address}", max_bytes=MEGABYTE, settings=settings).body


def test_the_project_says_who_it_is(server: str, settings: Settings) -> None:
    assert read(f"{server}/", settings) == settings.user_agent.encode()


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("gone", PageGone),
        ("missing", PageGone),
        ("forbidden", PageRefused),
        ("broken", PageUnreachable),
        ("bomb", TooLarge),
        ("endless", TooLarge),
        ("drip", PageUnreachable),
        ("loop", TooManyRedirects),
        ("to-metadata", AddressRefused),
        ("to-file", AddressRefused),
    ],
)
def test_each_way_to_fail_has_its_error(
    server: str, settings: Settings, path: str, error: type[CatalogError]
) -> None:
    began = time.monotonic()
    with pytest.raises(error) as caught:
        read(f"{server}/{path}", settings)
    assert type(caught.value) is error
    assert str(caught.value).endswith(".")
    assert time.monotonic() - began < 8


def test_a_passing_failure_is_tried_again(server: str, settings: Settings) -> None:
    assert read(f"{server}/recovers", settings) == b"back"


def test_a_final_answer_is_not_asked_for_twice(server: str, settings: Settings) -> None:
    before = hits["/gone"]
    with pytest.raises(PageGone):
        read(f"{server}/gone", settings)
    assert hits["/gone"] == before + 1


PRIVATE = [
    "127.0.0.1", "localhost", "0.0.0.0", "0", "2130706433", "0x7f000001", "017700000001", "127.1",
    "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "10.0.0.1",
    "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "[fd00:ec2::254]",
    "[64:ff9b::7f00:1]", "[fe80::1]", "224.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused_however_it_is_spelled(host: str) -> None:
    with pytest.raises(AddressRefused):
        read(f"{host}/", Settings(allowed_private_hosts=frozenset()))


@pytest.mark.parametrize(
    "address", ["user@93.184.216.34/", "93.184.216.34:22/", "93.184.216.34\\@127.0.0.1/"]
)
def test_an_odd_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        read(address, Settings())


def test_an_allowed_host_opens_no_other(server: str, settings: Settings) -> None:
    port = server.split(":")[1]
    for address in (f"localhost:{port}/", f"{server}@10.0.0.1/", "127.0.0.1:1/"):
        with pytest.raises(AddressRefused):
            read(address, settings)
