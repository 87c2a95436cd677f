"""Backpack and wristwatch."""

import math

from demo.objects.canvas import (
    FABRIC,
    GLOSSY,
    LEATHER,
    METAL,
    Canvas,
    Color,
    darker,
    lighter,
    mixed,
)
from demo.objects.shapes import Stroke, box, curve, ellipse, mirrored, rounded

_TAN: Color = (182, 122, 70)
_STEEL: Color = (200, 203, 208)
_GOLD: Color = (214, 176, 110)


def draw_backpack(canvas: Canvas) -> None:
    """A day pack from the front: flap, two leather straps, a zipped pocket."""
    strap = curve("M 24 40 C 14 46, 14 74, 22 86")
    for line in (strap, mirrored(strap)):
        canvas.part(
            canvas.mask(Stroke(line, 5, 4)), darker(canvas.color, 0.45), FABRIC, roundness=2
        )
    loop = curve("M 42 16 C 42 4, 58 4, 58 16")
    canvas.part(canvas.mask(Stroke(loop, 3, 3)), _TAN, LEATHER, roundness=1.4)
    wide = canvas.vary(-1.5, 1.5)
    side = rounded([(16 - wide, 56), (26, 54), (26, 90), (18 - wide, 88)], 4)
    for pocket in (side, mirrored(side)):
        canvas.part(canvas.mask(pocket), darker(canvas.color, 0.15), FABRIC, roundness=4)
    body = canvas.mask(
        curve(
            f"M {22 - wide} 40 C {22 - wide} 18, 34 12, 50 12"
            f" C 66 12, {78 + wide} 18, {78 + wide} 40"
            f" L {79 + wide} 84 C {79 + wide} 92, 74 93, 50 93"
            f" C 26 93, {21 - wide} 92, {21 - wide} 84"
        )
    )
    canvas.part(body, canvas.color, FABRIC, roundness=10, shadow=1)
    _front_pocket(canvas)
    flap = canvas.mask(
        curve(
            "M 21.4 40 C 21.4 18, 34 11.4, 50 11.4"
            " C 66 11.4, 78.6 18, 78.6 40 C 78.6 49, 72 52, 50 52"
            " C 28 52, 21.4 49, 21.4 40"
        )
    )
    canvas.part(flap, lighter(canvas.color, 0.05), FABRIC, roundness=8, shadow=1.8)
    canvas.stitches(
        curve("M 24 41 C 24.4 47, 32 49.6, 50 49.6 C 68 49.6, 75.6 47, 76 41"),
        lighter(canvas.color, 0.55),
    )
    for x in (36.0, 64.0):
        _buckle(canvas, x)
    patch = canvas.mask(box(44.6, 29, 55.4, 36, 1))
    canvas.part(patch, _TAN, LEATHER, roundness=0.9, shadow=0.4)
    canvas.stitches(box(45.6, 30, 54.4, 35, 0.6), lighter(_TAN, 0.6), 0.32)


def _front_pocket(canvas: Canvas) -> None:
    pocket = canvas.mask(rounded([(28, 57), (72, 57), (73, 88), (27, 88)], [5, 5, 6, 6]))
    canvas.part(pocket, canvas.color, FABRIC, roundness=5, shadow=1.2)
    zip_line = curve("M 30 66 C 40 67, 60 67, 70 66")
    canvas.tint(canvas.mask(Stroke(zip_line, 1.6, 1.6)), (30, 26, 34), 0.75)
    canvas.stitches(zip_line, _STEEL, 0.8)
    canvas.part(canvas.mask(box(66, 65.4, 68, 71, 0.9)), _TAN, LEATHER, roundness=0.8, shadow=0.5)
    canvas.stitches(
        rounded([(29.6, 58.8), (70.4, 58.8), (71.2, 86.4), (28.8, 86.4)], 4.5),
        lighter(canvas.color, 0.5),
    )


def _buckle(canvas: Canvas, x: float) -> None:
    leather = canvas.mask(
        rounded([(x - 2.6, 40), (x + 2.6, 40), (x + 2.6, 64), (x - 2.6, 64)], [1, 1, 2.4, 2.4])
    )
    canvas.part(leather, _TAN, LEATHER, roundness=1.2, shadow=0.9)
    canvas.stitches([(x - 1.7, 41.5), (x - 1.7, 62)], lighter(_TAN, 0.6), 0.3)
    canvas.stitches([(x + 1.7, 41.5), (x + 1.7, 62)], lighter(_TAN, 0.6), 0.3)
    frame = Stroke([*box(x - 3.3, 52.4, x + 3.3, 58, 1), (x - 2.3, 52.4)], 1.1, 1.1)
    canvas.part(canvas.mask(frame), _GOLD, METAL, roundness=0.5, shadow=0.5)
    for hole in (60.2, 62):
        canvas.tint(canvas.mask(ellipse(x, hole, 0.4, 0.4)), (50, 30, 20), 0.8)


