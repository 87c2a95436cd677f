"""Showing a picture whose product cannot be cut out: in a frame that suits the scene."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from creative.background import Box, product_area
from creative.brief import Layout
from creative.colors import Palette
from creative.paint import (
    HEIGHT,
    WIDTH,
    Canvas,
    Floats,
    Wash,
    arch,
    between,
    circle,
    clip_to_canvas,
    coverage,
    grid,
    rounded,
    smooth,
    soften,
)
from creative.subject import Subject

Shape = Literal["arch", "bleed", "card", "circle"]

LARGEST_SCALE = 1.6
_SHAPES: tuple[Shape, ...] = ("arch", "bleed", "card", "circle", "card")
_SMALLEST = 420
_RADIUS = 30


@dataclass(frozen=True)
class Frame:
    """A frame: its shape, its box on the background, and how the picture fills it.

    "cover" crops the picture to the box, "extend" carries the picture's own plain ground to the
    box's edges, "mount" shows a picture that is too small or too long on a blurred copy of itself.
    """

    shape: Shape
    box: Box
    fill: Literal["cover", "extend", "mount"]


def frame_picture(subject: Subject, palette: Palette, layout: Layout, position: int) -> Image.Image:
    """The finished background, RGB, 1920×1080, with the whole picture in a frame."""
    frame = _choose(subject, layout, position)
    canvas = Canvas(_ground(palette, frame, layout))
    content = _content(subject, frame)
    if frame.shape == "bleed":
        canvas.lay(content, frame.box.left, frame.box.top, _fade(frame.box, layout))
        return canvas.image()
    _accompany(canvas, palette, frame, layout, position)
    margin = clip_to_canvas(frame.box.left - 150, frame.box.top - 120,
                            frame.box.right + 150, frame.box.bottom + 170)  # fmt: skip
    x, y = grid(margin)
    canvas.darken(soften(coverage(_distance(frame, x - 14, y - 46)), 44), 0.42, within=margin)
    canvas.darken(soften(coverage(_distance(frame, x - 4, y - 10)), 10), 0.28, within=margin)
    inside = coverage(_distance(frame, *grid(frame.box)))
    canvas.lay(content, frame.box.left, frame.box.top, inside)
    return canvas.image()


def _choose(subject: Subject, layout: Layout, position: int) -> Frame:
    shape = _SHAPES[position % len(_SHAPES)]
    width, height = subject.picture.size
    aspect = width / height
    extends = subject.kind == "plain" and not subject.touches
    if shape == "bleed":
        box = _bleed_box(layout)
        if not extends and _suits(box, subject, 0.55, LARGEST_SCALE):
            return Frame("bleed", box, "cover")
        shape = "card"
    if shape == "circle" and not extends and not 0.6 < aspect < 1.7:
        shape = "card"
    if shape == "arch" and not extends and aspect > 1.35:
        shape = "card"
    wished = _wished(shape, layout, 1.25 if extends and layout == "center" else aspect)
    if extends:
        return Frame(shape, wished, "extend")
    scale = max(wished.width / width, wished.height / height)
    if not _suits(wished, subject, 0.5, 99):
        return Frame("card", _wished("card", layout, min(max(aspect, 0.7), 1.6)), "mount")
    if scale <= LARGEST_SCALE:
        return Frame(shape, wished, "cover")
    smaller = _scaled(wished, LARGEST_SCALE / scale)
    if min(smaller.width, smaller.height) >= _SMALLEST:
        return Frame(shape, smaller, "cover")
    return Frame(shape, _scaled(wished, max(0.62, _SMALLEST / min(wished[2:]))), "mount")


def _suits(box: Box, subject: Subject, kept: float, scale: float) -> bool:
    """Whether covering `box` keeps at least this part of the picture and enlarges it no more."""
    across, down = box.width / subject.picture.width, box.height / subject.picture.height
    return min(across, down) / max(across, down) >= kept and max(across, down) <= scale


def _bleed_box(layout: Layout) -> Box:
    if layout == "center":
        return Box(0, 0, WIDTH, 760)
    return Box(900, 0, WIDTH, HEIGHT) if layout == "left" else Box(0, 0, 1020, HEIGHT)


def _wished(shape: Shape, layout: Layout, aspect: float) -> Box:
    area = product_area(layout)
    middle = ((area.left + area.right) / 2, (area.top + area.bottom) / 2)
    room = (area.width - 40, area.height - (30 if layout == "center" else 20))
    if shape == "circle":
        width = height = min(room)
    elif shape == "arch":
        height = room[1]
        width = min(room[0], round(height * 0.8))
    else:
        wide = layout == "center"
        ratio = min(max(1.3 * aspect, 1.3), 1.9) if wide else min(max(aspect, 0.78), 1.25)
        width = min(room[0], round(room[1] * ratio))
        height = min(room[1], round(width / ratio))
    left, top = round(middle[0] - width / 2), round(middle[1] - height / 2)
    return Box(left, top, left + width, top + height)


def _scaled(box: Box, scale: float) -> Box:
    width, height = round(box.width * scale), round(box.height * scale)
    left = round((box.left + box.right - width) / 2)
    top = round((box.top + box.bottom - height) / 2)
    return Box(left, top, left + width, top + height)


def _distance(frame: Frame, x: Floats, y: Floats) -> Floats:
    if frame.shape == "arch":
        return arch(x, y, frame.box)
    if frame.shape == "circle":
        middle = ((frame.box.left + frame.box.right) / 2, (frame.box.top + frame.box.bottom) / 2)
        return circle(x, y, middle, frame.box.width / 2)
    return rounded(x, y, frame.box, _RADIUS)


def _ground(palette: Palette, frame: Frame, layout: Layout) -> Wash:
    wash = Wash(palette.background)
    middle = ((frame.box.left + frame.box.right) / 2, (frame.box.top + frame.box.bottom) / 2)
    wash.light(middle, (820, 700), palette.surface, 0.55)
    wash.light((middle[0] - 260, middle[1] - 260), (620, 520), palette.glow, 0.5)
    side = {"left": 1, "right": -1, "center": 0}[layout]
    wash.light((middle[0] + 900 * side, HEIGHT + 200), (900, 560), palette.shade, 0.4)
    return wash


def _accompany(
    canvas: Canvas, palette: Palette, frame: Frame, layout: Layout, position: int
) -> None:
    """A second, larger shape behind the frame, so that it belongs to the picture's ground."""
    tone = between(palette.surface, palette.companion, 0.5)
    box = frame.box
    if frame.shape == "circle":
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        for radius, strength in ((box.width / 2 + 130, 0.30), (box.width / 2 + 62, 0.45)):
            within = clip_to_canvas(middle[0] - radius - 2, middle[1] - radius - 2,
                                    middle[0] + radius + 2, middle[1] + radius + 2)  # fmt: skip
            mask = coverage(circle(*grid(within), middle, radius), 1.4)
            canvas.paint(mask, tone, strength, within)
        return
    away = -1 if layout == "right" else 1
    shift = (46 * away, 44) if position % 2 else (46 * away, -44)
    x, y = shift
    behind = Box(box.left + x, box.top + y, box.right + x, box.bottom + y)
    within = clip_to_canvas(behind.left - 2, behind.top - 2, behind.right + 2, behind.bottom + 2)
    echo = Frame(frame.shape, behind, frame.fill)
    canvas.paint(coverage(_distance(echo, *grid(within)), 1.4), tone, 0.8, within)


