"""Reading from the web, against a server on loopback that behaves badly."""

import email.utils
import itertools
import json
import os
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

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
from tests.hostile_host import HostileHost, Visit, bomb

MEGABYTE = 1_000_000
TOTAL = 1.0
SLACK = 0.6


@pytest.fixture(scope="module", autouse=True)
def _bombs() -> None:
    """Packed beforehand, which takes seconds."""
    for kind in ("gzip", "deflate", "gzip, gzip"):
        bomb(kind)


@pytest.fixture
def settings(host: HostileHost) -> Settings:
    return settings_for(host)


def settings_for(host: HostileHost, **changes: Any) -> Settings:
    values = {
        "allowed_private_hosts": frozenset({host.name}),
        "fetch_total_seconds": TOTAL,
        "fetch_attempts": 2,
        **changes,
    }
    return Settings(**values)


def read(address: str, settings: Settings, max_bytes: int = MEGABYTE) -> bytes:
    return fetch(f"http://{address}", max_bytes=max_bytes, settings=settings).body


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("gone", PageGone),
        ("missing", PageGone),
        ("forbidden", PageRefused),
        ("unchanged", PageRefused),
        ("broken", PageUnreachable),
        ("timed-out", PageUnreachable),
        ("overloaded", PageUnreachable),
        ("no-http", PageUnreachable),
        ("two-lengths", PageUnreachable),
        ("silent", PageUnreachable),
        ("short", PageUnreachable),
        ("short-chunks", PageUnreachable),
        ("drips", PageUnreachable),
        ("drips-headers", PageUnreachable),
        ("drips-chunks", PageUnreachable),
        ("endless-hints", TooLarge),
        ("endless-headers", TooLarge),
        ("endless", TooLarge),
        ("long-lie", TooLarge),
        ("gzip-bomb", TooLarge),
        ("deflate-bomb", TooLarge),
        ("nested-bomb", PageUnreachable),
        ("packed-twice", PageUnreachable),
        ("packed-oddly", PageUnreachable),
        ("packed-badly", PageUnreachable),
        ("packed-many-times", PageUnreachable),
        ("loop", TooManyRedirects),
        ("six-hops", TooManyRedirects),
        ("redirects?to=http://169.254.169.254/latest/meta-data/", AddressRefused),
        ("redirects?to=//10.0.0.1/", AddressRefused),
        ("redirects?to=http://2130706433/", AddressRefused),
        ("redirects?to=http:\\\\127.0.0.1/", AddressRefused),
        ("redirects?to=http://93.184.215.14:22/", AddressRefused),
        ("redirects?to=http://user:word@93.184.215.14/", AddressRefused),
        ("redirects?to=file:///etc/passwd", AddressRefused),
        ("redirects?to=ftp://93.184.215.14/", AddressRefused),
        ("redirects?to=gopher://127.0.0.1:6379/_FLUSHALL", AddressRefused),
        ("redirects?to=data:text/html,hello", AddressRefused),
    ],
)
def test_each_way_to_fail_has_its_error_in_time(
    host: HostileHost, settings: Settings, path: str, error: type[CatalogError]
) -> None:
    began = time.monotonic()
    with pytest.raises(error) as caught:
        read(f"{host.name}/{path}", settings)
    assert time.monotonic() - began < TOTAL + SLACK
    assert type(caught.value) is error
    assert caught.value.url.startswith(("http", "file", "ftp", "gopher", "data"))
    assert str(caught.value).endswith(".")


def test_the_project_says_who_it_is_and_no_more(host: HostileHost, settings: Settings) -> None:
    sent = json.loads(read(f"{host.name}/", settings))
    assert sent["user-agent"] == settings.user_agent
    assert set(sent) == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize("name", ["", "two\r\nLines: 2", "nåme"])
def test_a_name_that_no_header_can_carry_is_no_setting(name: str) -> None:
    with pytest.raises(ValidationError, match="user_agent"):
        Settings(user_agent=name)


def test_an_address_is_asked_for_as_it_was_checked(host: HostileHost, settings: Settings) -> None:
    """Rewritten after robots.txt was asked, it could lead out of the folder that may be read."""
    host.answers["/open/%2E%2E/closed?%7Ea=%41"] = b"as it was"
    assert read(f"{host.name}/open/%2e%2e/closed?%7Ea=%41", settings) == b"as it was"


def test_the_body_of_a_redirect_is_not_read(host: HostileHost, settings: Settings) -> None:
    host.answers["/out"] = lambda visit: visit._drip(
        b"HTTP/1.1 302 Found\r\nLocation: /index\r\nContent-Length: 1000\r\n\r\n", b"x"
    )
    assert read(f"{host.name}/out", settings)


