"""The picture that Gemini is given, and the one that it gives back."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter, ImageStat

from creative.background import BACKGROUND_SIZE, product_area
from creative.errors import GeneratorMadeNothing
from creative.prefill import Layout

CANVAS_SIZE = (1536, 864)
_READ_SIDE = 1024
_SMALLEST_SIDE = 256
_MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 90
_COMPARED = (64, 36)
_SAME = 1.0
_COARSE = 4
_REACH = 22
_SOFTNESS = 9


def as_seen(picture: Image.Image) -> Image.Image:
    """`picture` (any mode) for a model to look at: RGB, what is transparent on white, 1024 px."""
    prepared = _on_white(picture)
    prepared.thumbnail((_READ_SIDE, _READ_SIDE), Image.Resampling.LANCZOS)
    return prepared


def lay_out(picture: Image.Image, layout: Layout) -> Image.Image:
    """`picture` (any mode) where the product shall stand, on a canvas of 16:9, RGB, 1536 × 864.

    A model answers in the shape of what it is given. The picture's edge goes over softly into the
    colour that most of it has, so that there is no frame for the model to keep.
    """
    scale = CANVAS_SIZE[0] / BACKGROUND_SIZE[0]
    area = product_area(layout)
    placed = _on_white(picture)
    ratio = min(area.width * scale / placed.width, area.height * scale / placed.height)
    size = (max(1, round(placed.width * ratio)), max(1, round(placed.height * ratio)))
    placed = placed.resize(size, Image.Resampling.LANCZOS)
    left = round((area.left + area.right) / 2 * scale - size[0] / 2)
    top = round((area.top + area.bottom) / 2 * scale - size[1] / 2)
    canvas = _extended(placed, left, top)
    canvas.paste(placed, (left, top), _feathered(size))
    return canvas


def as_jpeg(picture: Image.Image) -> bytes:
    """`picture` (RGB) as a JPEG file."""
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=_QUALITY)
    return body.getvalue()


def decode_background(data: bytes, given: Image.Image) -> Image.Image:
    """The picture in the file `data` (JPEG, PNG or WebP), RGB, upright; its size is its own.

    Raises:
        GeneratorMadeNothing: it is none of these, is broken, too small or too large, or is
            `given`, the canvas that the model was to work on.
    """
    picture = _decode(data)
    small = picture.resize(_COMPARED, Image.Resampling.BOX)
    other = given.resize(_COMPARED, Image.Resampling.BOX)
    difference = ImageStat.Stat(ImageChops.difference(small, other)).mean
    if sum(difference) / len(difference) < _SAME:
        raise GeneratorMadeNothing("Gemini gave the picture back as it was.")
    return picture


def _decode(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            width, height = picture.size
            if min(width, height) >= _SMALLEST_SIDE and width * height <= _MOST_PIXELS:
                return _on_white(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise GeneratorMadeNothing("Gemini's picture cannot be decoded.") from None
    raise GeneratorMadeNothing(
        f"Gemini's picture has {width} × {height} pixels, which cannot be used."
    )


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert(
            "RGB"
        )
    return picture.convert("RGB")


def _extended(placed: Image.Image, left: int, top: int) -> Image.Image:
    """A canvas on which the edge of `placed`, at `left`, `top`, goes over into its usual colour."""
    width, height = (side // _COARSE for side in CANVAS_SIZE)
    left, top = left // _COARSE, top // _COARSE
    inner = (max(1, placed.width // _COARSE), max(1, placed.height // _COARSE))
    edge = np.asarray(placed.resize(inner, Image.Resampling.BOX))
    border = np.concatenate([edge[0], edge[-1], edge[:, 0], edge[:, -1]])
    backdrop = np.median(border, axis=0)
    sides = ((top, height - top - inner[1]), (left, width - left - inner[0]), (0, 0))
    near = np.pad(edge, sides, mode="edge")
    across = _outside(width, left, inner[0])[None, :]
    down = _outside(height, top, inner[1])[:, None]
    far = np.minimum(np.hypot(across, down) / _REACH, 1.0)[..., None]
    pixels = np.rint(near * (1 - far) + backdrop * far).astype(np.uint8)
    soft = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(_SOFTNESS))
    return soft.resize(CANVAS_SIZE, Image.Resampling.BICUBIC)


def _outside(length: int, start: int, inside: int) -> NDArray[np.float32]:
    """How far each of `length` pixels is from the `inside` ones that begin at `start`."""
    place = np.arange(length, dtype=np.float32)
    return np.maximum(np.maximum(start - place, place - (start + inside - 1)), 0)


def _feathered(size: tuple[int, int]) -> Image.Image:
    """A mask that is whole inside and fades out at the last pixels."""
    fade = max(1, min(size) // 40)
    mask = Image.new("L", size, 0)
    inside = (max(1, size[0] - 2 * fade), max(1, size[1] - 2 * fade))
    mask.paste(255, (fade, fade, fade + inside[0], fade + inside[1]))
    return mask.filter(ImageFilter.GaussianBlur(fade / 2))
