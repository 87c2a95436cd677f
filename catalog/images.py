"""Pictures from addresses: downloaded within bounds, decoded from an allow list of formats."""

import contextlib
import io
import math
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
# A quarter more than the width of a background, which is all that is made of a picture.
_LONGEST_KEPT = 2_400
_BEGIN_OF_SCAN = b"\xff\xda"
_MOST_SCANS = 500
_MOST_SCANNED_PIXELS = 2_000_000_000
_CACHE_BYTES = 16 * 1024 * 1024
_REDUCING_GAP = 1.01
_cache: LRUCache[str, bytes] = LRUCache(maxsize=_CACHE_BYTES, getsizeof=len)
_cache_lock = threading.Lock()
# More decoders than cores would be no faster, and hold more pixels.
_decoders = threading.BoundedSemaphore(os.cpu_count() or 1)


def load_picture(url: str, *, settings: Settings | None = None) -> Image.Image:
    """Download and decode one picture: upright, RGB, or RGBA where it has transparency.

    One of more than 2,400 pixels on a side comes back smaller, for whoever makes previews of it
    may hold it for minutes. The bytes of the pictures used last are kept in memory (16 MiB a
    process), because one picture is asked for by its ranking and by both halves of each preview.

    Raises:
        CatalogError: it could not be downloaded, is too large, or is not a picture.
    """
    settings = settings or get_settings()
    body = _read(url, settings)
    with _decoders:
        return decode_picture(
            body, url, max_pixels=settings.max_image_pixels, longest_kept=_LONGEST_KEPT
        )


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


def decode_picture(
    body: bytes, url: str, *, max_pixels: int, longest_kept: int | None = None
) -> Image.Image:
    """Decode the first frame of a picture file; its size is checked before its pixels are read.

    Args:
        body: the file.
        url: where it was read, for errors.
        max_pixels: a picture of more is refused.
        longest_kept: the longer side of what comes back is at most this; None for all there is.

    Raises:
        TooLarge: more than `max_pixels`, or more than 12,000 on one side.
        PictureUnreadable: not a picture of an allowed format, or a broken one.
    """
    picture, _ = _decode(body, url, max_pixels, longest_kept=longest_kept)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if longest_kept is not None:
        size = (longest_kept, longest_kept)
        picture.thumbnail(size, Image.Resampling.BOX, reducing_gap=_REDUCING_GAP)
    return picture


def _decode(
    body: bytes,
    url: str,
    max_pixels: int,
    side: int | None = None,
    longest_kept: int | None = None,
) -> tuple[Image.Image, tuple[int, int]]:
    """The upright picture, in its file's own mode, and its size; perhaps smaller than that, but not
    below a shorter side of `side` or a longer one of `longest_kept`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > max_pixels or max(width, height) > _LONGEST_SIDE:
                    raise TooLarge(url, f"The picture has {width}×{height} pixels, too many.")
                _check_scans(picture, body, url)
                if longest_kept is not None and longest_kept < max(width, height):
                    side = math.ceil(longest_kept * min(width, height) / max(width, height))
                if side is not None:
                    draft(picture, side)
                picture.load()
                lying = picture.size
                upright = eight_bits(_upright(picture))
                if upright.size != lying:
                    width, height = height, width
                return upright, (width, height)
    except (TooLarge, PictureUnreadable):
        raise
    except Image.DecompressionBombError:
        raise TooLarge(url, "The picture has too many pixels.") from None
    except UnidentifiedImageError:
        raise PictureUnreadable(
            url, f"The file is not a picture of a known format ({', '.join(_FORMATS)})."
        ) from None
    except Exception as error:  # Decoders raise anything on files that were made to break them.
        raise PictureUnreadable(url, f"The picture is broken: {error}.") from None


def _check_scans(picture: Image.Image, body: bytes, url: str) -> None:
    """Refuse a JPEG that says its pixels so often that it would be decoded for hours.

    Each scan of a progressive one goes through all of them, however few bytes it has; shops'
    pictures have ten. In the data of a scan these two bytes never stand beside each other.
    """
    if picture.format not in ("JPEG", "MPO"):
        return
    scans = body.count(_BEGIN_OF_SCAN)
    if scans > _MOST_SCANS or scans * picture.width * picture.height > _MOST_SCANNED_PIXELS:
        raise PictureUnreadable(url, f"The picture is written in {scans} scans, too many to read.")


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF says; cameras and shops write EXIF that cannot be read."""
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(picture, in_place=True)
    return picture
