"""The time that a product page of 150 KB takes to be read, against its limit: `make bench-parsing`.

The pages are made of the test fixtures, each filled up to 150 KB as real pages are: with more of
its own menus, cards and scripts. Prints the median, the slowest, and the median as a ratio of what
lxml alone takes to parse the same pages. Exits with 1 when the median is above 60 ms.
"""

import contextlib
import re
import statistics
import sys
import time
from collections.abc import Callable

from lxml.html import HTMLParser, document_fromstring

from catalog.errors import CatalogError
from catalog.parse import parse_product
from settings import PROJECT_ROOT

PAGES = PROJECT_ROOT / "tests" / "catalog" / "pages"
BYTES = 150_000
MILLISECONDS = 60.0
_ROUNDS = 3
_BLOCK = re.compile(rb"<(nav|section|aside|ul|table|script)\b.*?</\1>", re.DOTALL | re.IGNORECASE)


def grown(page: bytes) -> bytes:
    """A page filled up to `BYTES` with copies of its own blocks, before the end of its body."""
    blocks = [match[0] for match in _BLOCK.finditer(page) if b"ld+json" not in match[0]]
    filling = b"".join(blocks) or b"<p>More of the same.</p>"
    head, end, tail = page.rpartition(b"</body>")
    while len(page) < BYTES:
        head += filling
        page = head + end + tail
    return page


def read(page: bytes) -> None:
    """Read a page for its product, or for why it shows none."""
    with contextlib.suppress(CatalogError):
        parse_product(page, "https://shop.example/p/1")


def parse_alone(page: bytes) -> None:
    """What lxml needs for the tree alone."""
    document_fromstring(page, parser=HTMLParser(encoding="utf-8"))


def milliseconds(pages: list[bytes], work: Callable[[bytes], None]) -> list[float]:
    """The best of three times for each page."""
    best = []
    for page in pages:
        times = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            work(page)
            times.append((time.perf_counter() - began) * 1000)
        best.append(min(times))
    return best


def main() -> int:
    """Print the times; 1 when the median is above the limit."""
    pages = [grown(path.read_bytes()) for path in sorted(PAGES.glob("*.html"))]
    milliseconds(pages[:5], read)
    times, bare = milliseconds(pages, read), milliseconds(pages, parse_alone)
    median = statistics.median(times)
    print(f"pages                {len(pages)} of {statistics.mean(map(len, pages)) / 1000:.0f} KB")
    print(
        f"median               {median:6.1f} ms  {median / MILLISECONDS:.2f} of the limit of 60 ms"
    )
    print(f"slowest              {max(times):6.1f} ms")
    print(f"lxml alone           {statistics.median(bare):6.1f} ms  the rest is "
          f"{median / statistics.median(bare):.1f} times that")  # fmt: skip
    return int(median > MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
