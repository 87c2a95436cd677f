"""Showing a picture whose product cannot be cut out: in a frame that suits the scene."""

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from creative.brief import SETTINGS, Brief, Layout
from creative.colors import Mood, Palette
from creative.composing.frames import Frame, choose_frame, content_of
from creative.composing.paint import (
    HEIGHT,
    WIDTH,
    Canvas,
    Floats,
    Wash,
    away_from_words,
    between,
    clip_to_canvas,
    coverage,
    grid,
    pool,
    smooth,
    soft,
)
from creative.composing.patterns import dots, stripes
from creative.composing.photo import harmonised, spread_out
from creative.composing.subject import Subject

_AWAY = {"left": 1, "right": -1, "center": 0}
# How much of the surface's tone lies round the frame, with each of the ornaments.
_SURFACE = (0.55, 0.3, 0.9, 0.15)


def frame_picture(subject: Subject, palette: Palette, brief: Brief) -> Image.Image:
    """The finished background, RGB, 1920×1080, with the whole picture in a frame."""
    frame = choose_frame(subject, brief)
    ornament = SETTINGS.index(brief.setting) % len(_SURFACE)
    wash = _ground(palette, frame, ornament)
    if frame.shape == "spread":
        _carry_on(wash, subject, palette, brief.layout)
    canvas = Canvas(wash)
    if frame.shape == "panel":
        _edge(canvas, palette, frame)
    elif frame.shape != "spread":
        _accompany(canvas, palette, frame, ornament)
    _throw_shadow(canvas, frame)
    inside = coverage(frame.distance(*grid(frame.box)))
    content = harmonised(content_of(subject, frame), palette)
    canvas.lay(content, frame.box.left, frame.box.top, inside)
    _light(canvas, palette, frame, inside, brief.mood)
    return canvas.image()


def _ground(palette: Palette, frame: Frame, ornament: int) -> Wash:
    wash = Wash(palette.background)
    across, down = frame.middle
    aside = 0.35 + 0.65 * away_from_words(frame.layout, wash.x, wash.y)
    for middle, reach, tone, strength in (
        ((across, down), (820, 700), palette.surface, _SURFACE[ornament]),
        ((across - 260, down - 260), (620, 520), palette.glow, 0.5),
    ):
        wash.paint(pool(wash.x, wash.y, middle, reach) * aside, tone, strength)
    side = _AWAY[frame.layout]
    wash.light((across + 900 * side, HEIGHT + 200), (900, 560), palette.shade, 0.4)
    return wash


def _carry_on(wash: Wash, subject: Subject, palette: Palette, layout: Layout) -> None:
    """The picture's own light, blurred and in the palette's tones; hardly there at the words."""
    height, width = wash.y.shape[0], wash.x.shape[1]
    blurred = spread_out(subject.picture.convert("RGB"), (width, height))
    light = np.asarray(blurred.convert("L"), np.float32)
    # A flat picture gives little light and shade; to stretch them to the full would show bands.
    reach = max(60.0, float(np.abs(light - light.mean()).max()))
    spread = Image.fromarray((127.5 + (light - light.mean()) / reach * 120).astype(np.uint8))
    toned = ImageOps.colorize(spread, palette.shade, palette.glow, palette.surface)
    mixed = Image.blend(toned, blurred, 0.2).filter(ImageFilter.GaussianBlur(5))
    wash.lay(mixed, 0.05 + 0.8 * away_from_words(layout, wash.x, wash.y))


def _edge(canvas: Canvas, palette: Palette, frame: Frame) -> None:
    """A second edge along a panel, so that it ends in the palette's colours."""
    right, down = {"left": (-26, 0), "right": (26, 0), "center": (0, 24)}[frame.layout]
    echo = frame.moved(right, down)
    within = clip_to_canvas(*echo.box)
    tone = between(palette.surface, palette.companion, 0.5)
    canvas.paint(coverage(echo.distance(*grid(within)), 1.4), tone, 0.85, within)


