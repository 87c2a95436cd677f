"""What hosts ask of programs in their robots.txt (RFC 9309), obeyed where the host is not ours."""

import os
import re
import threading
import time
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from cachetools import TTLCache
from protego import Protego

from catalog.addresses import Address, is_named
from catalog.connections import seconds_left
from catalog.download import Order, download
from catalog.errors import (
    AddressRefused,
    CatalogError,
    DisallowedByRobots,
    PageGone,
    PageRefused,
    PageUnreachable,
    RobotsUnreadable,
    TooManyRedirects,
)
from settings import Settings

_MOST_BYTES = 500 * 1024
_KEPT_SECONDS = 24 * 3600
_FAILURE_KEPT_SECONDS = 60
_KEPT_BYTES = 2 * 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z_-]+")
_USER_AGENT_LINE = re.compile(r"\s*user(?:-|\s+)?agent[\s:]+([A-Za-z_-]+|\*)?", re.IGNORECASE)
_SOMEONE_ELSE = "someone-else"


@dataclass
class _Rules:
    """What one host asks; `failure` says why that is not known."""

    text: str = ""
    failure: str | None = None
    parsed: Protego = field(init=False)

    def __post_init__(self) -> None:
        self.parsed = Protego.parse(self.text)


class _Memory:
    """What is remembered of the hosts: their rules, and when each may be read next."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asking: WeakValueDictionary[tuple[str, str], threading.Lock] = WeakValueDictionary()
        self.rules: TTLCache[tuple[str, str], _Rules] = TTLCache(
            _KEPT_BYTES, _KEPT_SECONDS, getsizeof=lambda rules: 1024 + len(rules.text)
        )
        self.failures: TTLCache[tuple[str, str], _Rules] = TTLCache(1024, _FAILURE_KEPT_SECONDS)
        self.next_read: TTLCache[str, float] = TTLCache(1024, 600)

    def find(self, key: tuple[str, str]) -> _Rules | None:
        """What is known of a host; asked under the lock."""
        return self.rules.get(key) or self.failures.get(key)


_memory = _Memory()


def ask_robots(address: Address, settings: Settings) -> None:
    """Let an address through that may be read, once the host's pause between reads is over.

    Each host is asked for its own rules, that of a shop's pictures as well; not those that
    `CTA_OWN_SHOPS` or `CTA_ALLOWED_PRIVATE_HOSTS` names. Rules are kept for 24 hours.

    A `Crawl-delay` is granted up to `CTA_FETCH_MAX_CRAWL_DELAY_SECONDS`.

    Raises:
        DisallowedByRobots: the rules exclude it.
        RobotsUnreadable: the rules could not be read, which may pass (RFC 9309, 2.3.1.4).
        PageUnreachable: the pause is longer than the time left.
    """
    if is_named(address, settings.own_shops) or is_named(address, settings.allowed_private_hosts):
        return
    token = product_token(settings.user_agent)
    rules = _rules_of(address, token, settings)
    if rules.failure is not None:
        raise RobotsUnreadable(address.url, rules.failure)
    if not rules.parsed.can_fetch(address.url, token):
        raise DisallowedByRobots(
            address.url,
            f"{address.host} asks programs not to read this address (robots.txt). Ask the shop, "
            "hand over the product's data in place of its address, or name the host in "
            "CTA_OWN_SHOPS if it is your own.",
        )
    _wait_for_turn(address, rules.parsed.crawl_delay(token), settings)


def product_token(user_agent: str) -> str:
    """The part of a user agent that robots.txt names (RFC 9309, 2.2.1)."""
    found = _TOKEN.match(user_agent)
    return found.group().lower() if found else "*"


def _rules_of(address: Address, token: str, settings: Settings) -> _Rules:
    key, memory = (address.origin, token), _memory
    with memory.lock:
        known = memory.find(key)
        asking = memory.asking.setdefault(key, threading.Lock())
    if known is not None:
        return known
    if not asking.acquire(timeout=seconds_left()):
        raise PageUnreachable(address.url, "The server did not answer in time.")
    try:
        with memory.lock:
            known = memory.find(key)
        if known is None:
            # A fetch that has used up its time elsewhere says nothing about this host.
            had_time = seconds_left() > settings.fetch_total_seconds / 2
            known = _ask(address, token, settings)
            with memory.lock:
                if known.failure is None:
                    memory.rules[key] = known
                elif had_time:
                    memory.failures[key] = known
        return known
    finally:
        asking.release()


def _ask(address: Address, token: str, settings: Settings) -> _Rules:
    robots = Address(address.scheme, address.host, address.port, "/robots.txt")
    order = Order(robots, _MOST_BYTES, settings, lambda hop: None, cut=True)
    try:
        return _Rules(_ours(download(order).body.decode("utf-8-sig", "replace"), token))
    except (PageGone, PageRefused, TooManyRedirects):
        return _Rules()
    except CatalogError as error:
        if isinstance(error, AddressRefused) and error.url == robots.url:
            raise AddressRefused(address.url, str(error)) from None
        return _Rules(
            failure=f"The robots.txt of {address.host} cannot be read, and until it can its pages "
            f"are left alone. {error}"
        )


def _ours(text: str, token: str) -> str:
    """The text with all groups that concern others under one name.

    Otherwise a file that names many thousand programs before its rules makes the parser keep
    each rule for each of them.
    """
    return "\n".join(_with_one_name(line, token) for line in text.splitlines())


def _with_one_name(line: str, token: str) -> str:
    found = _USER_AGENT_LINE.match(line)
    if not found:
        return line
    name = (found.group(1) or "").lower()
    return f"User-agent: {name if name in (token, '*') else _SOMEONE_ELSE}"


def _wait_for_turn(address: Address, delay: float | None, settings: Settings) -> None:
    delay = min(delay or 0, settings.fetch_max_crawl_delay_seconds)
    if not delay:
        return
    memory = _memory
    with memory.lock:
        now = time.monotonic()
        turn = max(memory.next_read.get(address.origin, 0), now)
        if turn - now >= seconds_left():
            raise PageUnreachable(
                address.url,
                f"{address.host} asks for pauses between reads, and too many are waiting.",
            )
        memory.next_read[address.origin] = turn + delay
    time.sleep(turn - now)


def forget_robots() -> None:
    """Start anew; in a child of this process, whose threads may have held the locks."""
    global _memory
    _memory = _Memory()


os.register_at_fork(after_in_child=forget_robots)
