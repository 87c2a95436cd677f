"""`make demo-gallery`: the gallery on what `make demo` made, with the shop open for more."""

import contextlib
import os
import socket
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.console import Console

from demo.__main__ import DATA_DIR, set_environment

if TYPE_CHECKING:
    from demo.shop import Shop

SHOWN = 3


def main() -> int:
    """Serve the gallery until it is told to end; returns the exit status."""
    set_environment()
    os.environ["CTA_API_RUNS"] = "own_process"
    port = int(os.environ.get("PORT", "8000"))
    # Imported here, because settings and Prefect read the environment when they are imported.
    import uvicorn

    from demo.shop import Shop
    from settings import get_settings

    with _open(Shop) as shop:
        os.environ["CTA_ALLOWED_PRIVATE_HOSTS"] = shop.url.removeprefix("http://").strip("/")
        get_settings.cache_clear()  # they were read to find out where the shop was
        Console().print(
            f"[bold]The gallery[/]    http://127.0.0.1:{port}\n"
            f"[bold]Your token[/]     {_new_token()}\n"
            "[bold]Addresses[/]      of the demo shop, to paste into a new batch:\n"
            + "\n".join(f"               {url} 3" for url in shop.product_urls[:SHOWN])
            + "\n[dim]Ctrl-C ends it.[/]",
            soft_wrap=True,
            highlight=False,
        )
        uvicorn.run(
            "api.app:app", port=port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=5,
        )  # fmt: skip
    return 0


def _open(shop: "type[Shop]") -> "Shop":
    """The shop where it was when the demo ran, so that the pictures of its products are there."""
    from sqlalchemy import select

    from db.models import ECommerceProduct
    from db.session import unit_of_work

    with unit_of_work() as session:
        read = select(ECommerceProduct.url).order_by(ECommerceProduct.read_at.desc()).limit(1)
        port = urlsplit(session.scalar(read) or "").port or 0
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind(("127.0.0.1", port))
        except OSError:
            port = 0
    return shop(DATA_DIR / "shop", port)


def _new_token() -> str:
    """The demo user's token, made anew: it is shown once alone, and each start shows one."""
    from db import api_tokens
    from db.api_tokens import Member, NoValidToken
    from db.session import unit_of_work

    member = Member("demo", "demo")
    with unit_of_work() as session:
        with contextlib.suppress(NoValidToken):
            api_tokens.revoke(session, member)
        return api_tokens.create(session, member)


if __name__ == "__main__":
    sys.exit(main())
