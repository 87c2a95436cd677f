"""The browser that looks at the gallery: one chromium, in a thread of its own."""

import functools
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    sync_playwright,
)
from sqlalchemy import Engine

from api.app import create_app
from db.api_tokens import Member
from demo.overlay_checks import BrowserMissing, find_browser
from tests.api.conftest import ANN, NotedOrders, new_token
from tests.prefect_server import free_port

_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--no-first-run", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="gallery-browser")
# The answer to what a test asks for on purpose, which chromium calls an error.
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")
Outcome = TypeVar("Outcome")


def in_browser(test: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Runs a test in the browser's thread: Playwright leaves an event loop in the one it is in."""

    @functools.wraps(test)
    def run(*arguments: Any, **options: Any) -> Outcome:
        return _THREAD.submit(test, *arguments, **options).result()

    return run


@dataclass
class Visit:
    """A window of the browser, and what went wrong in it.

    `asked` are the addresses of all requests; `refusals` the statuses of answers of 400 and more
    that a test means to get.
    """

    context: BrowserContext
    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refusals: set[int] = field(default_factory=set)

    def go(self, path: str) -> int:
        """Open a page of the gallery; returns the status of the answer."""
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None
        return answer.status

    def sign_in(self, member: Member) -> None:
        """Sign in as a user, without the form."""
        self.context.add_cookies(
            [{"name": "cta_token", "value": new_token(member), "url": self.url, "httpOnly": True}]
        )

    def watch(self) -> None:
        """Take note of what no page of the gallery may do."""
        context = self.context
        context.on("request", lambda request: self._note_request(request.url))
        context.on("console", self._note_message)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("dialog", self._note_dialog)

    def check(self) -> None:
        """Fail where a page did what it may not."""
        assert not self.complaints, "\n".join(self.complaints)

    def _note_request(self, url: str) -> None:
        self.asked.append(url)
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname not in _LOOPBACK:
            self.complaints.append(f"asks elsewhere: {url[:200]}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        answered = _ANSWERED.match(message.text)
        if answered is None or int(answered[1]) not in self.refusals:
            where = message.location.get("url", "")
            self.complaints.append(f"{message.type}: {message.text[:400]} ({where[:200]})")

    def _note_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message[:200]}")
        dialog.dismiss()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; its objects are to be used in its own thread alone."""
    try:
        path = find_browser()
    except BrowserMissing as missing:
        # A machine without a browser can run all else; the one that decides must have it.
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    playwright = _THREAD.submit(lambda: sync_playwright().start()).result()
    browser = _THREAD.submit(
        playwright.chromium.launch, executable_path=path, args=_ARGUMENTS
    ).result()
    yield browser
    _THREAD.submit(browser.close).result()
    _THREAD.submit(playwright.stop).result()


@pytest.fixture
def visits(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens windows of their own cookies; a test fails where a page does what it may not."""
    opened: list[Visit] = []

    def open_window(url: str, **options: Any) -> Visit:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(20_000)
        visit = Visit(context, context.new_page(), url)
        visit.watch()
        opened.append(visit)
        return visit

    yield open_window
    for visit in opened:
        _THREAD.submit(visit.context.close).result()
    for visit in opened:
        visit.check()


@pytest.fixture(scope="session")
def noted_orders() -> NotedOrders:
    return NotedOrders()


@pytest.fixture(scope="session")
def gallery_url(engine: Engine, noted_orders: NotedOrders) -> Iterator[str]:
    """The gallery over HTTP, on the records of the tests; it starts no run."""
    port = free_port()
    app = create_app(launcher=noted_orders)
    # Streams of events stay open for minutes: they are not waited for.
    config = uvicorn.Config(
        app, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "The gallery does not answer."
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture
def ann_looks(
    database: Engine, gallery_url: str, visits: Callable[..., Visit]
) -> Callable[..., Visit]:
    """Opens windows of a user who is signed in at a gallery with empty records."""

    def look(**options: Any) -> Visit:
        visit = visits(gallery_url, **options)
        visit.sign_in(ANN)
        return visit

    return look
