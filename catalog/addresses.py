"""Which addresses are read at all: how they may be spelled, and which hosts they may lead to."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Self
from urllib.parse import urljoin

import idna
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from catalog.errors import AddressRefused
from settings import Settings

DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 8_192
_LONGEST_NAME = 253
_NEVER_IN_AN_ADDRESS = re.compile(r"[\x00-\x1f\x7f\\]")
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# A last label like these makes resolvers read the whole as a number (WHATWG URL, *ends in a
# number checker*): `0x7f.1`, `017700000001`, `127.1`.
_NUMERIC_END = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)$")

# IANA IPv4 Special-Purpose Address Registry, without the few blocks that are reachable globally,
# and 168.63.129.16, at which Azure's hosts answer their guests.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
        "192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
        "224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
    ).split()
)
# Unicast addresses are given out of one block (IANA IPv6 Global Unicast Address Assignments);
# inside it lie the protocol assignments with Teredo, documentation, and 6to4.
_UNICAST_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# How a network without IPv4 reaches a host that has nothing else (RFC 6052, 2.1).
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the web, taken apart once: what is checked is what is connected to.

    `host` is a name in ASCII or an IP address (IPv6 in brackets), in lower case.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def url(self) -> str:
        """The address as text."""
        return self.origin + self.target

    @property
    def origin(self) -> str:
        """Scheme, host and, where it is not the usual one, the port."""
        usual = self.port == DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if usual else f":{self.port}")

    def follow(self, location: str) -> Self:
        """Where a redirect leads, relative to this address.

        Raises:
            AddressRefused: to where the project does not go.
        """
        _refuse_odd_signs(location)
        if _SCHEME.match(location):
            return type(self).read(location)
        try:
            return type(self).read(urljoin(self.url, location))
        except ValueError:
            raise _unreadable(location, "its host or port is malformed") from None

    @classmethod
    def read(cls, url: str) -> Self:
        """Take an address apart.

        Raises:
            AddressRefused: it is not http or https, carries a user name, or is spelled in a way
                that programs read differently.
        """
        _refuse_odd_signs(url)
        try:
            parts = parse_url(url.strip(" "))
        except LocationParseError:
            raise _unreadable(url, "its host or port is malformed") from None
        if parts.scheme not in DEFAULT_PORTS:
            raise _unreadable(url, "only http and https are read")
        if not parts.host:
            raise _unreadable(url, "it names no host")
        if "@" in _authority(url):
            raise _unreadable(url, "it carries a user name")
        port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
        return cls(parts.scheme, _host(url, parts.host), port, parts.request_uri)


def may_be_private(address: Address, settings: Settings) -> bool:
    """Whether the user named this host as one of the own network; others have the usual ports.

    Raises:
        AddressRefused: not named, and at an odd port.
    """
    if is_named(address, settings.allowed_private_hosts):
        return True
    if address.port not in DEFAULT_PORTS.values():
        raise _unreadable(address.url, f"it names port {address.port}")
    return False


def is_named(address: Address, entries: frozenset[str]) -> bool:
    """Whether a setting's entries name this host.

    `shop.example` is that host at any port, `shop.example:8080` at that port alone, and
    `.shop.example` the host and all below it.
    """
    names = _canonical(entries)
    if not names:
        return False
    host = address.host
    if host in names or f"{host}:{address.port}" in names:
        return True
    labels = host.split(".")
    return any("." + ".".join(labels[start:]) in names for start in range(len(labels)))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an IP address belongs to the internet, and to no form that hides another address."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address not in _UNICAST_6 or any(address in block for block in _NOT_PUBLIC_6):
        return False
    return int(address) >> 32 & 0xFFFF_FFFF not in _ISATAP


def literal_ip(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is, if it is one."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _refuse_odd_signs(url: str) -> None:
    if len(url) > _LONGEST:
        raise _unreadable(url[:200], f"it is longer than {_LONGEST:,} characters")
    if _NEVER_IN_AN_ADDRESS.search(url):
        raise _unreadable(url, "it has a backslash or a control character in it")


def _authority(url: str) -> str:
    """What stands between the two slashes and the path, before anything is decoded."""
    return re.split(r"[/?#]", url.partition("//")[2], maxsplit=1)[0]


def _host(url: str, host: str) -> str:
    odd = _unreadable(url, "its host is spelled in an odd way")
    if "%" in _authority(url):
        raise odd
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]"
        name = host.removesuffix(".")
        if _NUMERIC_END.search(name):
            return str(IPv4Address(name))
    except AddressValueError:
        raise odd from None
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise odd
    return name


def _unreadable(url: str, reason: str) -> AddressRefused:
    return AddressRefused(url, f"The address cannot be read: {reason}.")


@lru_cache(maxsize=8)
def _canonical(entries: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_ascii, entries))


def _ascii(entry: str) -> str:
    entry = entry.lower()
    if isinstance(literal_ip(entry), IPv6Address):
        return f"[{literal_ip(entry)}]"
    if entry.isascii():
        return entry
    name, colon, port = entry.partition(":")
    dot = "." if name.startswith(".") else ""
    return dot + idna.encode(name.removeprefix("."), uts46=True).decode() + colon + port
