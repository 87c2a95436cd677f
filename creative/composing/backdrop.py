"""The scenes in which a product that was cut out is shown. Light falls from the upper left."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from creative.background import Box
from creative.brief import Layout
from creative.colors import Palette, lightness_and_chroma
from creative.composing.paint import (
    HEIGHT,
    WHOLE,
    WIDTH,
    Canvas,
    Floats,
    Wash,
    arch,
    away_from_words,
    between,
    circle,
    clip_to_canvas,
    coverage,
    ellipse,
    grid,
    pool,
    rounded,
    smooth,
    soft,
    soften,
)
from creative.composing.shadows import cast_along, float_before, hover_over, reflect_below, stand_on


@dataclass(frozen=True)
class Spot:
    """Where the product is: its box in pixels of the background, and how it is held there.

    `rest` is "stand" on the floor, "hover" a little above it, "float" before a wall, or "rise"
    out of the picture's lower edge.
    """

    layout: Layout
    box: Box
    rest: str

    @property
    def middle(self) -> float:
        """The x of the product's middle."""
        return (self.box.left + self.box.right) / 2

    @property
    def floor(self) -> int:
        """The y on which the product stands, or would stand."""
        return self.box.bottom + (HOVER if self.rest == "hover" else 0)

    @property
    def span(self) -> float:
        """The size of shapes that go with the product: the mean of its sides, within bounds."""
        return float(np.clip((self.box.width + self.box.height) / 2, 300, 760))

    @property
    def away(self) -> int:
        """The side that is away from the words: 1 right, -1 left, 0 neither."""
        return {"left": 1, "right": -1, "center": 0}[self.layout]


HOVER = 34

Painter = Callable[[Palette, Spot, Image.Image], Canvas]


def wall(palette: Palette, spot: Spot, lift: float) -> Wash:
    """The ground of every scene: light behind the product, and darker corners away from it."""
    wash = Wash(palette.background)
    centre = (spot.box.top + min(spot.box.bottom, HEIGHT)) / 2
    aside = 0.3 + 0.7 * away_from_words(spot.layout, wash.x, wash.y)
    light = pool(wash.x, wash.y, (spot.middle - 120, centre - 140), (760, 640))
    wash.paint(light * aside, palette.glow, lift)
    sides = (spot.away,) if spot.away else (-1, 1)
    for side in sides:
        wash.light((spot.middle + 1000 * side, HEIGHT + 130), (860, 640), palette.shade, 0.36)
    return wash


def floor(canvas: Canvas, palette: Palette, spot: Spot, horizon: float, tone: str) -> None:
    """A floor below `horizon`, its far edge crisp at the product and lost towards the words."""
    within = clip_to_canvas(0, horizon - 60, WIDTH, HEIGHT)
    x, y = grid(within)
    lost_at, crisp_to = (640, 330) if spot.away else (1060, 420)
    near = smooth(np.abs(x - np.float32(spot.middle)), lost_at, crisp_to)
    # Words that stand below the product stand on the floor, which is the ground's tone there.
    until, faded = (HEIGHT + 60, 0.5) if spot.away else (750, 0.85)
    crisp = coverage(np.float32(horizon) - y, 2.0) * (1 - faded * smooth(y, horizon, until))
    lost = smooth(y, horizon - 50, horizon + 260) * (0.5 if spot.away else 0.2)
    canvas.paint(crisp * near + lost * (1 - near), tone, within=within)
    light = pool(x, y, (spot.middle - 90, horizon + 120), (560, 110)) * (y > horizon)
    canvas.paint(light, palette.glow, 0.34, within=within)


def shadow_ink(palette: Palette) -> str:
    """The colour of shadows: the ground's own shade, much darker; black would look dirty."""
    return between("#000000", palette.shade, 0.32)


def settle(canvas: Canvas, palette: Palette, product: Image.Image, spot: Spot, strength: float,
           face: Box = WHOLE) -> None:  # fmt: skip
    """The shadow by which a product stands on, or hovers over, the floor."""
    if spot.rest == "stand":
        stand_on(canvas, product, spot.box, strength, shadow_ink(palette), face)
    elif spot.rest == "hover":
        hover_over(canvas, spot.box, strength, HOVER + 4, shadow_ink(palette))
    else:
        float_before(canvas, product, spot.box, 0.42 * strength, shadow_ink(palette), (26, 30))


