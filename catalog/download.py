"""One download: redirects followed, each address checked, what may pass tried again."""

import http.client
import random
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import cast

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)
from urllib3 import Timeout
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from catalog.addresses import Address, may_be_private
from catalog.answers import CODINGS, MayPass, check_status, explain, read_body, redirect_of
from catalog.connections import pool_for, seconds_left
from catalog.errors import AddressRefused, TooLarge, TooManyRedirects
from settings import Settings

_MOST_REDIRECTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8
_backoff = wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE)


@dataclass(frozen=True)
class Page:
    """What was read: the address after redirects, the body (decompressed), its declared type."""

    url: str
    body: bytes
    content_type: str | None


@dataclass(frozen=True)
class Order:
    """What to download, and within which bounds.

    `check` is called with each address before it is read, and raises where it must not be.
    A body larger than `max_bytes` is an error, or with `cut` ends there.
    """

    address: Address
    max_bytes: int
    settings: Settings
    check: Callable[[Address], None]
    cut: bool = False


def download(order: Order) -> Page:
    """Read one address inside `connections.time_limit`, which bounds the tries and pauses too.

    Raises:
        CatalogError: as `catalog.page.fetch` says.
    """
    tries = Retrying(
        retry=retry_if_exception_type(MayPass),
        stop=stop_after_attempt(order.settings.fetch_attempts) | stop_before_delay(seconds_left()),
        wait=_pause,
        reraise=True,
    )
    try:
        return tries(_try_once, order)
    except MayPass as failure:
        raise failure.error from None


def _pause(state: RetryCallState) -> float:
    """Full jitter (a random part of a growing window), on top of what the server asks for."""
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, MayPass) and failure.wait is not None:
        return failure.wait + random.uniform(0, _FIRST_PAUSE)
    return _backoff(state)


def _try_once(order: Order) -> Page:
    address, cookies = order.address, CookieJar()
    for _ in range(_MOST_REDIRECTS + 1):
        order.check(address)
        try:
            result = _read(order, address, cookies)
        except (HTTPError, TimeoutError) as error:
            raise explain(error, address) from None
        except (AddressRefused, TooLarge) as error:
            raise type(error)(address.url, str(error)) from None
        if isinstance(result, Page):
            return result
        address = address.follow(result)
    raise TooManyRedirects(
        order.address.url, f"The address redirects more than {_MOST_REDIRECTS} times."
    )


def _read(order: Order, address: Address, cookies: CookieJar) -> Page | str:
    """The page at an address, or where it redirects to."""
    response = _ask(order, address, cookies)
    try:
        location = redirect_of(response)
        if location is not None:
            _keep_cookies(response, address, cookies)
            return location
        check_status(response, address)
        body = read_body(response, order.max_bytes, cut=order.cut)
        return Page(address.url, body, response.headers.get("Content-Type"))
    finally:
        # A connection with unread bytes on it cannot be used again.
        if not response.closed:
            response.close()
        response.release_conn()


def _ask(order: Order, address: Address, cookies: CookieJar) -> HTTPResponse:
    settings, left = order.settings, seconds_left()
    headers = {
        "User-Agent": settings.user_agent,
        "Accept": "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.5",
        "Accept-Encoding": CODINGS,
        **_cookie_header(address, cookies),
    }
    pool = pool_for(
        address,
        may_be_private=may_be_private(address, settings),
        places=settings.fetch_connections_per_host,
    )
    response = pool.urlopen(
        "GET",
        address.target,
        headers=headers,
        retries=False,
        redirect=False,
        assert_same_host=False,
        preload_content=False,
        timeout=Timeout(
            total=left, connect=settings.fetch_connect_seconds, read=settings.fetch_read_seconds
        ),
        pool_timeout=cast(int, left),
    )
    return cast(HTTPResponse, response)


def _keep_cookies(response: HTTPResponse, address: Address, cookies: CookieJar) -> None:
    """Shops set a cookie, redirect, and redirect for ever where it does not come back."""
    if "Set-Cookie" in response.headers:
        # A jar asks for nothing but `info()`, which urllib3's answers have too.
        answer = cast(http.client.HTTPResponse, response)
        cookies.extract_cookies(answer, urllib.request.Request(address.url))


def _cookie_header(address: Address, cookies: CookieJar) -> dict[str, str]:
    if not len(cookies):
        return {}
    request = urllib.request.Request(address.url)
    cookies.add_cookie_header(request)
    return request.unredirected_hdrs
