"""Pictures of a product, from the one that shows it best to the one that shows it least."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from catalog import duplicates
from catalog.clip import ClipEncoder, ClipUnavailable, Row, get_encoder
from catalog.clip_model import ClipModel, Pixels
from catalog.decoration import (
    DECORATION_TEXTS,
    PRODUCT_TEXTS,
    is_decoration,
    looks_like_decoration,
)
from catalog.duplicates import Fingerprint
from catalog.errors import CatalogError
from catalog.images import load_thumbnail
from catalog.product import ScrapedProduct
from catalog.product_text import describe
from catalog.ranked import PAGE_ORDER, Ranking, Role, ScoredImage, in_order
from settings import Settings, get_settings

_LOADED_AT_ONCE = 4  # of one product
_SIDE_WITHOUT_CLIP = 128
_log = logging.getLogger(__name__)
_turns = itertools.count()
# Bounds the downloads of all rankings of the process together.
_loaders = ThreadPoolExecutor(16, thread_name_prefix="ranked-picture")
Value = TypeVar("Value")


async def rank_product_images_by_relevance(
    product: ScrapedProduct, image_urls: Sequence[str]
) -> list[str]:
    """The addresses from most to least relevant to the product; never raises for a picture.

    First what shows the product, each view once, then the same pictures again, then decoration
    (logos, size charts, badges, banners), then what could not be loaded.

    Raises:
        ClipUnavailable: the weights cannot be had, and `CTA_RANK_WITHOUT_CLIP` is not set.
    """
    ranking = await rank_pictures(product, image_urls)
    return [image.url for image in ranking.images]


async def rank_pictures(
    product: ScrapedProduct, image_urls: Sequence[str], settings: Settings | None = None
) -> Ranking:
    """The ranking with every score, as `rank_product_images_by_relevance` orders it.

    At most `CTA_MAX_RANKED_IMAGES` pictures are loaded, in the given order; the rest are left out.
    With `CTA_RANK_WITHOUT_CLIP` set and no weights to be had, pictures stay in the given order.

    Raises:
        ClipUnavailable: the weights cannot be had, and `CTA_RANK_WITHOUT_CLIP` is not set.
    """
    settings = settings or get_settings()
    urls = list(dict.fromkeys(image_urls))[: settings.max_ranked_images]
    encoder = get_encoder(settings)
    try:
        model = await asyncio.to_thread(encoder.load)
    except ClipUnavailable:
        if not settings.rank_without_clip:
            raise
        seen = await _look_at_all(urls, settings, None, None)
        return Ranking(in_order(_judge(urls, seen, None)), PAGE_ORDER)
    texts = asyncio.to_thread(_encode_texts, encoder, describe(product, model.fits))
    seen, words = await asyncio.gather(_look_at_all(urls, settings, encoder, model), texts)
    return Ranking(in_order(_judge(urls, seen, words)), encoder.model_name)


@dataclass(frozen=True)
class _Words:
    """Rows of length 1: of the product's text, of any product, of decoration."""

    product: Row
    products: Row
    decoration: Row


@dataclass(frozen=True)
class _Seen:
    """A picture that was loaded; `row` is None without CLIP."""

    url: str
    width: int
    height: int
    fingerprint: Fingerprint
    row: Row | None


def _encode_texts(encoder: ClipEncoder, text: str) -> _Words:
    rows = encoder.encode_texts([text, *PRODUCT_TEXTS, *DECORATION_TEXTS])
    general = 1 + len(PRODUCT_TEXTS)
    return _Words(product=rows[0], products=rows[:general], decoration=rows[general:])


async def _look_at_all(
    urls: Sequence[str],
    settings: Settings,
    encoder: ClipEncoder | None,
    model: ClipModel | None,
) -> list[_Seen]:
    """Load and encode, each picture on its own, so that downloads do not wait for the encoder.

    Of several rankings the one that began first is encoded first: its product goes on meanwhile,
    and another's pictures are loaded.
    """
    turn = next(_turns)
    places = asyncio.Semaphore(_LOADED_AT_ONCE)

    async def look(url: str) -> _Seen | None:
        async with places:
            loaded = await _in_a_loader(lambda: _load(url, settings, model))
        if loaded is None:
            return None
        seen, pixels = loaded
        if encoder is None or pixels is None:
            return seen
        row = await asyncio.wrap_future(encoder.submit(pixels, turn))
        return _Seen(seen.url, seen.width, seen.height, seen.fingerprint, row)

    looked_at = await asyncio.gather(*(look(url) for url in urls))
    return [seen for seen in looked_at if seen is not None]


async def _in_a_loader(work: Callable[[], Value]) -> Value:
    return await asyncio.get_running_loop().run_in_executor(_loaders, work)


def _load(
    url: str, settings: Settings, model: ClipModel | None
) -> tuple[_Seen, Pixels | None] | None:
    try:
        side = model.side if model else _SIDE_WITHOUT_CLIP
        thumbnail = load_thumbnail(url, side, settings=settings)
        seen = _Seen(
            url, thumbnail.width, thumbnail.height, Fingerprint.of(thumbnail.picture), None
        )
        return seen, model.prepare(thumbnail.picture) if model else None
    except CatalogError:
        return None
    except Exception:
        # A decoder may fail in ways of its own, and one picture must not stop a ranking.
        _log.exception("The picture at %s could not be read.", url)
        return None


def _judge(urls: Sequence[str], seen: Sequence[_Seen], words: _Words | None) -> list[ScoredImage]:
    """Each picture's scores and role, in the given order."""
    scored = [_score(picture, words) for picture in seen]
    shown = [place for place, image in enumerate(scored) if image.role is Role.PRODUCT]
    for same in duplicates.group([seen[place].fingerprint for place in shown]):
        places = [shown[index] for index in same]
        kept = max(places, key=lambda place: seen[place].width * seen[place].height)
        for place in places:
            if place != kept:
                image = scored[place]
                scored[place] = ScoredImage(
                    image.url,
                    Role.DUPLICATE,
                    image.score,
                    image.decoration_score,
                    duplicate_of=scored[kept].url,
                )
    known = {image.url: image for image in scored}
    return [known.get(url) or ScoredImage(url, Role.UNLOADED) for url in urls]


def _score(picture: _Seen, words: _Words | None) -> ScoredImage:
    decoration = looks_like_decoration(picture.fingerprint, picture.width, picture.height)
    if words is None or picture.row is None:
        return ScoredImage(picture.url, Role.DECORATION if decoration else Role.PRODUCT)
    score = float(picture.row @ words.product)
    products = float(np.max(words.products @ picture.row))
    against = float(np.max(words.decoration @ picture.row))
    decoration = decoration or is_decoration(products, against)
    role = Role.DECORATION if decoration else Role.PRODUCT
    return ScoredImage(picture.url, role, score, against)