def _fade(box: Box, layout: Layout) -> Floats:
    """A full picture's way into the backdrop, on the side of the words."""
    x, y = grid(Box(0, 0, box.width, box.height))
    if layout == "center":
        return smooth(y, box.height, box.height - 330) * np.ones_like(x)
    if layout == "left":
        return smooth(x, 0, 290) * np.ones_like(y)
    return smooth(x, box.width, box.width - 290) * np.ones_like(y)


def _content(subject: Subject, frame: Frame) -> Image.Image:
    size = (frame.box.width, frame.box.height)
    picture = subject.picture.convert("RGB")
    if frame.fill == "extend":
        return _extended(subject, picture, size)
    if frame.fill == "cover":
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS, centering=_focus(picture))
    ground = ImageOps.fit(picture, (max(1, size[0] // 8), max(1, size[1] // 8)))
    ground = ground.filter(ImageFilter.GaussianBlur(7)).resize(size, Image.Resampling.BICUBIC)
    scale = min(0.86 * size[0] / picture.width, 0.8 * size[1] / picture.height, LARGEST_SCALE)
    small = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
        Image.Resampling.LANCZOS,
    )
    place = ((size[0] - small.width) // 2, (size[1] - small.height) // 2)
    shadow = Image.new("L", size)
    shadow.paste(120, (place[0] - 2, place[1] + 8, place[0] + small.width + 2,
                       place[1] + small.height + 14))  # fmt: skip
    ground.paste("#000000", (0, 0), shadow.filter(ImageFilter.GaussianBlur(16)))
    ground.paste(small, place)
    return ground


def _extended(subject: Subject, picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture with its product at the middle of `size`, its plain ground carried on."""
    left, top, right, bottom = subject.box
    across, down = (right - left) * picture.width, (bottom - top) * picture.height
    scale = min(0.74 * size[0] / across, 0.74 * size[1] / down, LARGEST_SCALE)
    shown = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
        Image.Resampling.LANCZOS,
    )
    place = (
        round(size[0] / 2 - (left + right) / 2 * shown.width),
        round(size[1] / 2 - (top + bottom) / 2 * shown.height),
    )
    border = np.concatenate([subject.ground[[0, -1]].reshape(-1, 3),
                             subject.ground[:, [0, -1]].reshape(-1, 3)])  # fmt: skip
    red, green, blue = (round(float(value) * 255) for value in np.median(border, axis=0))
    ground = Image.new("RGB", size, (red, green, blue))
    edge = max(2, round(0.05 * max(shown.size)))
    feather = Image.new("L", shown.size)
    feather.paste(255, (edge, edge, max(edge + 1, shown.width - edge),
                        max(edge + 1, shown.height - edge)))  # fmt: skip
    ground.paste(shown, place, feather.filter(ImageFilter.GaussianBlur(edge / 2.5)))
    return ground


def _focus(picture: Image.Image) -> tuple[float, float]:
    """The middle of what is most detailed, as shares of width and height."""
    small = picture.convert("L").resize((48, 48), Image.Resampling.BOX)
    edges = np.asarray(small.filter(ImageFilter.FIND_EDGES), np.float64)[2:-2, 2:-2]
    weight = edges**2
    total = weight.sum()
    if total <= 0:
        return (0.5, 0.5)
    places = (np.arange(weight.shape[0]) + 0.5) / weight.shape[0]
    x, y = (weight.sum(axis=0) * places).sum() / total, (weight.sum(axis=1) * places).sum() / total
    return (float(np.clip(x, 0.15, 0.85)), float(np.clip(y, 0.15, 0.85)))
