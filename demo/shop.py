"""A small shop on loopback whose ten product pages describe themselves in ten ways.

`python -m demo.shop --port 8765` opens it alone.
"""

import argparse
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo.pictures import PictureCache
from demo.products import PRODUCTS, DemoProduct
from settings import get_settings

_TEMPLATES = Path(__file__).parent / "templates" / "shop"
_HTML, _CSS, _TEXT, _JPEG = "text/html; charset=utf-8", "text/css", "text/plain", "image/jpeg"
_GONE_PATH = "/products/last-season-tent"
_BOT_WALL_PATH = "/products/members-only-parka"
_ROBOTS = "User-agent: *\nAllow: /\nDisallow: /basket\n"
_NEIGHBOURS = 3
# How often it looks whether it is to close; by itself the server would take half a second for that.
_NOTICES_ITS_END_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """What the shop sends back to a request."""

    body: bytes
    content_type: str = _HTML
    status: HTTPStatus = HTTPStatus.OK


class Shop:
    """The shop, open inside its `with` block.

    Pictures are drawn when they are first asked for and kept in `cache_dir`. `port` 0 takes a
    free one.
    """

    def __init__(self, cache_dir: Path, port: int = 0) -> None:
        self._pictures = PictureCache(cache_dir)
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
        )

    def __enter__(self) -> Self:
        """Opens the shop; it answers from then on."""
        self._server = _Server(("127.0.0.1", self._port), _handler(self.answer))
        self._port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_NOTICES_ITS_END_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the shop; its addresses answer no more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    @property
    def url(self) -> str:
        """The address of the shop's front page."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def product_urls(self) -> tuple[str, ...]:
        """The addresses of the product pages, in the order of `demo.products.PRODUCTS`."""
        return tuple(self._absolute(_path(product)) for product in PRODUCTS)

    @property
    def gone_url(self) -> str:
        """A page that the shop answers with 410."""
        return self._absolute(_GONE_PATH)

    @property
    def bot_wall_url(self) -> str:
        """A page where a check for robots is answered with 200."""
        return self._absolute(_BOT_WALL_PATH)

    def picture_urls(self, product: DemoProduct) -> tuple[str, ...]:
        """The addresses of the pictures that show this product, the front view first."""
        return tuple(
            self._absolute(_picture_path(product.slug, view.name)) for view in product.views
        )

    def answer(self, path: str) -> Answer:
        """What the shop has to say at a path."""
        if path.startswith("/media/"):
            picture = self._pictures.find(path.removeprefix("/media/"))
            return Answer(picture, _JPEG) if picture else self._missing()
        fixed: dict[str, Callable[[], Answer]] = {
            "/": self._front_page,
            "/robots.txt": lambda: Answer(_ROBOTS.encode(), _TEXT),
            "/shop.css": lambda: Answer((_TEMPLATES / "shop.css").read_bytes(), _CSS),
            _GONE_PATH: lambda: self._page("gone", HTTPStatus.GONE),
            _BOT_WALL_PATH: lambda: self._page("bot_wall"),
        }
        if path in fixed:
            return fixed[path]()
        product = next((product for product in PRODUCTS if _path(product) == path), None)
        return self._product_page(product) if product else self._missing()

    def _front_page(self) -> Answer:
        return self._page("index", products=[_card(product, 600) for product in PRODUCTS])

    def _product_page(self, product: DemoProduct) -> Answer:
        names = [view.name for view in product.views]
        names[1:1] = product.extra_pictures
        paths = [_picture_path(product.slug, name) for name in names]
        place = PRODUCTS.index(product)
        others = [PRODUCTS[(place + step) % len(PRODUCTS)] for step in range(1, 1 + _NEIGHBOURS)]
        return self._page(
            product.markup,
            product=product,
            language=product.language,
            url=self._absolute(_path(product)),
            home=self.url,
            host=urlsplit(self.url).netloc,
            paths=paths,
            narrow=[path.replace(".jpg", "-600.jpg") for path in paths],
            pictures=[self._absolute(path) for path in paths],
            others=[_card(other, 300) for other in others],
        )

    def _missing(self) -> Answer:
        return Answer(b"Not found\n", _TEXT, HTTPStatus.NOT_FOUND)

    def _page(self, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object) -> Answer:
        page = self._environment.get_template(f"{template}.html.jinja")
        return Answer(page.render({"language": "en", **values}).encode(), _HTML, status)

    def _absolute(self, path: str) -> str:
        return self.url.rstrip("/") + path


def _path(product: DemoProduct) -> str:
    return f"/products/{product.slug}"


def _picture_path(slug: str, name: str) -> str:
    return f"/media/{slug}/{name}.jpg"


def _card(product: DemoProduct, width: int) -> dict[str, str]:
    return {
        "title": product.title,
        "path": _path(product),
        "thumbnail": f"/media/{product.slug}/{product.views[0].name}-{width}.jpg",
        "price_shown": product.price_shown,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Passes over visitors who hang up before they have read their answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _handler(answer: Callable[[str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(with_body=True)

        def do_HEAD(self) -> None:
            self._send(with_body=False)

        def _send(self, with_body: bool) -> None:
            reply = answer(urlsplit(self.path).path)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if with_body:
                self.wfile.write(reply.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing: the shop stands beside a program that has more to say."""

    return Handler


def main() -> None:
    """Opens the shop until it is interrupted."""
    parser = argparse.ArgumentParser(description="Open the demo shop.")
    parser.add_argument("--port", type=int, default=8765, help="the port on 127.0.0.1, 0 for any")
    options = parser.parse_args()
    with Shop(get_settings().data_dir / "demo" / "shop", options.port) as shop:
        print(f"The demo shop is open at {shop.url} (Ctrl-C closes it).", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
