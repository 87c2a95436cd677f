"""Pictures from addresses: downloaded within bounds, decoded from an allow list of formats."""

import io
import threading
import warnings

from cachetools import LRUCache
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.errors import PictureUnreadable, TooLarge
from catalog.page import fetch
from settings import Settings, get_settings

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_LONGEST_SIDE = 12_000
_CACHE_BYTES = 64 * 1024 * 1024
_cache: LRUCache[str, bytes] = LRUCache(maxsize=_CACHE_BYTES, getsizeof=len)
_cache_lock = threading.Lock()


def load_picture(url: str, *, settings: Settings | None = None) -> Image.Image:
    """Download and decode one picture: upright, RGB, or RGBA where it has transparency.

    The bytes of the pictures used last are kept in memory (64 MiB a process), because one
    picture is asked for by its ranking and by both halves of each preview.

    Raises:
        CatalogError: it could not be downloaded, is too large, or is not a picture.
    """
    settings = settings or get_settings()
    with _cache_lock:
        body = _cache.get(url)
    if body is None:
        body = fetch(url, max_bytes=settings.max_image_bytes, settings=settings).body
        if len(body) < _CACHE_BYTES:
            with _cache_lock:
                _cache[url] = body
    return decode_picture(body, url, max_pixels=settings.max_image_pixels)


def decode_picture(body: bytes, url: str, *, max_pixels: int) -> Image.Image:
    """Decode the first frame of a picture file; its size is checked before its pixels are read.

    Raises:
        TooLarge: more than `max_pixels`, or more than 12,000 on one side.
        PictureUnreadable: not a picture of an allowed format, or a broken one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > max_pixels or max(width, height) > _LONGEST_SIDE:
                    raise TooLarge(url, f"The picture has {width}×{height} pixels, too many.")
                picture.load()
                upright = _upright(picture)
                return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
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
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:
        return picture
