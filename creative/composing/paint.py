"""Painting with soft edges: shapes as distances, colours as planes, and one canvas to hold them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from coloraide import Color
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from creative.background import BACKGROUND_SIZE, Box
from creative.prefill import Layout

Floats = NDArray[np.floating[Any]]

WIDTH, HEIGHT = BACKGROUND_SIZE
WHOLE = Box(0, 0, WIDTH, HEIGHT)
_COARSE = 4
_GRAIN = 1.4 / 255
_GRAIN_TILE = 512
_ROWS = 40


@lru_cache(maxsize=1)
def _grain() -> Floats:
    noise = np.random.default_rng(7).standard_normal((_GRAIN_TILE, _GRAIN_TILE), np.float32)
    rows, columns = -(-HEIGHT // _GRAIN_TILE), -(-WIDTH // _GRAIN_TILE)
    grain: Floats = np.tile(noise * np.float32(_GRAIN * 255) + np.float32(0.5), (rows, columns))
    return grain[:HEIGHT, :WIDTH]


def clip_to_canvas(left: float, top: float, right: float, bottom: float) -> Box:
    """The part of a rectangle that lies on the background, at least one pixel of it."""
    x0, y0 = min(max(0, int(left)), WIDTH - 1), min(max(0, int(top)), HEIGHT - 1)
    return Box(x0, y0, max(x0 + 1, min(WIDTH, int(right))), max(y0 + 1, min(HEIGHT, int(bottom))))


def grid(within: Box = WHOLE, step: int = 1) -> tuple[Floats, Floats]:
    """The x (1 × width) and y (height × 1) of the pixels' centres inside `within`."""
    x = np.arange(within.left, within.right, step, dtype=np.float32)[None, :] + step / 2
    y = np.arange(within.top, within.bottom, step, dtype=np.float32)[:, None] + step / 2
    return x, y


def smooth(value: Floats, start: float, end: float) -> Floats:
    """0 at `start`, 1 at `end`, without a corner (smoothstep)."""
    t = np.clip((value - start) / (end - start), 0, 1)
    eased: Floats = t * t * (3 - 2 * t)
    return eased


def pool(x: Floats, y: Floats, middle: tuple[float, float], reach: tuple[float, float]) -> Floats:
    """A pool of light: 1 at its middle, falling off like a bell."""
    along = np.exp(-(((x - middle[0]) / reach[0]) ** 2))
    light: Floats = along * np.exp(-(((y - middle[1]) / reach[1]) ** 2))
    return light


def away_from_words(layout: Layout, x: Floats, y: Floats) -> Floats:
    """1 on the product's side of a background, 0 where words stand, without an edge between."""
    if layout == "center":
        return smooth(y, 730, 430) * np.ones_like(x)
    return (smooth(x, 760, 1180) if layout == "left" else smooth(x, 1160, 740)) * np.ones_like(y)


def coverage(distance: Floats, softness: float = 1.0) -> Floats:
    """How much of a pixel a shape covers, from the distance to its edge (negative inside)."""
    covered: Floats = np.clip(0.5 - distance / softness, 0, 1)
    return covered


def circle(x: Floats, y: Floats, middle: tuple[float, float], radius: float) -> Floats:
    """The distance to a circle's edge."""
    distance: Floats = np.sqrt((x - middle[0]) ** 2 + (y - middle[1]) ** 2) - np.float32(radius)
    return distance


def ellipse(
    x: Floats, y: Floats, middle: tuple[float, float], radii: tuple[float, float]
) -> Floats:
    """The distance to an upright ellipse's edge, exact close to it."""
    u, v = (x - middle[0]) / radii[0], (y - middle[1]) / radii[1]
    length = np.sqrt(u * u + v * v)
    slope = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2)
    distance: Floats = length * (length - 1) / np.maximum(slope, 1e-6)
    return distance


