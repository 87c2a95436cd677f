"""One guarded way to read from the web, for pages and pictures alike."""

import ipaddress
import time
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from catalog.errors import AddressRefused, PageGone, PageRefused, PageUnreachable, TooLarge
from settings import Settings, get_settings

_CHUNK = 65_536
_MAX_REDIRECTS = 5
_LONGEST_RETRY_AFTER = 30
_MAY_PASS = (429, 502, 503, 504)
_PUBLIC_PORTS = (80, 443)


@dataclass(frozen=True)
class Page:
    """What was read: the address after redirects, the body (decompressed), its declared type."""

    url: str
    body: bytes
    content_type: str | None


def fetch(url: str, *, max_bytes: int, settings: Settings | None = None) -> Page:
    """Read one address, within the settings' bounds on time, bytes, redirects and tries.

    The address that is connected to is checked after its name was resolved, and again at each
    redirect; hosts of `CTA_ALLOWED_PRIVATE_HOSTS` alone may be private.

    Raises:
        AddressRefused: it leads into a private network, to an odd port, or is malformed.
        PageUnreachable: no answer, none in time, or a server error that did not pass.
        PageGone: 404 or 410.
        PageRefused: any other refusal, such as 401 or 403.
        TooLarge: more than `max_bytes` after decompression.
    """
    settings = settings or get_settings()
    deadline = time.monotonic() + settings.fetch_total_seconds
    if "\\" in url:
        raise AddressRefused(url, "The address cannot be read: it has a backslash in it.")
    with _GuardedSession(settings) as session:
        try:
            with session.get(url, stream=True) as response:
                _check_status(response)
                return Page(
                    url=response.url,
                    body=_read(response, max_bytes, deadline),
                    content_type=response.headers.get("Content-Type"),
                )
        except InvalidIPAddress as error:
            raise AddressRefused(
                url,
                f"The address leads to {error}, where this project does not go; hosts of one's "
                "own can be named in CTA_ALLOWED_PRIVATE_HOSTS.",
            ) from None
        except requests.TooManyRedirects:
            raise PageUnreachable(
                url, f"The address redirects more than {_MAX_REDIRECTS} times."
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise AddressRefused(url, f"The address cannot be read: {error}") from None
        except (requests.Timeout, TimeoutError):
            raise PageUnreachable(url, "The server did not answer in time.") from None
        except (requests.RequestException, HTTPError):
            raise PageUnreachable(
                url, f"No connection to {urlsplit(url).hostname} could be made, or it broke off."
            ) from None


class _GlobalOnlyAdapter(IPFilterAdapter):
    """Lets through what requests-hardened lets through and Python calls globally reachable."""

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: object, cert: object = None
    ) -> tuple[dict[str, object], dict[str, object]]:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ipaddress.ip_address(str(host["host"]).strip("[]"))
        if not address.is_global or _embeds_ipv4(address):
            raise InvalidIPAddress(host["host"])
        if host["port"] not in (None, *_PUBLIC_PORTS):
            raise requests.exceptions.InvalidURL(f"it names port {host['port']}.")
        return host, pool


def _embeds_ipv4(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an IPv6 address is an IPv4-compatible or IPv4-translated one (RFC 4291, RFC 2765)."""
    return address.version == 6 and int(address) >> 32 in (0, 0xFFFF_0000)


class _GuardedSession(HTTPSession):
    def __init__(self, settings: Settings) -> None:
        super().__init__(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=False,
                never_redirect=False,
                default_timeout=(settings.fetch_connect_seconds, settings.fetch_read_seconds),
                user_agent_override=settings.user_agent,
            )
        )
        self.trust_env = False
        self.max_redirects = _MAX_REDIRECTS
        self.headers["Accept"] = "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.5"
        self._allowed = settings.allowed_private_hosts
        retry = Retry(
            total=settings.fetch_attempts - 1,
            redirect=False,
            status_forcelist=_MAY_PASS,
            backoff_factor=0.5,
            backoff_jitter=0.5,
            retry_after_max=_LONGEST_RETRY_AFTER,
            raise_on_status=False,
        )
        self._plain = HTTPAdapter(max_retries=retry)
        for scheme in ("http", "https"):
            guarded = _GlobalOnlyAdapter(is_https_proto=scheme == "https")
            guarded.max_retries = retry
            self.mount(f"{scheme}://", guarded)

    def get_adapter(self, url: str) -> BaseAdapter:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise requests.exceptions.InvalidSchema("only http and https are read.")
        if parts.username is not None:
            raise requests.exceptions.InvalidURL("it carries a user name.")
        host = parts.hostname or ""
        named = {host, f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"}
        if named & self._allowed:
            return self._plain
        return super().get_adapter(url)


def _check_status(response: requests.Response) -> None:
    status, url = response.status_code, response.url
    if status < HTTPStatus.BAD_REQUEST:
        return
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise PageGone(url, f"The page is gone: the server answered {_named(status)}.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS:
        raise PageUnreachable(
            url, f"The server is in trouble and answered {_named(status)}; try again later."
        )
    raise PageRefused(url, f"The server does not show this page: it answered {_named(status)}.")


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _read(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge(response.url, f"The file is larger than {max_bytes:,} bytes.")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)
