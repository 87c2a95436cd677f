"""Headphones and camera."""

from PIL import ImageChops

from demo.objects.canvas import (
    FABRIC,
    GLOSSY,
    LEATHER,
    METAL,
    SATIN,
    Canvas,
    Color,
    Finish,
    Form,
    darker,
    lighter,
)
from demo.objects.masks import Mask
from demo.objects.shapes import Stroke, box, curve, ellipse, mirrored, rounded, turned

_STEEL: Color = (198, 201, 207)
_INK: Color = (44, 42, 48)


def draw_headphones(canvas: Canvas) -> None:
    """Over-ear headphones from the front, slightly opened."""
    top = canvas.vary(10, 14)
    spread = canvas.vary(-2, 2)
    left = 20 - spread
    rail = curve(f"M {left + 2} 64 C {left - 4} 40, {left + 2} 26, 32 19")
    for line in (rail, mirrored(rail)):
        canvas.part(canvas.mask(Stroke(line, 2.6, 2.6)), _STEEL, METAL, roundness=1.2)
    band = curve(
        f"M {left} 46 C {left - 1} 22, 34 {top}, 50 {top}"
        f" C 66 {top}, {101 - left} 22, {100 - left} 46"
    )
    padding = [(x + (50 - x) * 0.09, y + 3.4) for x, y in band[14:-14]]
    canvas.part(canvas.mask(Stroke(padding, 5.4, 5.4)), _INK, FABRIC, roundness=2.6)
    canvas.part(canvas.mask(Stroke(band, 6.4, 6.4)), canvas.color, SATIN, roundness=3, shadow=0.6)
    stitching = [(x + (50 - x) * 0.045, y + 1.5) for x, y in band[6:-6]]
    canvas.stitches(stitching, lighter(canvas.color, 0.5), 0.4)
    gloss = [(x, y - 1.3) for x, y in band[16:40]]
    canvas.tint(canvas.mask(Stroke(gloss, 1.0, 0.6)), (255, 255, 255), 0.5, blur=0.5)
    for side in (-1, 1):
        _ear_cup(canvas, side, left)


def _ear_cup(canvas: Canvas, side: int, left: float) -> None:
    x = left + 3 if side < 0 else 97 - left
    tilt = side * -7.0
    center = (x, 64.0)
    inner = (x - side * 6.4, 64.4)
    cushion = canvas.mask(turned(ellipse(inner[0], inner[1], 7.6, 17.6), tilt, inner))
    canvas.part(cushion, _INK, LEATHER, roundness=4.6)
    fold = turned(ellipse(inner[0] - side * 1.8, inner[1], 4.2, 13, 0, 360), tilt, inner)
    canvas.seam(fold, (10, 8, 12), 0.5, 0.5)
    shell = canvas.mask(turned(ellipse(center[0], center[1], 9.4, 19), tilt, center))
    canvas.part(shell, canvas.color, SATIN, roundness=6.5, shadow=1.2)
    plate_center = (x + side * 1.8, 64.0)
    plate = canvas.mask(
        turned(ellipse(plate_center[0], plate_center[1], 5.4, 13), tilt, plate_center)
    )
    canvas.part(plate, darker(canvas.color, 0.14), SATIN, form="flat", shadow=0.3)
    ring = turned(ellipse(plate_center[0], plate_center[1], 5.4, 13), tilt, plate_center)
    canvas.part(canvas.mask(Stroke(ring, 0.8, 0.8)), _STEEL, METAL, roundness=0.4)
    canvas.gleam(turned(ellipse(x - 3.4, 55, 1.2, 6), tilt + 6, (x, 55)), 0.55, 0.8, shell)
    yoke = canvas.mask(rounded([(x - 3, 42), (x + 3, 42), (x + 3.4, 50), (x - 3.4, 50)], 2))
    canvas.part(yoke, canvas.color, SATIN, roundness=2, shadow=0.8)
    canvas.part(canvas.mask(ellipse(x, 46.4, 1.1, 1.1)), _STEEL, METAL, form="ball", shadow=0.3)


