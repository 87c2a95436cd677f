"""Pictures from addresses: downloaded within bounds, decoded from an allow list of formats."""

import contextlib
import io
import os
import threading
import warnings
from dataclasses import dataclass

from cachetools import LRUCache
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.errors import PictureUnreadable, TooLarge
from catalog.page import fetch
from catalog.pixels import draft, eight_bits, on_white, reduced
from settings import Settings, get_settings

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_LONGEST_SIDE = 12_000
_CACHE_BYTES = 16 * 1024 * 1024
_cache: LRUCache[str, bytes] = LRUCache(maxsize=_CACHE_BYTES, getsizeof=len)
_cache_lock = threading.Lock()
# More decoders than cores would be no faster, and hold more pixels.
_decoders = threading.BoundedSemaphore(os.cpu_count() or 1)


def load_picture(url: str, *, settings: Settings | None = None) -> Image.Image:
    """Download and decode one picture: upright, RGB, or RGBA where it has transparency.

    The bytes of the pictures used last are kept in memory (16 MiB a process), because one
    picture is asked for by its ranking and by both halves of each preview.

    Raises:
        CatalogError: it could not be downloaded, is too large, or is not a picture.
    """
    settings = settings or get_settings()
    body = _read(url, settings)
    return decode_picture(body, url, max_pixels=settings.max_image_pixels)


@dataclass(frozen=True)
class Thumbnail:
    """A picture made small, RGB and upright, and the size in pixels that it has at its address."""

    picture: Image.Image
    width: int
    height: int


def load_thumbnail(url: str, side: int, *, settings: Settings | None = None) -> Thumbnail:
    """Download one picture and decode no more of it than a shorter side of `side` pixels needs.

    The shorter side is at least `side`, unless the picture itself is smaller; transparency is laid
    on white. The bytes are kept as `load_picture` keeps them.

    Raises:
        CatalogError: it could not be downloaded, is too large, or is not a picture.
    """
    settings = settings or get_settings()
    body = _read(url, settings)
    with _decoders:
        return decode_thumbnail(body, url, side, max_pixels=settings.max_image_pixels)


def decode_thumbnail(body: bytes, url: str, side: int, *, max_pixels: int) -> Thumbnail:
    """Decode a picture file as `load_thumbnail` does.

    Raises:
        TooLarge: more than `max_pixels`.
        PictureUnreadable: not a picture of an allowed format, or a broken one.
    """
    picture, (width, height) = _decode(body, url, max_pixels, side)
    return Thumbnail(reduced(on_white(picture), side), width, height)


def _read(url: str, settings: Settings) -> bytes:
    with _cache_lock:
        body = _cache.get(url)
    if body is None:
        body = fetch(url, max_bytes=settings.max_image_bytes, settings=settings).body
        if len(body) < _CACHE_BYTES:
            with _cache_lock:
                _cache[url] = body
    return body


def decode_picture(body: bytes, url: str, *, max_pixels: int) -> Image.Image:
    """Decode the first frame of a picture file; its size is checked before its pixels are read.

    Raises:
        TooLarge: more than `max_pixels`, or more than 12,000 on one side.
        PictureUnreadable: not a picture of an allowed format, or a broken one.
    """
    picture, _ = _decode(body, url, max_pixels)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _decode(
    body: bytes, url: str, max_pixels: int, side: int | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """The upright picture, in its file's own mode, and its size; where `side` is given, perhaps
    smaller than that, but not below `side`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > max_pixels or max(width, height) > _LONGEST_SIDE:
                    raise TooLarge(url, f"The picture has {width}×{height} pixels, too many.")
                if side is not None:
                    draft(picture, side)
                picture.load()
                lying = picture.size
                upright = eight_bits(_upright(picture))
                if upright.size != lying:
                    width, height = height, width
                return upright, (width, height)
    except TooLarge:
        raise
    except Image.DecompressionBombError:
        raise TooLarge(url, "The picture has too many pixels.") from None
    except UnidentifiedImageError:
        raise PictureUnreadable(
            url, f"The file is not a picture of a known format ({', '.join(_FORMATS)})."
        ) from None
    except Exception as error:  # Decoders raise anything on files that were made to break them.
        raise PictureUnreadable(url, f"The picture is broken: {error}.") from None


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF says; cameras and shops write EXIF that cannot be read."""
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(picture, in_place=True)
    return picture
