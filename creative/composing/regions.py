"""Regions of a small picture: filling, growing, smoothing and counting them, whole rows at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Flags = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]

_ANY = [0] + [255] * 255


@dataclass(frozen=True)
class Components:
    """The connected parts of a region.

    `runs` (height × width) numbers the runs of each row where `region` is, and `of_run` says to
    which part each belongs; `sizes` are the parts' pixels.
    """

    region: Flags
    runs: NDArray[np.int32]
    of_run: NDArray[np.int32]
    sizes: NDArray[np.int64]

    def reached(self, seeds: Flags) -> Flags:
        """The parts that hold one of `seeds`, as a region."""
        return self.holding(self.parts_at(seeds))

    def parts_at(self, seeds: Flags) -> NDArray[np.int32]:
        """The parts that hold one of `seeds`, in ascending order."""
        return np.unique(self.of_run[self.runs[self.region & seeds]])

    def holding(self, parts: NDArray[np.int32]) -> Flags:
        """These parts as a region."""
        hit = np.zeros(len(self.sizes), np.bool_)
        hit[parts] = True
        if not len(self.of_run):
            return np.zeros_like(self.region)
        reached: Flags = hit[self.of_run][self.runs] & self.region
        return reached


def components(region: Flags) -> Components:
    """The parts of `region` that hang together by steps up, down, left and right.

    Runs of pixels are joined where they touch, so that their number counts, and not the pixels'.
    """
    starts = region.copy()
    starts[:, 1:] &= ~region[:, :-1]
    runs = np.cumsum(starts, dtype=np.int32).reshape(region.shape) - 1
    both = region[:-1] & region[1:]
    touch = both.copy()
    touch[:, 1:] &= ~both[:, :-1]
    count = int(starts.sum())
    of_run = _joined(count, runs[:-1][touch], runs[1:][touch])
    lengths = np.bincount(runs[region], minlength=count)
    sizes = np.zeros(count, np.int64)
    np.add.at(sizes, of_run, lengths)
    return Components(region, np.maximum(runs, 0), of_run, sizes)


def _joined(count: int, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int32]:
    """The lowest number among those that pairs join each of `count` numbers to."""
    lowest = np.arange(count, dtype=np.int32)
    while True:
        joined = lowest.copy()
        ends = lowest[first], lowest[second]
        low = np.minimum(*ends)
        for end in ends:
            np.minimum.at(joined, end, low)
        while not np.array_equal(jumped := joined[joined], joined):
            joined = jumped
        if np.array_equal(joined, lowest):
            return lowest
        lowest = joined


def flood(passable: Flags, seeds: Flags) -> Flags:
    """The part of `passable` that is reached from `seeds` by steps up, down, left and right."""
    return components(passable).reached(seeds)


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
    """How many separate parts a region has; those under 1.5 % of it do not count."""
    return int((components(region).sizes >= max(1, 0.015 * region.sum())).sum())


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
