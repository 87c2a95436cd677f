"""Mug, pour-over kettle and drinking bottle."""

from demo.objects.canvas import (
    GLOSSY,
    LEATHER,
    MATTE,
    METAL,
    SATIN,
    Canvas,
    Color,
    darker,
    lighter,
    mixed,
)
from demo.objects.masks import Mask
from demo.objects.shapes import Stroke, box, curve, ellipse, rounded

_CLAY: Color = (214, 186, 152)
_COFFEE: Color = (84, 48, 28)
_BRASS: Color = (205, 164, 92)
_STEEL: Color = (196, 200, 206)
_WALNUT: Color = (116, 72, 44)


def draw_mug(canvas: Canvas) -> None:
    """A stoneware mug with a clay foot, seen slightly from above, with coffee in it."""
    flare = canvas.vary(-2.0, 2.0)
    foot = canvas.vary(73, 79)
    grip = canvas.vary(0, 4)
    handle = curve(f"M 70 36 C {90 + grip} 30, {94 + grip} 66, 68 68")
    canvas.part(canvas.mask(Stroke(handle, 7.6, 6.4)), canvas.color, GLOSSY, roundness=3.4)
    left, right = 24 - flare, 74 + flare
    body = canvas.mask(
        curve(
            f"M {left} 26 C {left} 50, 24 70, 27 80 C 29 86.5, 69 86.5, 71 80"
            f" C 74 70, {right} 50, {right} 26 C {right} 33, {left} 33, {left} 26"
        ),
        ellipse(49, 26, (right - left) / 2, 5.2),
    )
    canvas.part(body, canvas.color, GLOSSY, form="column")
    clay = canvas.mask(
        curve(f"M 10 {foot} C 30 {foot + 5}, 68 {foot + 5}, 90 {foot} L 90 95 L 10 95")
    )
    canvas.tint(clay, _CLAY, 0.62, within=body)
    canvas.seam(
        curve(f"M 26 {foot + 1} C 36 {foot + 4.2}, 62 {foot + 4.2}, 72 {foot + 1}"),
        darker(canvas.color),
        0.5,
        0.4,
    )
    _speckle(canvas, body, 46)
    rim = canvas.mask(ellipse(49, 26, (right - left) / 2, 5.2))
    canvas.part(rim, lighter(canvas.color, 0.3), SATIN, form="flat")
    hollow = canvas.mask(ellipse(49, 26.3, (right - left) / 2 - 1.8, 4.1))
    canvas.part(hollow, darker(canvas.color, 0.45), MATTE, form="flat")
    coffee = canvas.mask(ellipse(49, 28.2, (right - left) / 2 - 3.2, 3.3))
    canvas.tint(coffee, _COFFEE, 1.0, within=hollow)
    crema = canvas.mask(ellipse(43, 28.6, 9, 1.4))
    canvas.tint(crema, (190, 132, 82), 0.75, blur=0.8, within=hollow)
    canvas.gleam(curve("M 31 36 L 35 36.6 L 35.6 68 L 33 68"), 0.55, 0.9, body)
    canvas.gleam(curve("M 66.5 40 L 68 40 L 66.6 66 L 65.6 66"), 0.3, 0.8, body)


def _speckle(canvas: Canvas, within: Mask, count: int) -> None:
    dots = []
    for _ in range(count):
        x, y = canvas.rng.uniform(24, 74), canvas.rng.uniform(34, 84)
        size = canvas.rng.uniform(0.14, 0.36)
        dots.append(ellipse(float(x), float(y), float(size), float(size)))
    canvas.tint(canvas.mask(*dots), (60, 44, 40), 0.4, within=within)


def draw_kettle(canvas: Canvas) -> None:
    """A pour-over kettle: swan neck, wooden grip, brass knob."""
    metal = canvas.chance(0.5)
    trim = _BRASS if metal else _STEEL
    reach = canvas.vary(-2.5, 2.5)
    spout = curve(
        f"M 36 73 C {18 - reach} 76, {23 - reach} 58, {20 - reach} 46"
        f" C {18 - reach} 35, {14 - reach} 30, {7 - reach} 31"
    )
    canvas.part(canvas.mask(Stroke(spout, 7.4, 3.0)), canvas.color, SATIN, roundness=2.8)
    tip = spout[-7:]
    canvas.part(canvas.mask(Stroke(tip, 3.4, 3.2)), trim, METAL, roundness=1.6)
    _kettle_grip(canvas, trim)
    body = canvas.mask(
        curve(
            "M 37 38 C 35 52, 29 68, 27.5 79 C 27 84, 29 86, 33 86.4 C 45 87.6, 59 87.6, 69 86.4"
            " C 73 86, 75 84, 74.5 79 C 73 68, 67 52, 65 38 L 37 38"
        )
    )
    canvas.part(body, canvas.color, SATIN, form="column", shadow=1.2)
    base = canvas.mask(curve("M 10 83 C 40 86, 62 86, 90 83 L 90 95 L 10 95"))
    canvas.tint(base, darker(canvas.color, 0.5), 0.55, within=body)
    canvas.seam(curve("M 28 82.7 C 42 85, 60 85, 74 82.7"), lighter(trim, 0.2), 0.6, 0.8)
    canvas.gleam(curve("M 41 44 L 44 44 L 40 80 L 34.6 80"), 0.5, 1.0, body)
    canvas.gleam(curve("M 62 46 L 63 46 L 68.6 78 L 67 78"), 0.28, 0.8, body)
    collar = canvas.mask(rounded([(36, 36), (66, 36), (66, 39.6), (36, 39.6)], 1.2))
    canvas.part(collar, trim, METAL, form="column", shadow=0.7)
    lid = canvas.mask(
        curve("M 37.6 36.4 C 38 30, 45 27.6, 51 27.6 C 57 27.6, 64 30, 64.4 36.4 L 37.6 36.4")
    )
    canvas.part(lid, canvas.color, SATIN, roundness=5, shadow=0.4)
    canvas.gleam(ellipse(45.5, 31, 3.4, 0.9), 0.6, 0.6, lid)
    neck = canvas.mask(box(49.6, 23.6, 52.4, 28.6, 0.6))
    canvas.part(neck, trim, METAL, form="column")
    canvas.part(canvas.mask(ellipse(51, 21.6, 4.1, 3.5)), _WALNUT, SATIN, form="ball")


