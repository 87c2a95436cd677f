"""Pictures of a product, from the one that shows it best to the one that shows it least."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from catalog.clip import ClipEncoder, get_encoder
from catalog.errors import CatalogError
from catalog.images import load_picture
from catalog.product import ScrapedProduct
from settings import Settings, get_settings

_DOWNLOADS_AT_ONCE = 4
_LONGEST_SIDE = 512


@dataclass(frozen=True)
class ScoredImage:
    """A picture's address and its score: the cosine of picture and text, None if not loaded."""

    url: str
    score: float | None


def describe(product: ScrapedProduct) -> str:
    """The text that stands for a product before CLIP, in the form of its training captions."""
    named = product.title
    if product.brand and product.brand.casefold() not in product.title.casefold():
        named = f"{named} by {product.brand}"
    return f"a photo of {named}"


async def rank_product_images_by_relevance(
    product: ScrapedProduct, image_urls: Sequence[str]
) -> list[str]:
    """The addresses from most to least relevant to the product; never raises for a picture.

    Pictures that cannot be loaded come last, in their given order.
    """
    return [image.url for image in await score_product_images(product, image_urls)]


async def score_product_images(
    product: ScrapedProduct, image_urls: Sequence[str], settings: Settings | None = None
) -> list[ScoredImage]:
    """The pictures with their scores, best first; those that cannot be loaded last.

    At most `CTA_MAX_RANKED_IMAGES` pictures are loaded, in the given order; the rest are left out.

    Raises:
        ClipUnavailable: the weights cannot be had.
    """
    settings = settings or get_settings()
    urls = list(dict.fromkeys(image_urls))[: settings.max_ranked_images]
    places = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)

    async def load(url: str) -> Image.Image | None:
        async with places:
            return await asyncio.to_thread(_load_small, url, settings)

    pictures = await asyncio.gather(*(load(url) for url in urls))
    loaded = [(url, picture) for url, picture in zip(urls, pictures, strict=True) if picture]
    scores = await asyncio.to_thread(
        _scores, get_encoder(settings), describe(product), [picture for _, picture in loaded]
    )
    score_of = {url: score for (url, _), score in zip(loaded, scores, strict=True)}
    ranked = sorted(score_of, key=lambda url: -score_of[url])
    unloaded = [url for url in urls if url not in score_of]
    return [ScoredImage(url, score_of.get(url)) for url in (*ranked, *unloaded)]


def _load_small(url: str, settings: Settings) -> Image.Image | None:
    try:
        picture = load_picture(url, settings=settings)
    except CatalogError:
        return None
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return picture


def _scores(encoder: ClipEncoder, text: str, pictures: list[Image.Image]) -> list[float]:
    if not pictures:
        return []
    cosines = encoder.encode_images(pictures) @ encoder.encode_texts([text])[0]
    return [float(cosine) for cosine in cosines]


def choose_images(scored: Sequence[ScoredImage], count: int) -> list[str]:
    """`count` addresses of loaded pictures in ranked order, starting again from the best.

    Empty when no picture could be loaded.
    """
    usable = [image.url for image in scored if image.score is not None]
    return [usable[index % len(usable)] for index in range(count)] if usable else []
