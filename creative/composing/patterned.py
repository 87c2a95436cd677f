"""Scenes whose ground has a subtle pattern, strong beside the product and lost at the words."""

import numpy as np
from PIL import Image

from creative.background import Box
from creative.colors import Palette, lightness_and_chroma
from creative.composing.backdrop import Spot, cast_on_floor, floor, settle, wall
from creative.composing.paint import (
    HEIGHT,
    WIDTH,
    Canvas,
    Floats,
    between,
    clip_to_canvas,
    coverage,
    grid,
    rounded,
    smooth,
    soft,
)
from creative.composing.patterns import chips, contours, flutes


def near_product(x: Floats, spot: Spot) -> Floats:
    """1 beside the product, and nearly 0 where words stand."""
    if not spot.away:
        return smooth(np.abs(x - np.float32(spot.middle)), 900, 500)
    # The words are on the side that the product is away from.
    return smooth((x - np.float32(spot.middle)) * spot.away, -540, -350)


def paint_fluted(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """A wall of upright ribs, and a table before it."""
    canvas = Canvas(wall(palette, spot, 0.5))
    horizon = HEIGHT if spot.rest == "rise" else min(spot.floor - 58, HEIGHT)
    within = clip_to_canvas(0, 0, WIDTH, horizon)
    x, y = grid(within)
    near = near_product(x, spot)
    lit, shaded = flutes(56, within)
    fall = smooth(y, -420, 520)
    canvas.paint(near * np.ones_like(y), palette.surface, 0.55, within)
    canvas.paint(lit * near * fall, palette.glow, 0.6, within)
    canvas.darken(shaded * near * np.ones_like(y), 0.62, palette.shade, within)
    if spot.rest != "rise":
        floor(canvas, palette, spot, horizon, between(palette.background, palette.surface, 0.7))
        below = clip_to_canvas(spot.middle - 640, horizon, spot.middle + 640, horizon + 60)
        u, v = grid(below)
        close = smooth(v, horizon + 60, horizon) * near_product(u, spot)
        canvas.darken(close * smooth(np.abs(u - spot.middle), 640, 300), 0.3, within=below)
        cast_on_floor(canvas, palette, product, spot)
    settle(canvas, palette, product, spot, 0.95)
    return canvas


def paint_contours(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """The lines of a map round the product, and a floor that is only hinted at."""
    wash = wall(palette, spot, 0.35)
    centre = (spot.box.top + min(spot.box.bottom, HEIGHT)) / 2
    wash.light((spot.middle, centre), (520, 460), palette.surface, 0.85)
    wash.light((spot.middle - 60, centre - 90), (300, 280), palette.glow, 0.6)
    canvas = Canvas(wash)
    calm = HEIGHT if spot.away else 690
    around = clip_to_canvas(spot.middle - 900, 0, spot.middle + 900, calm)
    x, y = grid(around)
    lines = contours((spot.middle, centre), 58, 2.6, around)
    shown = near_product(x, spot)
    if not spot.away:
        shown = shown * smooth(y, calm, calm - 170)
    bright = lightness_and_chroma(palette.background)[0] > 0.6
    tone = between(palette.shade, palette.accent, 0.25) if bright else palette.glow
    canvas.paint(lines * shown, tone, 0.5, around)
    if spot.rest != "rise":
        horizon = min(spot.floor - 40, HEIGHT)
        floor(canvas, palette, spot, horizon, between(palette.background, palette.surface, 0.75))
        cast_on_floor(canvas, palette, product, spot)
    settle(canvas, palette, product, spot, 0.95)
    return canvas


def paint_terrazzo(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """A block of terrazzo before a tall panel."""
    canvas = Canvas(wall(palette, spot, 0.6))
    base = min(spot.floor - 18, HEIGHT)
    width = float(np.clip(spot.box.width * 1.5, 460, 800 if spot.away else 1000))
    _tall_panel(canvas, palette, spot, base, width)
    if spot.rest == "rise":
        settle(canvas, palette, product, spot, 0.9)
        return canvas
    bottom = HEIGHT + 60 if spot.away else round(base) + 86
    block = Box(round(spot.middle - width / 2), round(base), round(spot.middle + width / 2), bottom)
    within = clip_to_canvas(block.left - 90, block.top - 4, block.right + 130, bottom + 110)
    x, y = grid(within)
    thrown = Box(block.left + 24, block.top + 60, block.right + 40, bottom + 22)
    canvas.darken(
        soft(lambda x, y: rounded(x, y, thrown, 16), 24, within), 0.5, palette.shade, within
    )
    body = coverage(rounded(x, y, block, 5))
    along = np.clip((x - block.left) / width, 0, 1)
    bright = between(palette.surface, palette.glow, 0.45)
    canvas.paint_ramp(body, (bright, between(palette.surface, palette.shade, 0.15)), along, within)
    for mask, tone, strength in zip(
        chips(within, 11), (palette.glow, palette.companion, palette.shade), (0.8, 0.75, 0.6),
        strict=True,
    ):  # fmt: skip
        canvas.paint(body * mask, tone, strength, within)
    canvas.darken(body * smooth(y, block.top + 30, block.top + 330), 0.4, palette.shade, within)
    lid = body * coverage(y - np.float32(block.top + 38), 1.5)
    lit = (palette.glow, between(palette.surface, palette.glow, 0.35))
    canvas.paint_ramp(lid, lit, along, within)
    face = Box(block.left, 0, block.right, block.top + 38)
    settle(canvas, palette, product, spot, 1.0, face)
    return canvas


def _tall_panel(canvas: Canvas, palette: Palette, spot: Spot, base: float, width: float) -> None:
    """A board that leans against the wall behind the product, a little to the side."""
    aside = 0.13 * width * (spot.away or 1)
    half = 0.36 * width
    top = max(40, spot.box.top - 70)
    board = Box(round(spot.middle + aside - half), top, round(spot.middle + aside + half),
                round(base) + 20)  # fmt: skip
    within = clip_to_canvas(board.left - 60, top - 40, board.right + 90, board.bottom + 70)
    x, y = grid(within)
    shadow = soft(lambda x, y: rounded(x - 16, y - 12, board, 20), 18, within)
    canvas.darken(shadow, 0.34, within=within)
    deep = between(palette.companion, palette.shade, 0.2)
    lit = between(palette.companion, palette.glow, 0.3)
    along = np.clip((y - top) / max(1, board.height), 0, 1)
    canvas.paint_ramp(coverage(rounded(x, y, board, 18)), (lit, deep), along, within)
