"""Subtle patterns for walls, floors and the shapes behind a frame."""

import numpy as np
from PIL import Image, ImageDraw

from creative.background import Box
from creative.composing.paint import WHOLE, Floats, coverage, enlarged, grid

_STEP = 2


def flutes(width: int, within: Box = WHOLE) -> tuple[Floats, Floats]:
    """A wall of upright half-round ribs, `width` pixels each, lit from the left: light and shade.

    Both are rows (1 × width), 0 to 1.
    """
    x, _ = grid(within)
    across = (x / width % 1) * 2 - 1
    rise = np.sqrt(1 - across * across)
    lit = np.clip(0.75 * rise - 0.6 * across - 0.35, 0, 1)
    shaded = np.clip(0.9 * across + 0.35 - 0.55 * rise, 0, 1)
    return lit, shaded


def contours(middle: tuple[float, float], gap: float, line: float, within: Box = WHOLE) -> Floats:
    """Lines of equal height round a hill at `middle`, `gap` pixels apart and `line` wide.

    Worked out at half the size, for the lines are soft.
    """
    x, y = grid(within, _STEP)
    u, v = x - np.float32(middle[0]), y - np.float32(middle[1])
    # Waves along both axes and across them bend circles into the lines of a map.
    bent = 46 * np.sin(u / 151 + 0.6) + 38 * np.sin(v / 117 + 1.9)
    bent = bent + 30 * np.sin((u + v) / 203 + 0.4) * np.ones_like(v)
    height = (np.sqrt(u * u + 1.5 * v * v) + bent) / np.float32(gap)
    off = np.abs(height - np.round(height)) * np.float32(gap)
    return enlarged(coverage(off - np.float32(line / 2), 2.4), (within.width, within.height))


def dots(gap: float, radius: float, within: Box = WHOLE) -> Floats:
    """A grid of dots, every second row moved by half a gap."""
    x, y = grid(within)
    row = np.floor(y / gap)
    u = ((x + (row % 2) * gap / 2) / gap % 1 - 0.5) * gap
    v = (y / gap % 1 - 0.5) * gap
    return coverage(np.sqrt(u * u + v * v) - np.float32(radius), 1.4)


def stripes(width: float, within: Box = WHOLE) -> Floats:
    """Slanting stripes, as wide as the gaps between them."""
    x, y = grid(within)
    along = (x + y) * np.float32(0.7071)
    off = np.abs((along / (2 * width) % 1) - 0.5) * np.float32(2 * width)
    return coverage(off - np.float32(width / 2), 1.4)


def chips(within: Box, seed: int) -> tuple[Floats, ...]:
    """Three kinds of stone chips, scattered as in terrazzo, each a mask of the size of `within`."""
    rng = np.random.default_rng(seed)
    masks = [Image.new("L", (within.width, within.height)) for _ in range(3)]
    pens = [ImageDraw.Draw(mask) for mask in masks]
    gap = 46
    for top in range(0, within.height + gap, gap):
        for left in range(0, within.width + gap, gap):
            middle = rng.uniform(-0.42, 0.42, 2) * gap + (left, top)
            size = gap * float(rng.choice([0.12, 0.2, 0.34], p=[0.45, 0.35, 0.2]))
            turns = np.sort(rng.uniform(0, 2 * np.pi, 6))
            reach = size * rng.uniform(0.6, 1.1, 6)
            corners = np.stack([np.cos(turns), np.sin(turns)], axis=1) * reach[:, None] + middle
            pens[int(rng.integers(3))].polygon([(float(u), float(v)) for u, v in corners], fill=255)
    return tuple(np.asarray(mask, np.float32) / 255 for mask in masks)
