"""One download: redirects followed, each address checked, what may pass tried again."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from requests import PreparedRequest, RequestException, Response
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
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

from catalog.addresses import Address
from catalog.answers import CODINGS, MayPass, check_status, explain, read_body, redirect_of
from catalog.connections import GuardedAdapter, seconds_left
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
    address, cookies = order.address, RequestsCookieJar()
    for _ in range(_MOST_REDIRECTS + 1):
        order.check(address)
        try:
            result = _read(order, address, cookies)
        except (RequestException, HTTPError, TimeoutError) as error:
            raise explain(error, address) from None
        except (AddressRefused, TooLarge) as error:
            raise type(error)(address.url, str(error)) from None
        if isinstance(result, Page):
            return result
        address = address.follow(result)
    raise TooManyRedirects(
        order.address.url, f"The address redirects more than {_MOST_REDIRECTS} times."
    )


def _read(order: Order, address: Address, cookies: RequestsCookieJar) -> Page | str:
    """The page at an address, or where it redirects to."""
    response = _ask(order, address, cookies)
    try:
        location = redirect_of(response)
        if location is not None:
            # Shops set a cookie, redirect, and redirect for ever where it does not come back.
            extract_cookies_to_jar(cookies, response.request, response.raw)  # type: ignore[no-untyped-call]
            if response.raw.length_remaining == 0:
                # Unless it is read, the connection counts as one with bytes on it.
                response.raw.drain_conn()
            return location
        check_status(response, address)
        body = read_body(response, order.max_bytes, cut=order.cut)
        return Page(address.url, body, response.headers.get("Content-Type"))
    finally:
        # The connection goes back to its pool, or ends where bytes on it are unread.
        response.close()


def _ask(order: Order, address: Address, cookies: RequestsCookieJar) -> Response:
    """One request through the adapter alone: a session reads the bodies of redirects, unbounded."""
    settings = order.settings
    headers = {
        "User-Agent": settings.user_agent,
        "Accept": "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.5",
        "Accept-Encoding": CODINGS,
    }
    request = PreparedRequest()
    request.prepare_method("GET")
    # As it was checked: to prepare it would be to decode `%2E%2E`.
    request.url = address.url
    request.prepare_headers(headers)
    request.prepare_cookies(cookies)
    timeout = Timeout(
        total=seconds_left(),
        connect=settings.fetch_connect_seconds,
        read=settings.fetch_read_seconds,
    )
    adapter = GuardedAdapter(settings)
    # requests takes urllib3's timeouts, though its stubs do not know.
    return adapter.send(request, stream=True, timeout=timeout)  # type: ignore[arg-type]