def cast_on_floor(canvas: Canvas, palette: Palette, product: Image.Image, spot: Spot) -> None:
    """The long shadow of what stands or hovers in soft light."""
    cast_along(canvas, product, spot.box, 0.3, shadow_ink(palette), 0.18, 1.7)


def paint_niche(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """An arched recess in a wall, with a low step in front of it."""
    canvas = Canvas(wall(palette, spot, 0.8))
    base = min(spot.floor - 14, HEIGHT)
    width = float(np.clip(spot.span * 1.3, 430, 780))
    top = max(50, min(spot.box.top - 84, round(base - width * 0.95)))
    niche = Box(round(spot.middle - width / 2), top, round(spot.middle + width / 2), base)
    within = clip_to_canvas(niche.left - 24, top - 24, niche.right + 24, base + 4)
    x, y = grid(within)
    inside = coverage(arch(x, y, niche))
    rim = soft(lambda x, y: arch(x - 4, y - 4, niche) - 2, 4, within)
    canvas.paint(rim * (1 - inside), palette.glow, 0.9, within)
    depth = np.clip((y - niche.top) / max(1, niche.height), 0, 1)
    deep = between(palette.surface, palette.shade, 0.35)
    canvas.paint_ramp(inside, (deep, between(palette.surface, palette.glow, 0.22)), depth, within)
    if lightness_and_chroma(palette.background)[0] < 0.6:
        # What is dark would melt into a dark recess; there it has a light of its own.
        lamp = pool(x, y, (spot.middle, niche.top + 0.5 * niche.height),
                    (0.42 * width, 0.42 * niche.height))  # fmt: skip
        canvas.paint(inside * lamp, palette.glow, 0.75, within)
    far = 1 - soft(lambda x, y: arch(x - 40, y - 46, niche), 36, within)
    canvas.darken(inside * far, 0.5, palette.shade, within)
    near = 1 - soft(lambda x, y: arch(x - 7, y - 9, niche), 8, within)
    canvas.darken(inside * near, 0.3, within=within)
    if spot.rest == "rise":
        settle(canvas, palette, product, spot, 0.8)
        return canvas
    cast_along(canvas, product, spot.box, 0.26, shadow_ink(palette), 0.2, 1.5)
    slab = _step(canvas, palette, spot.middle, base, width * 1.2)
    settle(canvas, palette, product, spot, 0.9, slab)
    return canvas


def _step(canvas: Canvas, palette: Palette, middle: float, top: float, width: float) -> Box:
    """A low slab: its upper face a thin bright band, its front in half shade; returns the face."""
    slab = Box(round(middle - width / 2), round(top), round(middle + width / 2), round(top) + 78)
    within = clip_to_canvas(slab.left - 90, slab.top - 4, slab.right + 120, slab.bottom + 120)
    x, y = grid(within)
    under = Box(slab.left + 14, slab.top + 40, slab.right + 22, slab.bottom + 20)
    canvas.darken(
        soft(lambda x, y: rounded(x, y, under, 14), 22, within), 0.5, palette.shade, within
    )
    close = Box(slab.left + 4, slab.top + 40, slab.right + 6, slab.bottom + 6)
    canvas.darken(soft(lambda x, y: rounded(x, y, close, 8), 6, within), 0.22, within=within)
    body = coverage(rounded(x, y, slab, 5))
    along = np.clip((x - slab.left) / width, 0, 1)
    dim = between(palette.surface, palette.shade, 0.25)
    canvas.paint_ramp(body, (between(palette.surface, palette.glow, 0.3), dim), along, within)
    lid = body * coverage(y - np.float32(slab.top + 34), 1.5)
    lit = (palette.glow, between(palette.background, palette.surface, 0.25))
    canvas.paint_ramp(lid, lit, along, within)
    return Box(slab.left, 0, slab.right, slab.top + 34)


def paint_podium(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """A dark room, one soft light, and a round podium."""
    wash = wall(palette, spot, 0.0)
    centre = (spot.box.top + min(spot.box.bottom, HEIGHT)) / 2
    wash.light((spot.middle, centre), (620, 540), palette.surface, 0.95)
    wash.light((spot.middle - 20, centre - 50), (340, 310), palette.glow, 0.66)
    canvas = Canvas(wash)
    if spot.rest == "rise":
        settle(canvas, palette, product, spot, 0.9)
        return canvas
    radius = float(np.clip(spot.box.width * 0.7, 240, 470 if spot.away else 340))
    flat = radius * 0.14
    top = spot.floor - flat * 0.3
    height = HEIGHT - top + 60 if spot.away else 46.0
    _cylinder(canvas, palette, (spot.middle, top), (radius, flat), height)
    if spot.rest == "stand":
        reflect_below(canvas, product, spot.box, 0.2, top + flat * 0.92)
    lid = Box(round(spot.middle - radius), 0, round(spot.middle + radius), round(top + flat))
    settle(canvas, palette, product, spot, 1.15, lid)
    return canvas


def _cylinder(
    canvas: Canvas,
    palette: Palette,
    middle: tuple[float, float],
    radii: tuple[float, float],
    height: float,
) -> None:
    """A round block seen from a little above; `middle` is that of its upper face."""
    foot = (middle[0], middle[1] + height)
    within = clip_to_canvas(middle[0] - radii[0] - 110, middle[1] - radii[1] - 4,
                            middle[0] + radii[0] + 150, foot[1] + radii[1] + 90)  # fmt: skip
    x, y = grid(within)
    thrown, wider = (foot[0] + 26, foot[1] + 8), (radii[0] * 1.06, radii[1] * 1.25)
    shadow = soft(lambda x, y: ellipse(x, y, thrown, wider), 22, within)
    canvas.darken(shadow, 0.55, within=within)
    sides = np.maximum(np.abs(x - middle[0]) - np.float32(radii[0]),
                       np.maximum(middle[1] - y, y - np.float32(foot[1])))  # fmt: skip
    trunk = np.maximum(coverage(sides), coverage(ellipse(x, y, foot, radii), 1.2))
    turn = np.clip((x - middle[0]) / radii[0], -1, 1)
    dim = between(palette.background, palette.shade, 0.1)
    lit = np.exp(-(((turn + 0.42) / 0.42) ** 2)) + 0.22 * np.exp(-(((turn - 0.95) / 0.16) ** 2))
    bright = between(palette.surface, palette.glow, 0.22)
    canvas.paint_ramp(trunk, (dim, bright), np.clip(lit, 0, 1), within)
    canvas.darken(trunk * smooth(y, middle[1], middle[1] + 320), 0.62, palette.shade, within)
    lid = coverage(ellipse(x, y, middle, radii), 1.2)
    near = between(palette.surface, palette.glow, 0.62)
    canvas.paint_ramp(lid, (near, between(palette.surface, palette.background, 0.25)),
                      np.clip(0.5 + 0.5 * turn, 0, 1), within)  # fmt: skip
    edge = lid * (1 - coverage(ellipse(x, y, (middle[0], middle[1] - 2.5), radii), 2.5))
    canvas.paint(edge * np.clip(0.95 - turn, 0.12, 1), palette.glow, 0.8, within)


def paint_sun(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """A large disc behind the product, sinking behind the far edge of a floor."""
    horizon = min(spot.floor - 52, HEIGHT)
    radius = min(float(np.clip(spot.span * 0.74, 270, 470)), (horizon - 34) / 1.64)
    middle = (spot.middle, horizon - 0.64 * radius)
    wash = wall(palette, spot, 0.3)
    wash.light(middle, (1.5 * radius, 1.5 * radius), palette.glow, 0.42)
    canvas = Canvas(wash)
    within = clip_to_canvas(middle[0] - radius - 3, middle[1] - radius - 3,
                            middle[0] + radius + 3, horizon + 3)  # fmt: skip
    x, y = grid(within)
    along = np.clip((y - middle[1] + radius) / (1.7 * radius), 0, 1)
    disc = coverage(circle(x, y, middle, radius), 1.4)
    canvas.paint_ramp(disc, (palette.glow, palette.companion), along, within)
    if spot.rest != "rise":
        floor(canvas, palette, spot, horizon, between(palette.background, palette.surface, 0.8))
        reach = 1.9 * radius
        below = clip_to_canvas(middle[0] - reach, horizon, middle[0] + reach, horizon + 280)
        x, y = grid(below)
        streak = pool(x, y, (middle[0], horizon), (0.78 * radius, 120.0))
        canvas.paint(streak, palette.companion, 0.4, below)
        cast_along(canvas, product, spot.box, 0.3, shadow_ink(palette), 0.15, 1.7)
    settle(canvas, palette, product, spot, 0.95)
    return canvas


def paint_rings(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """Discs of paper, one over the other; the product floats before them or has a shelf."""
    canvas = Canvas(wall(palette, spot, 0.0))
    ink = shadow_ink(palette)
    centre = (spot.middle + 30 * spot.away, (spot.box.top + min(spot.box.bottom, HEIGHT)) / 2)
    reach = float(np.clip(spot.span, 400, 476 if spot.away else 560))
    tones = (
        between(palette.background, palette.surface, 0.42),
        between(palette.background, palette.surface, 0.9),
        between(palette.surface, palette.glow, 0.6),
    )
    for tone, share in zip(tones, (1.06, 0.83, 0.6), strict=True):
        radius = reach * share
        within = clip_to_canvas(centre[0] - radius - 90, centre[1] - radius - 70,
                                centre[0] + radius + 110, centre[1] + radius + 130)  # fmt: skip
        x, y = grid(within)
        # Words that stand below the product need the discs to end above them.
        calm = np.ones_like(y) if spot.away else smooth(y, 716, 560)
        shadow = _disc_shadow(centre, radius, within)
        canvas.darken(shadow * calm, 0.5, within=within)
        along = np.clip((y - centre[1] + radius) / (2 * radius), 0, 1)
        lit = (between(tone, palette.glow, 0.2), between(tone, palette.shade, 0.22))
        disc = coverage(circle(x, y, centre, radius), 1.4) * calm
        canvas.paint_ramp(disc, lit, along, within)
    if spot.rest == "stand":
        float_before(canvas, product, spot.box, 0.4, ink, (26, 26))
        width = min(880, spot.box.width * 1.16 + 60)
        slab = _step(canvas, palette, spot.middle, spot.floor - 14, width)
        settle(canvas, palette, product, spot, 1.0, slab)
    else:
        float_before(canvas, product, spot.box, 0.6, ink, (24, 46))
    return canvas


def _disc_shadow(centre: tuple[float, float], radius: float, within: Box) -> Floats:
    below = (centre[0] + 10, centre[1] + 20)
    return soft(lambda x, y: circle(x, y, below, radius), 26, within)


def paint_window(palette: Palette, spot: Spot, product: Image.Image) -> Canvas:
    """A wall in the slanting light of a window, and a table."""
    wash = wall(palette, spot, 0.0)
    shaded = pool(wash.x, wash.y, (spot.middle, 420), (820, 900))
    wash.paint(shaded, palette.surface, 0.72)
    canvas = Canvas(wash)
    horizon = min(spot.floor - 64, HEIGHT)
    within = clip_to_canvas(spot.middle - 700, 0, spot.middle + 700, horizon)
    x, y = grid(within)
    centre = (spot.middle + 20, min((spot.box.top + horizon) / 2, 0.46 * horizon + 20))
    u = (x - centre[0]) + 0.42 * (y - centre[1])
    v = (y - centre[1]) + 0.12 * (x - centre[0])
    pane = (0.36 * horizon, 0.37 * horizon)
    bar = 13.0
    far = np.maximum(np.abs(u) - pane[0], np.abs(v) - pane[1])
    bars = np.minimum(np.abs(u) - bar, np.abs(v) - bar)
    panes = coverage(np.maximum(far, -bars))
    light = 0.6 * soften(panes, 7) + 0.4 * soften(panes, 24)
    canvas.paint(light, palette.glow, 0.88, within)
    if spot.rest != "rise":
        floor(canvas, palette, spot, horizon, between(palette.surface, palette.shade, 0.3))
        cast_along(canvas, product, spot.box, 0.42, shadow_ink(palette), 0.3, 1.8)
    settle(canvas, palette, product, spot, 0.95)
    return canvas
