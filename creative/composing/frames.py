"""Frames for pictures whose product cannot be cut out: which one, how large, and what it shows."""

from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

from creative.background import Box, product_area
from creative.brief import SHAPES, Brief, Layout, Shape
from creative.composing.paint import (
    HEIGHT,
    WIDTH,
    Floats,
    arch,
    circle,
    rounded,
)
from creative.composing.photo import LARGEST_SCALE, covered, extended, mounted
from creative.composing.subject import Subject

_SMALLEST = 420
_BATCH = 10
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


def choose_frame(subject: Subject, brief: Brief) -> Frame:
    """The frame of the shape that the brief wishes, or of another that suits the picture."""
    layout, shape = brief.layout, _shape_for(subject, brief)
    width, height = subject.picture.size
    extends = _extends(subject)
    if shape == "panel":
        return Frame("panel", _panel_box(layout), "extend" if extends else "cover", layout)
    aspect = 1.25 if extends and layout == "center" else width / height
    wished = _wished(shape, layout, aspect)
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


def _shape_for(subject: Subject, brief: Brief) -> Shape:
    """The wished shape, or the next that suits and that no earlier position of this layout has.

    A batch may have one picture only, which is then not shown twice in the same way.
    """
    taken: list[Shape] = []
    first = brief.position - brief.position % _BATCH
    for position in range(first, brief.position + 1):
        one = replace(brief, position=position)
        if one.layout != brief.layout:
            continue
        begin = SHAPES.index(one.shape)
        order = [
            shape
            for shape in SHAPES[begin:] + SHAPES[:begin]
            if _is_suited(shape, subject, one.layout)
        ]
        taken.append(next((shape for shape in order if shape not in taken), order[0]))
    return taken[-1]


def _is_suited(shape: Shape, subject: Subject, layout: Layout) -> bool:
    """Whether a shape neither crops nor enlarges the picture too much."""
    aspect = subject.picture.width / subject.picture.height
    if _extends(subject):
        return shape != "spread"
    if shape == "panel":
        return _suits(_panel_box(layout), subject, 0.62, LARGEST_SCALE)
    if shape == "circle":
        return 0.7 < aspect < 1.45
    return shape != "arch" or (
        aspect <= 1.2 and _suits(_wished("arch", layout, aspect), subject, 0.5, 99)
    )


def _extends(subject: Subject) -> bool:
    """Whether the picture's plain ground can be carried on to all sides."""
    return subject.kind == "plain" and not subject.touches


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
        ratio = min(max(1.1 * aspect, 1.1), 1.9) if wide else min(max(aspect, 0.78), 1.25)
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