def _kettle_grip(canvas: Canvas, trim: Color) -> None:
    upper = curve("M 64 40 C 70 35, 76 33.5, 81 34.5")
    lower = curve("M 68 60 C 73 62, 77 63, 80 62.5")
    canvas.part(
        canvas.mask(Stroke(upper, 2.4, 2.4), Stroke(lower, 2.4, 2.4)), trim, METAL, roundness=1
    )
    grip = curve("M 79.5 34.2 C 91 35.5, 93.5 47, 90 56 C 88.6 60, 85 62.6, 79.5 62.6")
    canvas.part(canvas.mask(Stroke(grip, 5.4, 5.0)), _WALNUT, LEATHER, roundness=2.4)


def draw_bottle(canvas: Canvas) -> None:
    """A tall insulated bottle with a steel collar and a carrying loop."""
    half = canvas.vary(12.6, 14.6)
    left, right = 50 - half, 50 + half
    loop = curve("M 42.6 20 C 42 6, 58 6, 57.4 20")
    lid_color = mixed(canvas.color, (32, 32, 38), 0.72)
    canvas.part(canvas.mask(Stroke(loop, 3.2, 3.2)), lid_color, SATIN, roundness=1.5)
    body = canvas.mask(
        curve(
            f"M 41 29 C 41 35, {left} 36, {left} 45 L {left} 89 C {left} 94, {left + 3} 94.6, 50 95"
            f" C {right - 3} 94.6, {right} 94, {right} 89 L {right} 45 C {right} 36, 59 35, 59 29"
        )
    )
    canvas.part(body, canvas.color, SATIN, form="column")
    canvas.tint(canvas.mask(box(0, 91, 100, 100)), _STEEL, 0.75, within=body)
    canvas.tint(canvas.mask(box(0, 90.6, 100, 91.1)), darker(canvas.color, 0.6), 0.6, within=body)
    canvas.tint(
        canvas.mask(curve("M 30 27 L 70 27 L 70 32 C 60 35, 40 35, 30 32")),
        (20, 14, 30),
        0.3,
        blur=1.4,
        within=body,
    )
    _bottle_lid(canvas, lid_color)
    canvas.gleam(
        curve(f"M {left + 4.2} 47 L {left + 7.6} 44 L {left + 7.6} 86 L {left + 4.2} 88"),
        0.5,
        0.8,
        body,
    )
    canvas.gleam(
        curve(f"M {right - 3} 50 L {right - 2} 50 L {right - 2} 86 L {right - 3} 86"),
        0.3,
        0.6,
        body,
    )
    _emblem(canvas, canvas.vary(60, 70))


def _bottle_lid(canvas: Canvas, color: Color) -> None:
    collar = canvas.mask(box(40.2, 26.4, 59.8, 29.8, 0.7))
    canvas.part(collar, _STEEL, METAL, form="column")
    lid = canvas.mask(
        rounded([(41, 17.4), (59, 17.4), (59.6, 26.8), (40.4, 26.8)], [2.4, 2.4, 0.4, 0.4])
    )
    canvas.part(lid, color, SATIN, form="column")
    for ridge in range(9):
        x = 42.4 + ridge * 1.9
        canvas.seam([(x, 19.4), (x, 25.6)], darker(color, 0.5), 0.4, 0.5)


def _emblem(canvas: Canvas, height: float) -> None:
    ring = canvas.mask(ellipse(51, height, 3.4, 3.4))
    canvas.tint(ring, lighter(canvas.color, 0.8), 0.8)
    peak = canvas.mask(
        curve(
            f"M 48.6 {height + 1.5} L 50.4 {height - 1.6} L 51.4 {height}"
            f" L 52 {height - 0.8} L 53.5 {height + 1.5}"
        )
    )
    canvas.tint(peak, darker(canvas.color, 0.2), 0.9)
