"""Where a shape lies on a layer, and which way its surface faces there.

Normals are float32 of shape (3, height, width): x to the right, y down, z to the viewer.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Bounds = tuple[int, int, int, int]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Mask:
    """A shape: `image` (mode L, 255 inside) with its corner at (`left`, `top`) pixels."""

    image: Image.Image
    left: int
    top: int

    @property
    def bounds(self) -> Bounds:
        """Left, top, right and bottom on the layer, in pixels; right and bottom lie outside."""
        return (self.left, self.top, self.left + self.image.width, self.top + self.image.height)

    def window(self, bounds: Bounds) -> Image.Image:
        """The mask as seen in that part of the layer, 0 where it does not reach."""
        left, top, right, bottom = bounds
        return self.image.crop(
            (left - self.left, top - self.top, right - self.left, bottom - self.top)
        )

    def softened(self, radius: float) -> "Mask":
        """The mask blurred by that many pixels."""
        reach = math.ceil(radius * 2.6)
        left, top, right, bottom = self.bounds
        grown = self.window((left - reach, top - reach, right + reach, bottom + reach))
        return Mask(grown.filter(ImageFilter.GaussianBlur(radius)), left - reach, top - reach)


def puff_normals(mask: Mask, bounds: Bounds, radius: float) -> Floats:
    """An inflated shape, flat in the middle, its edge curving away over `radius` pixels."""
    soft = mask.softened(max(1.0, radius * 0.6)).window(bounds)
    # A second blur takes out the steps of the first one's eight bits, which would band.
    steps = np.asarray(soft, dtype=np.float32) / np.float32(255)
    height = _smoothed(steps, max(1, round(radius * 0.08)))
    top = float(height.max())
    depth = np.clip((height - 0.5) / max(0.05, top - 0.5), 0, 1)
    slope_y, slope_x = np.gradient(height)
    steepness = np.hypot(slope_x, slope_y)
    scale = np.sqrt(1 - depth**2) / (steepness + 0.06 / max(1.0, radius))
    return np.stack([-slope_x * scale, -slope_y * scale, np.maximum(depth, 0.08)]).astype(
        np.float32
    )


def _smoothed(values: Floats, reach: int) -> Floats:
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if i == axis else (0, 0) for i in (0, 1)], "edge")
        total = np.cumsum(padded, axis=axis, dtype=np.float64)
        width = 2 * reach
        size = values.shape[axis]
        upper = np.take(total, np.arange(width, width + size), axis=axis)
        lower = np.take(total, np.arange(0, size), axis=axis)
        values = np.asarray((upper - lower) / width, dtype=np.float32)
    return values


def column_normals(inside: Image.Image) -> Floats:
    """A turned body about an upright axis, as wide in each row as the shape is there."""
    solid = np.asarray(inside) > 127
    width = solid.shape[1]
    left = np.where(solid.any(axis=1), solid.argmax(axis=1), 0).astype(np.float32)
    right = np.where(solid.any(axis=1), width - 1 - solid[:, ::-1].argmax(axis=1), width - 1)
    middle, half = (left + right) / 2, np.maximum((right - left) / 2, 1)
    x = (np.arange(width, dtype=np.float32)[None, :] - middle[:, None]) / half[:, None]
    x = np.clip(x, -1, 1)
    z = np.sqrt(np.maximum(1 - x**2, 0.01))
    tilt = np.linspace(-0.12, 0.12, solid.shape[0], dtype=np.float32)[:, None]
    return np.stack([x, np.broadcast_to(tilt, x.shape), z]).astype(np.float32)


def ball_normals(inside: Image.Image) -> Floats:
    """A ball that fills the picture."""
    rows, columns = inside.height, inside.width
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    reach = np.sqrt(x**2 + y**2)
    over = np.where(reach > 0.995, 0.995 / np.maximum(reach, 1e-6), 1)
    x, y = x * over, y * over
    return np.stack([x, y, np.sqrt(np.maximum(1 - x**2 - y**2, 0.005))]).astype(np.float32)


def flat_normals(inside: Image.Image) -> Floats:
    """A sheet that is bent ever so slightly, so that the light falls off across it."""
    rows, columns = inside.height, inside.width
    y, x = np.mgrid[-0.3 : 0.3 : rows * 1j, -0.3 : 0.3 : columns * 1j].astype(np.float32)
    return np.stack([x, y, np.sqrt(1 - x**2 - y**2)]).astype(np.float32)
