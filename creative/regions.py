"""Regions of a small picture: filling, growing, smoothing and counting them, whole rows at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Flags = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]

_ANY = [0] + [255] * 255


def flood(passable: Flags, seeds: Flags) -> Flags:
    """The part of `passable` that is reached from `seeds` by steps up, down, left and right.

    Whole runs are filled at once, rows and columns in turn, until nothing is added.
    """
    across = _runs(passable)
    down = np.ascontiguousarray(_runs(passable.T).T)
    reached = passable & seeds
    count = -1
    while (now := int(reached.sum())) != count:
        count = now
        for runs in (across, down):
            hit = np.zeros(passable.size + sum(passable.shape) + 1, np.bool_)
            hit[runs[reached]] = True
            reached = hit[runs] & passable
    return reached


def grow(flags: Flags, pixels: int) -> Flags:
    """`flags` and all that lies within `pixels` of one, measured along rows and columns."""
    image = Image.fromarray(flags.view(np.uint8) * np.uint8(255))
    for reach in ((pixels, 0), (0, pixels)):
        # A mean that rounds to 0 has no flag in it as long as it is one of under 500 pixels.
        image = image.filter(ImageFilter.BoxBlur(reach)).point(_ANY)
    return np.asarray(image) > 0


def step(flags: Flags) -> Flags:
    """`flags` and their neighbours above, below, left and right."""
    stepped = flags.copy()
    stepped[1:] |= flags[:-1]
    stepped[:-1] |= flags[1:]
    stepped[:, 1:] |= flags[:, :-1]
    stepped[:, :-1] |= flags[:, 1:]
    return stepped


def smoothed(region: Flags) -> Flags:
    """A region without single pixels and notches: the majority of five by five."""
    image = Image.fromarray(region.astype(np.uint8) * 255).filter(ImageFilter.MedianFilter(5))
    return np.asarray(image) > 0


def pieces(region: Flags) -> int:
    """How many separate parts a region has, up to twelve; those under 1.5 % of it do not count."""
    count, left = 0, region
    smallest = 0.015 * region.sum()
    for _ in range(12):
        if left.sum() < smallest:
            break
        start = np.zeros_like(left)
        start.flat[int(np.argmax(left))] = True
        one = flood(left, start)
        left = left & ~one
        count += int(one.sum() >= smallest)
    return count


def ring(height: int, width: int) -> Flags:
    """The border of a picture: a fiftieth of its longer side."""
    thickness = max(1, round(0.02 * max(height, width)))
    border = np.ones((height, width), np.bool_)
    border[thickness : height - thickness, thickness : width - thickness] = False
    return border


def steepness_of(pixels: Floats) -> Floats:
    """How fast colours change: the largest step of any channel to the next pixel."""
    across, down = np.zeros_like(pixels), np.zeros_like(pixels)
    across[:, 1:-1] = (pixels[:, 2:] - pixels[:, :-2]) / 2
    down[1:-1] = (pixels[2:] - pixels[:-2]) / 2
    steepest = np.maximum(np.abs(across), np.abs(down))
    steepness: Floats = np.maximum(np.maximum(steepest[..., 0], steepest[..., 1]), steepest[..., 2])
    return steepness


def _runs(passable: Flags) -> NDArray[np.int32]:
    breaks = ~passable
    breaks[:, 0] = True
    return np.cumsum(breaks, dtype=np.int32).reshape(passable.shape)
