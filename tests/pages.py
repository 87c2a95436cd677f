"""A small shop of the tests' own, whose pages go wrong in as many ways as are needed."""

import http.server
import io
import json
import threading
from collections import Counter
from typing import Any

from demo.drawings import draw_decoy, draw_product


class Pages:
    """The server; `hits` counts what was asked for, by path."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.pictures = {
            "/mug.jpg": jpeg(draw_product("mug", "red", size=600)),
            "/mug-2.jpg": jpeg(draw_product("mug", "red", seed=5, size=600)),
            "/logo.jpg": jpeg(draw_decoy("logo")),
            "/broken.jpg": b"\xff\xd8\xff not a picture",
        }
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages.hits[self.path] += 1
                status, kind, body = pages.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if path in self.pictures:
            return 200, "image/jpeg", self.pictures[path]
        if path.startswith("/mug"):
            return (
                200,
                "text/html",
                page(f"Red Mug {path[5:]}", "/logo.jpg", "/mug.jpg", "/mug-2.jpg"),
            )
        if path == "/no-picture":
            return 200, "text/html", page("Red Mug")
        if path == "/broken-pictures":
            return 200, "text/html", page("Red Mug", "/broken.jpg", "/missing.jpg")
        if path == "/wall":
            return 200, "text/html", b"<title>Just a moment...</title>checking your browser"
        return 410, "text/plain", b"gone"


def jpeg(picture: Any) -> bytes:
    body = io.BytesIO()
    picture.convert("RGB").save(body, "JPEG")
    return body.getvalue()


def page(title: str, *images: str) -> bytes:
    product = {
        "@type": "Product", "name": title, "image": list(images), "brand": "Norrland",
        "description": "Slow mornings, sorted. Holds 300 ml. Safe in the dishwasher.",
        "offers": {"price": "19.90", "priceCurrency": "EUR"},
    }  # fmt: skip
    return f'<script type="application/ld+json">{json.dumps(product)}</script>'.encode()
