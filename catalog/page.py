"""One guarded way to read from the web, for pages and pictures alike."""

from catalog.addresses import Address
from catalog.connections import time_limit
from catalog.download import Order, Page, download
from catalog.errors import PageUnreachable
from catalog.robots import ask_robots
from settings import Settings, get_settings

__all__ = ["Page", "fetch"]


def fetch(url: str, *, max_bytes: int, settings: Settings | None = None) -> Page:
    """Read one address, within the settings' bounds on time, bytes, redirects and tries.

    The address that is connected to is checked where the connection is made, and so again at
    each redirect; hosts of `CTA_ALLOWED_PRIVATE_HOSTS` alone may be private. Environment proxies
    are not used, and no cookie outlives the fetch. robots.txt is obeyed, except on the user's own
    hosts (`CTA_OWN_SHOPS`, `CTA_ALLOWED_PRIVATE_HOSTS`).

    What may pass (no answer in time, a connection that broke, 429, 502, 503, 504) was tried
    again as often as `CTA_FETCH_ATTEMPTS` and the whole time allow: no caller need do so.

    Raises:
        AddressRefused: it leads into a private network, to an odd port, or is malformed.
        DisallowedByRobots: the host's robots.txt asks programs to leave it alone.
        PageUnreachable: no answer, none in time, or a server error that did not pass.
        PageGone: 404 or 410.
        PageRefused: any other refusal, such as 401 or 403.
        TooLarge: more than `max_bytes` after decompression, or headers of more than 64 KiB.
    """
    settings = settings or get_settings()
    address = Address.read(url)
    with time_limit(settings.fetch_total_seconds):
        try:
            return download(
                Order(address, max_bytes, settings, lambda hop: ask_robots(hop, settings))
            )
        except TimeoutError:
            raise PageUnreachable(address.url, "The server did not answer in time.") from None