def draw_camera(canvas: Canvas) -> None:
    """A viewfinder camera: silver top plate, coloured leather, a bright lens."""
    for x in (10.6, 89.4):
        ring = [*ellipse(x, 42, 1.8, 2.6), (x + 1.8, 42)]
        canvas.part(canvas.mask(Stroke(ring, 1.1, 1.1)), _STEEL, METAL, roundness=0.5)
    _camera_top(canvas)
    shell = canvas.mask(box(11, 30, 89, 81, 6))
    canvas.part(shell, (214, 216, 221), SATIN, roundness=3)
    band = canvas.mask(box(11, 40, 89, 74.6))
    leather = Mask(ImageChops.multiply(band.image, shell.window(band.bounds)), band.left, band.top)
    canvas.part(leather, canvas.color, LEATHER, form="flat")
    texture = [Stroke([(x, 40.4), (x, 74.2)], 0.3, 0.3) for x in range(13, 89, 2)]
    canvas.tint(canvas.mask(*texture), darker(canvas.color, 0.6), 0.12, within=leather)
    for edge in (box(8, 36, 15, 80), box(85, 36, 92, 80)):
        canvas.tint(canvas.mask(edge), darker(canvas.color, 0.7), 0.4, blur=2, within=leather)
    for y in (40, 74.6):
        canvas.seam([(11.6, y), (88.4, y)], _INK, 0.4, 0.55)
    canvas.gleam(box(20, 31.4, 80, 32.6, 0.5), 0.8, 0.4, shell)
    grip = canvas.mask(box(14.6, 43, 23.6, 73, 3))
    canvas.part(grip, darker(canvas.color, 0.12), LEATHER, roundness=3, shadow=0.9)
    _lens(canvas, (54, 58), canvas.vary(19, 21.5))
    lamp = canvas.mask(ellipse(80, 46, 2.0, 2.0))
    canvas.part(lamp, (196, 60, 44), GLOSSY, form="ball", shadow=0.3)


def _camera_top(canvas: Canvas) -> None:
    hump = canvas.mask(
        rounded(
            [(37, 30), (42, 20), (66, 20), (71, 30), (71, 34), (37, 34)], [3, 3, 3, 3, 0.5, 0.5]
        )
    )
    dial = canvas.mask(box(20, 24.4, 31, 31, 0.8))
    canvas.part(dial, _STEEL, METAL, form="column")
    for ridge in range(8):
        canvas.seam([(21 + ridge * 1.3, 25), (21 + ridge * 1.3, 30)], _INK, 0.35, 0.4)
    canvas.part(canvas.mask(box(77, 25.4, 84, 31, 0.8)), _STEEL, METAL, form="column")
    canvas.part(canvas.mask(box(78.6, 22.8, 82.4, 26, 1)), canvas.color, SATIN, form="column")
    canvas.part(hump, _STEEL, METAL, roundness=3)
    window = canvas.mask(box(46, 23.4, 62, 30.6, 1.4))
    canvas.part(window, (34, 40, 56), GLOSSY, form="flat", shadow=0.3)
    canvas.gleam(curve("M 48 24 L 54 24 L 50 31 L 46 31"), 0.35, 0.3, window)


def _lens(canvas: Canvas, center: tuple[float, float], radius: float) -> None:
    x, y = center

    def disc(share: float, color: Color, finish: Finish, form: Form, shadow: float = 0.0) -> None:
        mask = canvas.mask(ellipse(x, y, radius * share, radius * share))
        canvas.part(mask, color, finish, form=form, shadow=shadow, roundness=1.6)

    disc(1.0, _STEEL, METAL, "puff", 1.8)
    disc(0.9, _INK, SATIN, "puff")
    disc(0.78, (70, 70, 78), METAL, "ball")
    disc(0.72, _INK, SATIN, "puff")
    disc(0.58, (22, 22, 30), GLOSSY, "puff")
    glass = canvas.mask(ellipse(x, y, radius * 0.48, radius * 0.48))
    canvas.part(glass, (28, 34, 66), GLOSSY, form="ball")
    canvas.tint(
        canvas.mask(ellipse(x + radius * 0.14, y + radius * 0.18, radius * 0.26, radius * 0.22)),
        (120, 70, 170),
        0.6,
        blur=1.2,
        within=glass,
    )
    canvas.tint(
        canvas.mask(ellipse(x, y, radius * 0.16, radius * 0.16)),
        (6, 6, 12),
        0.8,
        blur=0.6,
        within=glass,
    )
    canvas.gleam(
        ellipse(x - radius * 0.17, y - radius * 0.2, radius * 0.15, radius * 0.1), 0.9, 0.4, glass
    )
    canvas.gleam(
        ellipse(x + radius * 0.2, y + radius * 0.24, radius * 0.06, radius * 0.05), 0.7, 0.2, glass
    )
    for mark in range(0, 360, 12):
        end = turned([(x, y - radius * 0.93), (x, y - radius * 0.99)], mark, center)
        canvas.tint(canvas.mask(Stroke(end, 0.4, 0.4)), _INK, 0.35)
