"""Which scene a position gets, and where and how large the product stands in it."""

import math
from dataclasses import dataclass

from PIL import Image

from creative.background import Box, product_area
from creative.brief import Layout, Setting
from creative.colors import Palette
from creative.composing.backdrop import (
    HOVER,
    Painter,
    Spot,
    paint_niche,
    paint_podium,
    paint_rings,
    paint_sun,
    paint_window,
)
from creative.composing.cutout import cut_out
from creative.composing.paint import HEIGHT
from creative.composing.patterned import paint_contours, paint_fluted, paint_terrazzo
from creative.composing.shadows import stands
from creative.composing.subject import Subject

LARGEST_SCALE = 2.4
_WIDEST = {"left": 800, "right": 800, "center": 1000}
_MOST_PIXELS = {"left": 440_000, "right": 440_000, "center": 320_000}


@dataclass(frozen=True)
class Scene:
    """How a scene is painted, and where its floor is.

    `floors` are the y of the floor with the words at a side, and with the words below. Before a
    wall (`has_floor` false) a product that cannot stand floats at the middle of its room.
    """

    paint: Painter
    floors: tuple[int, int]
    has_floor: bool = True


SCENES: dict[Setting, Scene] = {
    "niche": Scene(paint_niche, (934, 634)),
    "podium": Scene(paint_podium, (872, 586)),
    "sun": Scene(paint_sun, (934, 640)),
    "fluted": Scene(paint_fluted, (930, 640)),
    "rings": Scene(paint_rings, (868, 622), has_floor=False),
    "window": Scene(paint_window, (934, 644)),
    "contours": Scene(paint_contours, (930, 640)),
    "terrazzo": Scene(paint_terrazzo, (880, 618)),
}


def can_be_staged(subject: Subject, layout: Layout) -> bool:
    """Whether the product can stand free: cut out, and whole but perhaps for its lower edge."""
    if subject.kind != "cut":
        return False
    if subject.picture.mode == "RGBA" or not subject.touches:
        return True
    return subject.touches == {"bottom"} and layout != "center"


def stage(subject: Subject, palette: Palette, layout: Layout, setting: Setting) -> Image.Image:
    """The finished background, RGB, 1920×1080, of a product that can be staged."""
    scene = SCENES[setting]
    rises = subject.picture.mode != "RGBA" and "bottom" in subject.touches
    product, spot = _place(subject, scene, layout, rises)
    canvas = scene.paint(palette, spot, product)
    canvas.lay(product, spot.box.left, spot.box.top)
    return canvas.image()


def _place(subject: Subject, scene: Scene, layout: Layout, rises: bool) -> tuple[Image.Image, Spot]:
    area = product_area(layout)
    floor = HEIGHT if rises else scene.floors[layout == "center"]
    across = (subject.box[2] - subject.box[0]) * subject.picture.width
    down = (subject.box[3] - subject.box[1]) * subject.picture.height
    room = (min(area.width, _WIDEST[layout]), floor - area.top - (40 if rises else 0))
    scale = min(
        room[0] / across,
        room[1] / down,
        math.sqrt(_MOST_PIXELS[layout] * (1.25 if rises else 1) / (across * down)),
        LARGEST_SCALE,
    )
    product = cut_out(subject, max(1, round(across * scale)))
    left = round((area.left + area.right - product.width) / 2)
    if rises:
        rest, top = "rise", HEIGHT - product.height
    elif stands(product):
        rest, top = "stand", floor - product.height
    elif scene.has_floor:
        rest, top = "hover", floor - product.height - HOVER
    else:
        rest, top = "float", round((area.top + floor - product.height) / 2)
    box = Box(left, top, left + product.width, top + product.height)
    return product, Spot(layout, box, rest)
