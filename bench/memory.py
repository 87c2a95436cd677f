"""Memory does not grow with the number of products: `make bench-memory`.

One process ranks 1,000 products of four pictures each, every address a new one, with the bundled
micro CLIP. The peak of its resident memory after 10 products, after 200 and after 1,000 is printed;
what the first 200 add is the byte cache (16 MiB) and the threads filling up. Exits with 1 when the
1,000 hold more than `LARGEST_GROWTH` times what the 200 do.
"""

import asyncio
import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

LARGEST_GROWTH = 1.03
LARGEST_GROWTH_FROM_TEN = 1.15
PICTURES_OF_A_PRODUCT = 4
SOURCES_AT_ONCE = 4


def main() -> int:
    """Print the peaks and their ratio; 1 when the limit is missed."""
    os.environ["CTA_CLIP_MODEL"] = "micro"
    from bench.picture_server import draw_photographs, served
    from settings import get_settings

    photographs = get_settings().data_dir / "bench" / "photographs"
    draw_photographs(photographs, 40)
    with served(photographs, 0) as url:
        os.environ["CTA_ALLOWED_PRIVATE_HOSTS"] = urlsplit(url).netloc
        get_settings.cache_clear()
        import flows  # noqa: F401 (its setting of the memory belongs to the measurement)

        peaks: dict[int, int] = {}
        with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
            ranked = 0
            for until in (10, 200, 1_000):
                list(pool.map(lambda number: rank(url, number), range(ranked, until)))
                ranked = until
                # In KiB, as Linux gives it (getrusage(2)).
                peaks[until] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for products, peak in peaks.items():
        print(f"peak after {products:5,} products   {peak / 1e6:5.0f} MB")
    late, whole = peaks[1_000] / peaks[200], peaks[1_000] / peaks[10]
    print(f"1,000 against 200   {late:.3f}   limit {LARGEST_GROWTH}")
    print(f"1,000 against 10    {whole:.3f}   limit {LARGEST_GROWTH_FROM_TEN}")
    return int(late > LARGEST_GROWTH or whole > LARGEST_GROWTH_FROM_TEN)


def rank(url: str, number: int) -> None:
    """Rank the pictures of one product."""
    from catalog.product import ScrapedProduct
    from catalog.ranking import rank_product_images_by_relevance

    first = number * PICTURES_OF_A_PRODUCT
    urls = [f"{url}/memory/{first + step}.jpg" for step in range(PICTURES_OF_A_PRODUCT)]
    product = ScrapedProduct(url=url, title=f"Kettle {number}", brand="Norrland")
    assert len(asyncio.run(rank_product_images_by_relevance(product, urls))) == len(urls)


if __name__ == "__main__":
    sys.exit(main())