def test_the_page_tells_its_address_after_redirects(host: HostileHost, settings: Settings) -> None:
    page = fetch(f"http://{host.name}/redirects?to=../index", max_bytes=MEGABYTE, settings=settings)
    assert (page.url, page.content_type) == (f"http://{host.name}/index", "text/html")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("five-hops", b"arrived"),
        ("chunks", b"hello world"),
        ("gzipped", b"unpacked"),
        ("deflated", b"unpacked"),
        ("not-packed", b"unpacked"),
    ],
)
def test_what_is_unusual_but_right_is_read(
    host: HostileHost, settings: Settings, path: str, body: bytes
) -> None:
    assert read(f"{host.name}/{path}", settings) == body


def test_the_bound_on_bytes_is_exact(host: HostileHost, settings: Settings) -> None:
    host.answers["/picture"] = b"x" * 70_000
    assert len(read(f"{host.name}/picture", settings, max_bytes=70_000)) == 70_000
    with pytest.raises(TooLarge):
        read(f"{host.name}/picture", settings, max_bytes=69_999)


def test_a_bomb_is_never_unpacked_whole(host: HostileHost, settings: Settings) -> None:
    tracemalloc.start()
    try:
        for path in ("gzip-bomb", "deflate-bomb", "nested-bomb"):
            with pytest.raises((TooLarge, PageUnreachable)):
                read(f"{host.name}/{path}", settings)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * MEGABYTE


# --- Tries ---


@pytest.mark.parametrize("path", ["recovers", "hangs-up-once", "short-once"])
def test_what_may_pass_is_tried_again(host: HostileHost, settings: Settings, path: str) -> None:
    assert read(f"{host.name}/{path}", settings) in (b"back", b"whole")
    assert host.hits[f"/{path}"] == 2


@pytest.mark.parametrize(
    "path", ["gone", "forbidden", "broken", "no-http", "endless-headers", "packed-badly", "endless"]
)
def test_what_cannot_pass_is_asked_for_once(
    host: HostileHost, settings: Settings, path: str
) -> None:
    with pytest.raises(CatalogError):
        read(f"{host.name}/{path}", settings)
    assert host.hits[f"/{path}"] == 1


def test_the_number_of_tries_is_bounded_and_pauses_differ(host: HostileHost) -> None:
    settings = settings_for(host, fetch_attempts=4, fetch_total_seconds=20)
    for _ in range(2):
        with pytest.raises(PageUnreachable):
            read(f"{host.name}/overloaded", settings)
    times = host.times["/overloaded"]
    assert len(times) == 8
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len({round(pause, 3) for pause in pauses}) > 4
    assert all(
        pause < longest + SLACK
        for pause, longest in zip(pauses[:3] + pauses[4:], [0.5, 1, 2] * 2, strict=True)
    )


def test_pauses_between_tries_end_with_the_whole_time(host: HostileHost) -> None:
    settings = settings_for(host, fetch_attempts=10)
    began = time.monotonic()
    with pytest.raises(PageUnreachable):
        read(f"{host.name}/overloaded", settings)
    assert time.monotonic() - began < TOTAL + SLACK


def answers_after(wait: str, status: int = 429) -> Any:
    def answer(visit: Visit) -> None:
        if visit.server.host.hits[visit.path] < 2:
            visit.reply(status, b"", Retry_After=wait)
        else:
            visit.reply(200, b"back")

    return answer


def in_seconds(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


# A date has whole seconds, so that two ahead mean between one and two.
@pytest.mark.parametrize(
    ("form", "seconds", "status"), [(str, 1, 429), (str, 1, 503), (in_seconds, 2, 429)]
)
def test_a_server_is_left_alone_as_long_as_it_asks(
    host: HostileHost, form: Callable[[int], str], seconds: int, status: int
) -> None:
    host.answers["/later"] = answers_after(form(seconds), status)
    assert read(f"{host.name}/later", settings_for(host, fetch_total_seconds=5)) == b"back"
    first, second = host.times["/later"]
    assert 1 <= second - first < 1 + 1 + SLACK


@pytest.mark.parametrize("form", [str, in_seconds], ids=["seconds", "date"])
def test_a_longer_wait_than_there_is_time_for_is_told_at_once(
    host: HostileHost, form: Callable[[int], str]
) -> None:
    host.answers["/later"] = answers_after(form(120))
    began = time.monotonic()
    with pytest.raises(PageUnreachable, match=r"1[12]\d seconds"):
        read(f"{host.name}/later", settings_for(host, fetch_total_seconds=10))
    assert time.monotonic() - began < SLACK
    assert host.hits["/later"] == 1


@pytest.mark.parametrize("wait", ["soon", "-5", "1e9", "", "Thu, 99 Foo 2020 00:00:00 GMT", "٣"])
def test_a_wait_that_makes_no_sense_is_passed_over(host: HostileHost, wait: str) -> None:
    host.answers["/later"] = answers_after(wait.encode().decode("latin-1"))
    assert read(f"{host.name}/later", settings_for(host, fetch_total_seconds=5)) == b"back"


# --- Cookies, proxies ---


def test_a_cookie_comes_back_on_the_redirect_and_is_then_forgotten(
    host: HostileHost, settings: Settings
) -> None:
    assert read(f"{host.name}/wants-cookie", settings) == b"visitor=7"
    assert "cookie" not in json.loads(read(f"{host.name}/", settings))


def test_a_cookie_is_not_shown_to_another_host(host: HostileHost, settings: Settings) -> None:
    host.answers["/out"] = lambda visit: visit.reply(
        302, b"", Location=f"http://localhost:{host.port}/", Set_Cookie="visitor=7; Path=/"
    )
    both = frozenset({host.name, f"localhost:{host.port}"})
    settings = settings_for(host, allowed_private_hosts=both)
    assert "cookie" not in json.loads(read(f"{host.name}/out", settings))


def test_proxies_and_passwords_of_the_environment_are_not_used(
    host: HostileHost, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert "authorization" not in json.loads(read(f"{host.name}/", settings))


# --- Connections, shared ---


def test_connections_are_used_again_by_all_threads(host: HostileHost, settings: Settings) -> None:
    def read_one(number: int) -> bytes:
        return read(f"{host.name}/?{number}", settings)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read_one, range(100)))
    assert host.connections <= settings.fetch_connections_per_host


