"""Frames for pictures whose product cannot be cut out: which one, how large, and what it shows."""

from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

from creative.background import Box, product_area
from creative.brief import Layout, Shape
from creative.paint import (
    HEIGHT,
    WIDTH,
    Floats,
    arch,
    circle,
    rounded,
)
from creative.photo import LARGEST_SCALE, covered, extended, mounted
from creative.subject import Subject

_SMALLEST = 420
_RADIUS = 30
_ARC = {"left": 1500.0, "right": 1500.0, "center": 2600.0}


@dataclass(frozen=True)
class Frame:
    """A frame: its shape, its box on the background, and how the picture fills it.

    "cover" crops the picture to the box, "extend" carries the picture's own plain ground to the
    box's edges, "mount" shows a picture that is too small or too long on a blurred copy of itself.
    A "panel" runs off the background on the sides away from the words, and ends in an arc.
    """

    shape: Shape
    box: Box
    fill: Literal["cover", "extend", "mount"]
    layout: Layout

    @property
    def middle(self) -> tuple[float, float]:
        """The x and y of the box's middle."""
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2

    def distance(self, x: Floats, y: Floats) -> Floats:
        """The distance to the frame's edge, negative inside."""
        if self.shape == "arch":
            return arch(x, y, self.box)
        if self.shape == "circle":
            return circle(x, y, self.middle, self.box.width / 2)
        if self.shape == "panel":
            radius = _ARC[self.layout]
            centre = {
                "left": (self.box.left + radius, HEIGHT / 2),
                "right": (self.box.right - radius, HEIGHT / 2),
                "center": (WIDTH / 2, self.box.bottom - radius),
            }[self.layout]
            return circle(x, y, centre, radius)
        return rounded(x, y, self.box, _RADIUS if self.shape == "card" else 14)

    def moved(self, right: int, down: int) -> "Frame":
        """The same frame elsewhere."""
        box = self.box
        return replace(
            self, box=Box(box.left + right, box.top + down, box.right + right, box.bottom + down)
        )


def choose_frame(subject: Subject, layout: Layout, shape: Shape) -> Frame:
    """The frame of the wished shape, or of another where that would crop or enlarge too much."""
    width, height = subject.picture.size
    aspect = width / height
    extends = subject.kind == "plain" and not subject.touches
    if shape == "spread" and extends:
        shape = "panel"
    if shape == "panel":
        box = _panel_box(layout)
        if extends:
            return Frame("panel", box, "extend", layout)
        if _suits(box, subject, 0.62, LARGEST_SCALE):
            return Frame("panel", box, "cover", layout)
        shape = "spread"
    if shape == "circle" and not extends and not 0.7 < aspect < 1.45:
        shape = "card"
    if shape == "arch" and not extends and aspect > 1.2:
        shape = "card"
    wished = _wished(shape, layout, 1.25 if extends and layout == "center" else aspect)
    if extends:
        return Frame(shape, wished, "extend", layout)
    if not _suits(wished, subject, 0.5, 99):
        if shape == "spread":
            return Frame("spread", _whole(subject, layout), "cover", layout)
        tamed = _wished("card", layout, min(max(aspect, 0.7), 1.6))
        return Frame("card", tamed, "mount", layout)
    scale = max(wished.width / width, wished.height / height)
    if scale <= LARGEST_SCALE:
        return Frame(shape, wished, "cover", layout)
    smaller = _scaled(wished, LARGEST_SCALE / scale)
    if min(smaller.width, smaller.height) >= _SMALLEST:
        return Frame(shape, smaller, "cover", layout)
    return Frame(shape, _scaled(wished, max(0.62, _SMALLEST / min(wished[2:]))), "mount", layout)


def content_of(subject: Subject, frame: Frame) -> Image.Image:
    """What the frame shows, RGB, as large as its box."""
    size = (frame.box.width, frame.box.height)
    picture = subject.picture.convert("RGB")
    if frame.fill == "extend":
        return extended(subject, picture, size)
    return covered(picture, size) if frame.fill == "cover" else mounted(picture, size)


def _suits(box: Box, subject: Subject, kept: float, scale: float) -> bool:
    """Whether covering `box` keeps at least this part of the picture and enlarges it no more."""
    across, down = box.width / subject.picture.width, box.height / subject.picture.height
    return min(across, down) / max(across, down) >= kept and max(across, down) <= scale


def _panel_box(layout: Layout) -> Box:
    if layout == "center":
        return Box(0, 0, WIDTH, 690)
    return Box(996, 0, WIDTH, HEIGHT) if layout == "left" else Box(0, 0, 924, HEIGHT)


def _wished(shape: Shape, layout: Layout, aspect: float) -> Box:
    area = product_area(layout)
    room = (area.width - 40, area.height - (30 if layout == "center" else 20))
    if shape == "circle":
        width = height = min(room)
    elif shape == "arch":
        height = room[1]
        width = min(room[0], round(height * min(max(aspect, 0.7), 0.92)))
    else:
        wide = layout == "center"
        ratio = min(max(1.3 * aspect, 1.3), 1.9) if wide else min(max(aspect, 0.78), 1.25)
        if shape == "spread":
            ratio = min(max(aspect, 0.6), 1.8)
        width = min(room[0], round(room[1] * ratio))
        height = min(room[1], round(width / ratio))
    return _around(area, width, height)


def _whole(subject: Subject, layout: Layout) -> Box:
    """The box of the whole picture, however long it is."""
    area = product_area(layout)
    width, height = subject.picture.size
    scale = min((area.width - 40) / width, (area.height - 20) / height, LARGEST_SCALE)
    return _around(area, max(1, round(width * scale)), max(1, round(height * scale)))


def _around(area: Box, width: int, height: int) -> Box:
    left = round((area.left + area.right - width) / 2)
    top = round((area.top + area.bottom - height) / 2)
    return Box(left, top, left + width, top + height)


def _scaled(box: Box, scale: float) -> Box:
    return _around(box, round(box.width * scale), round(box.height * scale))