def draw_wristwatch(canvas: Canvas) -> None:
    """A dress watch on a leather strap, from the front."""
    metal = _STEEL if canvas.chance(0.5) else _GOLD
    narrow = canvas.vary(10.5, 12)
    for direction in (-1, 1):
        _strap(canvas, direction, narrow)
    lugs = [
        rounded(
            [
                (50 + sx * 10, 50 + sy * 17),
                (50 + sx * 15.4, 50 + sy * 17),
                (50 + sx * 14.4, 50 + sy * 27),
                (50 + sx * 11.6, 50 + sy * 27),
            ],
            1.2,
        )
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    for lug in lugs:
        canvas.part(canvas.mask(lug), metal, METAL, roundness=1.6, shadow=0.6)
    canvas.part(canvas.mask(box(71.4, 47, 76.6, 53, 1)), metal, METAL, roundness=1.8)
    canvas.part(canvas.mask(ellipse(50, 50, 23, 23)), metal, METAL, roundness=3.2, shadow=1.4)
    canvas.tint(canvas.mask(ellipse(50, 50, 20.4, 20.4)), (20, 20, 26), 0.7, blur=0.4)
    dial_color = mixed((250, 247, 240), canvas.color, 0.92 if canvas.chance(0.6) else 0.1)
    dial = canvas.mask(ellipse(50, 50, 19.8, 19.8))
    canvas.part(dial, dial_color, GLOSSY, form="flat")
    canvas.tint(
        canvas.mask(ellipse(50, 50, 13, 13)), lighter(dial_color, 0.5), 0.35, blur=6, within=dial
    )
    _dial_marks(canvas, dial_color)
    glass = curve("M 33 44 C 36 34, 46 29.6, 56 31.4 C 46 36, 38 46, 37 60 C 33 56, 32 50, 33 44")
    canvas.gleam(glass, 0.2, 0.5, dial)


def _strap(canvas: Canvas, direction: int, narrow: float) -> None:
    y_near, y_far = 50 + direction * 18, 50 + direction * 47
    outline = rounded(
        [(50 - 12.6, y_near), (50 + 12.6, y_near), (50 + narrow, y_far), (50 - narrow, y_far)],
        [0.5, 0.5, 5, 5],
    )
    strap = canvas.mask(outline)
    canvas.part(strap, canvas.color, LEATHER, roundness=2.6)
    for side in (-1, 1):
        canvas.stitches(
            [
                (50 + side * 10.6, y_near + direction * 8),
                (50 + side * (narrow - 2.2), y_far - direction * 4),
            ],
            lighter(canvas.color, 0.6),
        )
    if direction > 0:
        for hole in range(4):
            canvas.tint(canvas.mask(ellipse(50, 81 + hole * 3.6, 0.8, 0.7)), (24, 16, 16), 0.8)
    else:
        canvas.part(
            canvas.mask(box(38, 8.6, 62, 12, 1)),
            darker(canvas.color, 0.2),
            LEATHER,
            roundness=1.2,
            shadow=0.6,
        )


def _dial_marks(canvas: Canvas, dial: Color) -> None:
    ink = (250, 248, 242) if sum(dial) < 560 else (40, 38, 44)
    for hour in range(12):
        angle = math.radians(hour * 30)
        begin, end = (14.4, 18) if hour % 3 == 0 else (15.8, 18)
        line = [(50 + r * math.sin(angle), 50 - r * math.cos(angle)) for r in (begin, end)]
        canvas.part(
            canvas.mask(Stroke(line, 1.3 if hour % 3 == 0 else 0.8, 1.0)),
            ink,
            form="flat",
            shadow=0.2,
        )
    time = canvas.vary(0, 12)
    for angle, length, width in (
        (math.radians(304 + time * 3), 10, 1.7),
        (math.radians(60 + time * 9), 15, 1.2),
    ):
        hand = [
            (50 - 2 * math.sin(angle), 50 + 2 * math.cos(angle)),
            (50 + length * math.sin(angle), 50 - length * math.cos(angle)),
        ]
        canvas.part(canvas.mask(Stroke(hand, width, width * 0.55)), ink, form="flat", shadow=0.5)
    sweep = math.radians(200)
    second = [(50, 50), (50 + 15.6 * math.sin(sweep), 50 - 15.6 * math.cos(sweep))]
    canvas.part(canvas.mask(Stroke(second, 0.5, 0.4)), (226, 92, 56), form="flat", shadow=0.4)
    canvas.part(canvas.mask(ellipse(50, 50, 1.4, 1.4)), _GOLD, METAL, form="ball")