def _accompany(canvas: Canvas, palette: Palette, frame: Frame, ornament: int) -> None:
    """Something behind the frame, so that it belongs to the picture's ground.

    A halo of two wider shapes, a block of colour that the frame half covers, or a second shape,
    striped or dotted.
    """
    tone = between(palette.surface, palette.companion, 0.5)
    if ornament == 0 or (frame.shape == "circle" and ornament == 3):
        _halo(canvas, frame, tone)
        return
    if ornament == 1:
        _block(canvas, palette, frame)
        return
    away = -1 if frame.layout == "right" else 1
    echo = frame.moved(64 * away, 56 if ornament == 2 else -56)
    tone = between(palette.companion, palette.accent, 0.3)
    within = clip_to_canvas(*(edge + by for edge, by in zip(echo.box, (-2, -2, 2, 2), strict=True)))
    mask = coverage(echo.distance(*grid(within)), 1.4)
    pattern = stripes(9, within) if ornament == 2 else dots(26, 6.5, within)
    canvas.paint(mask * pattern, tone, 0.9, within)


def _block(canvas: Canvas, palette: Palette, frame: Frame) -> None:
    """The ground in another colour, from the middle of the frame to the edge away from words."""
    across, down = frame.middle
    within = {
        "left": clip_to_canvas(across, 0, WIDTH, HEIGHT),
        "right": clip_to_canvas(0, 0, across, HEIGHT),
        "center": clip_to_canvas(0, 0, WIDTH, down),
    }[frame.layout]
    x, y = grid(within)
    tone = between(palette.surface, palette.companion, 0.45)
    canvas.paint(np.ones_like(x) * (1 - 0.25 * smooth(y, 0, HEIGHT)), tone, 0.9, within)


def _halo(canvas: Canvas, frame: Frame, tone: str) -> None:
    """Two wider copies of the frame, as far as they stay out of the words' area."""
    box = frame.box
    room = {"left": box.left - 950, "right": 970 - box.right, "center": 710 - box.bottom}
    widest = min(104, room[frame.layout])
    for reach, strength in ((widest, 0.28), (widest * 0.5, 0.42)):
        within = clip_to_canvas(
            box.left - reach, box.top - reach, box.right + reach, box.bottom + reach
        )
        mask = coverage(frame.distance(*grid(within)) - np.float32(reach), 1.4)
        canvas.paint(mask, tone, strength, within)


def _throw_shadow(canvas: Canvas, frame: Frame) -> None:
    far, near = (14, 46), (4, 10)
    if frame.shape == "panel":
        far, near = {
            "left": ((-22, 0), (-5, 0)), "right": ((22, 0), (5, 0)), "center": ((0, 22), (0, 5)),
        }[frame.layout]  # fmt: skip
    box = frame.box
    within = clip_to_canvas(box.left - 150, box.top - 120, box.right + 150, box.bottom + 170)
    for (right, down), blur, strength in ((far, 44, 0.42), (near, 10, 0.28)):
        if frame.shape == "panel":
            blur, strength = blur // 2, 0.6 * strength
        shadow = soft(frame.moved(right, down).distance, blur, within)
        canvas.darken(shadow, strength, within=within)


def _light(canvas: Canvas, palette: Palette, frame: Frame, inside: Floats, mood: Mood) -> None:
    """The scene's light on the picture: darker towards its lower right, most so in the dark."""
    x, y = grid(frame.box)
    across, down = frame.box.width, frame.box.height
    lit = pool(x, y, (frame.middle[0] - 0.1 * across, frame.middle[1] - 0.1 * down),
               (0.72 * across, 0.72 * down))  # fmt: skip
    strength = {"light": 0.10, "dark": 0.5, "vivid": 0.22}[mood]
    canvas.darken(inside * (1 - lit), strength, palette.shade, frame.box)
