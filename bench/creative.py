"""What the embedded generator takes, against its limits: `python -m bench.creative`.

Makes backgrounds of all the demo's pictures at several positions, on one thread, and prints the
medians as ratios of their limits: a background with the file that is delivered, in seconds of one
core; a prefill of a product and a picture not seen before; an overlay with the code of an address
not seen before. The largest file counts too.
Exits with 1 when a limit is passed.
"""

import io
import os
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PIL import Image

from catalog.product import ScrapedProduct
from demo.pictures import PictureCache
from demo.products import PRODUCTS, DemoProduct
from settings import PROJECT_ROOT

if TYPE_CHECKING:
    from creative.brief import Brief

Result = TypeVar("Result")
BACKGROUND_SECONDS = 0.6
PREFILL_SECONDS = 0.020
OVERLAY_SECONDS = 0.005
FILE_BYTES = 350_000
POSITIONS = (0, 1, 2, 3, 4)
_PICTURES = PROJECT_ROOT / ".data" / "demo" / "shop"
_ADDRESS = "https://shop.example/media/background.jpg"


def main() -> int:
    """Print the four ratios; 1 when one of them is above 1."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    from creative.brief import Brief
    from creative.frame import render_frame
    from creative.local import LocalGenerator

    generator = LocalGenerator()
    backgrounds: list[float] = []
    prefills: list[float] = []
    overlays: list[float] = []
    sizes: list[int] = []
    sources = list(_sources())
    generator.prefill(Brief(*sources[0]))
    for product, picture in sources:
        seed = zlib.crc32(product.url.encode())
        for position in POSITIONS:
            brief = Brief(_never_seen(product, len(sizes)), picture, position, seed)
            seconds, draft = _timed(partial(generator.prefill, brief))
            prefills.append(seconds)
            prefill = draft.complete(_ADDRESS, _ADDRESS)
            seconds, _ = _timed(partial(render_frame, prefill))
            overlays.append(seconds)
            seconds, size = _timed(partial(_made, generator.background, brief))
            backgrounds.append(seconds)
            sizes.append(size)
    print(f"previews             {len(sizes)} of {len(sources)} pictures, on one core")
    ratios = [
        _tell("background", statistics.median(backgrounds), BACKGROUND_SECONDS, max(backgrounds)),
        _tell("prefill", statistics.median(prefills), PREFILL_SECONDS, max(prefills)),
        _tell("overlay", statistics.median(overlays), OVERLAY_SECONDS, max(overlays)),
        max(sizes) / FILE_BYTES,
    ]
    print(f"largest file         {max(sizes) / 1000:6.0f} kB  {ratios[-1]:.2f} of the limit of "
          f"{FILE_BYTES // 1000} kB")  # fmt: skip
    return int(max(ratios) > 1)


def _sources() -> Iterator[tuple[ScrapedProduct, Image.Image]]:
    """The demo's products, each with all its pictures, decoded."""
    cache = PictureCache(_PICTURES)
    for product in PRODUCTS:
        for view in product.views:
            file = cache.find(f"{product.slug}/{view.name}.jpg") or b""
            yield _scraped(product), Image.open(io.BytesIO(file)).convert("RGB")


def _scraped(product: DemoProduct) -> ScrapedProduct:
    return ScrapedProduct(
        url=f"https://shop.example/products/{product.slug}",
        title=product.title,
        description=product.description,
        brand=product.brand,
        price=product.price,
        currency=product.currency,
        locale=product.language,
    )


def _never_seen(product: ScrapedProduct, number: int) -> ScrapedProduct:
    """`product` as nothing remembers it: what is kept of a product and its address is not used."""
    changes = {
        "url": f"{product.url}?number={number}",
        "description": f"{product.description} Edition {number}.",
    }
    return product.model_copy(update=changes)


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """The seconds of processor time that `work` took, and what it gave."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _made(background: Callable[["Brief"], Image.Image], brief: "Brief") -> int:
    """Make a background and the file that is delivered; returns the file's bytes."""
    from creative.encoding import DigitalSource, Origin, encode_background

    origin = Origin(DigitalSource.COMPOSITE, "cta-previews")
    return len(encode_background(background(brief), origin).body)


def _tell(name: str, seconds: float, limit: float, slowest: float) -> float:
    """Print a median as a ratio of its limit, and return the ratio."""
    ratio = seconds / limit
    print(
        f"{name:<20} {seconds * 1000:6.1f} ms  {ratio:.2f} of the limit of {limit * 1000:.0f} ms"
        f" (slowest {slowest * 1000:.0f} ms)"
    )
    return ratio


if __name__ == "__main__":
    sys.exit(main())