def test_redirects_on_one_host_take_one_connection(host: HostileHost, settings: Settings) -> None:
    host.answers["/new"] = b"x"
    fetch(f"http://{host.name}/new", max_bytes=MEGABYTE, settings=settings)
    before = host.connections
    assert read(f"{host.name}/five-hops", settings) == b"arrived"
    assert host.connections == before


def test_no_more_connections_to_a_host_are_used_at_a_time_than_allowed(host: HostileHost) -> None:
    def linger(visit: Visit) -> None:
        host.enter(1)
        time.sleep(0.05)
        host.enter(-1)
        visit.reply(200)

    host.at_once = Counter()
    host.answers.update({f"/{number}": linger for number in range(24)})
    settings = settings_for(host, fetch_connections_per_host=3, fetch_total_seconds=10)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda number: read(f"{host.name}/{number}", settings), range(24)))
    assert host.at_once["most"] == 3


def test_waiting_for_a_place_ends_with_the_whole_time(host: HostileHost) -> None:
    settings = settings_for(host, fetch_connections_per_host=1, fetch_attempts=1)
    patient = settings_for(
        host, fetch_connections_per_host=1, fetch_attempts=1, fetch_total_seconds=2.5
    )

    def hold_the_only_place() -> None:
        with pytest.raises(PageUnreachable):
            read(f"{host.name}/silent", patient)

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold_the_only_place)
        while not host.hits["/silent"]:
            time.sleep(0.01)
        began = time.monotonic()
        with pytest.raises(PageUnreachable, match="busy"):
            read(f"{host.name}/", settings)
        assert time.monotonic() - began < TOTAL + SLACK
        holding.result()


@pytest.mark.parametrize(
    "path", ["gone", "endless", "short", "drips", "redirects?to=http://10.0.0.1/", "gzip-bomb"]
)
def test_a_failed_read_gives_its_place_back(host: HostileHost, path: str) -> None:
    settings = settings_for(
        host, fetch_connections_per_host=1, fetch_attempts=1, fetch_total_seconds=0.5
    )
    for _ in range(3):
        with pytest.raises(CatalogError):
            read(f"{host.name}/{path}", settings)
    assert read(f"{host.name}/", settings)


def test_one_answer_never_runs_into_the_next(host: HostileHost, settings: Settings) -> None:
    """A server that sends more than it said must not have the rest taken for another answer."""
    host.answers["/more"] = lambda visit: visit.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    )
    assert read(f"{host.name}/more", settings) == b"ok"
    time.sleep(0.05)
    assert b"poison" not in read(f"{host.name}/", settings)


def test_a_connection_that_the_server_has_closed_is_not_used_again(host: HostileHost) -> None:
    def close_after(visit: Visit) -> None:
        visit.reply(200)
        visit.request.shutdown(2)

    host.answers["/bye"] = close_after
    settings = settings_for(host, fetch_attempts=1)
    for _ in range(3):
        assert read(f"{host.name}/bye", settings) == b"ok"
        time.sleep(0.05)


def test_a_child_process_makes_connections_of_its_own(
    host: HostileHost, settings: Settings
) -> None:
    read(f"{host.name}/", settings)
    before = host.connections
    child = os.fork()
    if child == 0:
        try:
            read(f"{host.name}/", settings)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert host.connections == before + 1
    read(f"{host.name}/", settings)
    assert host.connections == before + 1