def rounded(x: Floats, y: Floats, box: Box, radius: float) -> Floats:
    """The distance to the edge of a rectangle with round corners."""
    u = np.abs(x - (box.left + box.right) / 2) - np.float32(box.width / 2 - radius)
    v = np.abs(y - (box.top + box.bottom) / 2) - np.float32(box.height / 2 - radius)
    outside = np.sqrt(np.maximum(u, 0) ** 2 + np.maximum(v, 0) ** 2)
    distance: Floats = outside + np.minimum(np.maximum(u, v), 0) - np.float32(radius)
    return distance


def arch(x: Floats, y: Floats, box: Box) -> Floats:
    """The distance to the edge of an arch: a half circle on a rectangle, as wide as `box`."""
    radius = box.width / 2
    middle = ((box.left + box.right) / 2, box.top + radius)
    legs = np.abs(x - middle[0]) - np.float32(radius)
    head = circle(x, y, middle, radius)
    distance: Floats = np.maximum(np.where(y < middle[1], head, legs), y - np.float32(box.bottom))
    return distance


@lru_cache(maxsize=256)
def rgb(color: str) -> tuple[float, float, float]:
    """Red, green and blue of `#RRGGBB`, each 0 to 1."""
    red, green, blue = Color(color).convert("srgb").coords()
    return float(red), float(green), float(blue)


@lru_cache(maxsize=256)
def between(first: str, second: str, share: float) -> str:
    """The colour a `share` of the way from `first` to `second`, mixed in OKLab."""
    return Color(first).mix(second, share, space="oklab").convert("srgb").to_string(hex=True)


