"""The shop's pictures: drawn when they are first asked for, then kept as files."""

import hashlib
import io
import os
import re
import threading
from pathlib import Path

from PIL import Image

from demo.drawings import DECOY_KINDS, draw_decoy, draw_product
from demo.products import MISLEADING, PRODUCTS, DemoProduct, View

SIZE = 1000
WIDTHS = (300, 600)

_NAME = re.compile(r"(?P<folder>[a-z-]+)/(?P<name>[a-z_-]+?)(?:-(?P<width>\d+))?\.jpg")
_SHOP_FOLDER = "shop"
_QUALITY = 88
_SOURCES = ("drawings.py", "backdrops.py", "decoys.py", "products.py", "pictures.py", "objects")


class PictureCache:
    """Pictures by their path; safe to share between threads.

    Files are kept under a name that changes with the drawing code, so an old one is never shown.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _version()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._locks: dict[str, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def find(self, path: str) -> bytes | None:
        """The JPEG file at `<product or shop>/<view>[-<width>].jpg`, None when there is none."""
        match = _NAME.fullmatch(path)
        if match is None:
            return None
        folder, name, width = match["folder"], match["name"], match["width"]
        if width is not None and int(width) not in WIDTHS:
            return None
        return self._kept(folder, name, int(width) if width else None)

    def _kept(self, folder: str, name: str, width: int | None) -> bytes | None:
        file = self._folder / f"{folder}-{name}-{width or 'full'}.jpg"
        with self._lock(file.name):
            if not file.exists():
                picture = (
                    _draw(folder, name) if width is None else self._narrowed(folder, name, width)
                )
                if picture is None:
                    return None
                _write(picture, file)
            return file.read_bytes()

    def _narrowed(self, folder: str, name: str, width: int) -> Image.Image | None:
        whole = self._kept(folder, name, None)
        if whole is None:
            return None
        picture = Image.open(io.BytesIO(whole))
        height = round(picture.height * width / picture.width)
        return picture.resize((width, height), Image.Resampling.LANCZOS)

    def _lock(self, name: str) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(name, threading.Lock())


def _draw(folder: str, name: str) -> Image.Image | None:
    if folder == _SHOP_FOLDER:
        kind = name.replace("-", "_")
        return draw_decoy(kind) if kind in DECOY_KINDS else None
    product = next((product for product in PRODUCTS if product.slug == folder), None)
    if product is None:
        return None
    if name in product.extra_pictures:
        return draw_decoy(MISLEADING[name], seed=1)
    view = next((view for view in product.views if view.name == name), None)
    return None if view is None else _draw_view(product, view)


def _draw_view(product: DemoProduct, view: View) -> Image.Image:
    return draw_product(
        product.kind,
        product.color,
        seed=view.seed,
        size=SIZE,
        backdrop=view.backdrop,
        close_up=view.close_up,
        details=0,
    )


def _write(picture: Image.Image, file: Path) -> None:
    part = file.with_suffix(f".{os.getpid()}.part")
    picture.save(part, "JPEG", quality=_QUALITY)
    part.replace(file)


def _version() -> str:
    here = Path(__file__).parent
    files = [
        file
        for source in _SOURCES
        for file in sorted(
            (here / source).glob("*.py") if (here / source).is_dir() else [here / source]
        )
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