def soften(mask: Floats, radius: float) -> Floats:
    """A mask blurred by `radius` pixels (standard deviation), done at a quarter of its size."""
    height, width = mask.shape
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    size = (max(1, width // _COARSE), max(1, height // _COARSE))
    small = image.resize(size, Image.Resampling.BOX)
    blurred = small.filter(ImageFilter.GaussianBlur(radius / _COARSE))
    return np.asarray(blurred.resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255


def soft(distance: Callable[[Floats, Floats], Floats], radius: float, within: Box) -> Floats:
    """A shape blurred by `radius` pixels (standard deviation), from the distance to its edge.

    Worked out at a quarter of the size of `within`, which is enough from 4 pixels on.
    """
    covered = coverage(distance(*grid(within, _COARSE)), _COARSE)
    image = Image.fromarray((covered * 255).astype(np.uint8))
    blurred = image.filter(ImageFilter.GaussianBlur(radius / _COARSE))
    size = (image.width * _COARSE, image.height * _COARSE)
    full = np.asarray(blurred.resize(size, Image.Resampling.BILINEAR))
    return full[: within.height, : within.width].astype(np.float32) / 255


def enlarged(field: Floats, size: tuple[int, int]) -> Floats:
    """A field (height × width) brought to `size` (width, height), smoothly."""
    image = Image.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.float32)


def _enlarge_fourfold(coarse: Floats, full: Floats) -> None:
    """Fill `full` with a field of a quarter of its size, smoothly."""
    rows = np.empty((coarse.shape[0], full.shape[1]), np.float32)
    for source, target in ((coarse.T, rows.T), (rows, full)):
        before = np.concatenate([source[:1], source[:-1]])
        after = np.concatenate([source[1:], source[-1:]])
        for place, (share, other) in enumerate(
            ((0.375, before), (0.125, before), (0.125, after), (0.375, after))
        ):
            target[place::_COARSE] = source + np.float32(share) * (other - source)


class Wash:
    """The soft ground of a picture, painted at a quarter of its size and enlarged once."""

    def __init__(self, color: str) -> None:
        shape = (3, HEIGHT // _COARSE, WIDTH // _COARSE)
        self.planes: Floats = np.empty(shape, np.float32)
        self.x, self.y = grid(WHOLE, _COARSE)
        for plane, value in zip(self.planes, rgb(color), strict=True):
            plane[:] = value

    def paint(self, mask: Floats, color: str, strength: float = 1.0) -> None:
        """Cover with `color` where `mask` (270 × 480, from `x` and `y`) says."""
        for plane, value in zip(self.planes, rgb(color), strict=True):
            plane += mask * np.float32(strength) * (np.float32(value) - plane)

    def lay(self, picture: Image.Image, mask: Floats) -> None:
        """Cover with a picture (RGB, 480 × 270 pixels) as far as `mask` says."""
        values = np.asarray(picture, np.float32) / 255
        for channel, plane in enumerate(self.planes):
            plane += mask * (values[..., channel] - plane)

    def light(self, middle: tuple[float, float], reach: tuple[float, float],
              color: str, strength: float) -> None:  # fmt: skip
        """A pool of light, or of dark, on the ground."""
        self.paint(pool(self.x, self.y, middle, reach), color, strength)


class Canvas:
    """A picture being painted: three planes of 1080 × 1920, 0 to 1.

    Every stroke covers the part `within`, and takes a mask of just that size.
    """

    def __init__(self, wash: Wash) -> None:
        self.planes: Floats = np.empty((3, HEIGHT, WIDTH), np.float32)
        for plane, coarse in zip(self.planes, wash.planes, strict=True):
            _enlarge_fourfold(coarse, plane)

    def _parts(self, within: Box) -> Floats:
        return self.planes[:, within.top : within.bottom, within.left : within.right]

    def paint(self, mask: Floats, color: str, strength: float = 1.0, within: Box = WHOLE) -> None:
        """Cover with `color` where `mask` says."""
        share = mask * np.float32(strength)
        for plane, value in zip(self._parts(within), rgb(color), strict=True):
            plane += share * (np.float32(value) - plane)

    def paint_ramp(
        self, mask: Floats, colors: tuple[str, str], along: Floats, within: Box = WHOLE
    ) -> None:
        """Cover with the colours from the first (`along` 0) to the second (1), mixed in OKLab.

        `along` may be a row or a column, which is far quicker than a whole field.
        """
        steps = np.linspace(0, 1, 9)
        table = np.array([rgb(between(*colors, float(step))) for step in steps])
        for channel, plane in enumerate(self._parts(within)):
            color = np.interp(along, steps, table[:, channel]).astype(np.float32)
            plane += mask * (color - plane)

    def darken(
        self, mask: Floats, strength: float, color: str = "#000000", within: Box = WHOLE
    ) -> None:
        """Lay a shadow: multiply by `color` where `mask` says, as far as `strength` allows."""
        share = mask * np.float32(strength)
        for plane, value in zip(self._parts(within), rgb(color), strict=True):
            plane *= 1 - share * np.float32(1 - value)

    def lay(self, image: Image.Image, left: int, top: int, mask: Floats | None = None) -> None:
        """Lay a picture (RGB or RGBA) with its upper left corner at a place; overhang is lost.

        `mask`, when given, is as large as the picture.
        """
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + image.width, WIDTH), min(top + image.height, HEIGHT)
        if x0 >= x1 or y0 >= y1:
            return
        window = (x0 - left, y0 - top, x1 - left, y1 - top)
        values = np.asarray(image.convert("RGBA").crop(window), np.float32) / 255
        share: Floats = values[..., 3]
        if mask is not None:
            share = share * mask[window[1] : window[3], window[0] : window[2]]
        for channel, plane in enumerate(self._parts(Box(x0, y0, x1, y1))):
            plane += share * (values[..., channel] - plane)

    def image(self) -> Image.Image:
        """The picture, RGB, with a fine grain that keeps gradients from showing bands."""
        grain = _grain()
        pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        # A few rows at a time stay in the processor's cache.
        for top in range(0, HEIGHT, _ROWS):
            rows = slice(top, top + _ROWS)
            for channel, plane in enumerate(self.planes):
                values = plane[rows] * np.float32(255)
                values += grain[rows]
                pixels[rows, :, channel] = np.clip(values, 0, 255, out=values)
        return Image.fromarray(pixels)
