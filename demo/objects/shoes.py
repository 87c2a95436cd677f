"""A running shoe."""

from demo.objects.canvas import FABRIC, LEATHER, MATTE, Canvas, Color, darker, lighter, mixed
from demo.objects.masks import Mask
from demo.objects.shapes import Stroke, curve, ellipse

_FOAM: Color = (248, 246, 240)
_RUBBER: Color = (104, 90, 82)


def draw_sneaker(canvas: Canvas) -> None:
    """A low shoe from the side, toe to the right."""
    tall = canvas.vary(-1.4, 1.4)
    lining = canvas.mask(
        curve(f"M 12 {44 - tall} C 14 {38 - tall}, 30 {36 - tall}, 37 {38 - tall} L 34 50 L 16 50")
    )
    canvas.part(lining, darker(canvas.color, 0.5), FABRIC, form="flat")
    tongue = canvas.mask(
        curve(
            f"M 32 {43 - tall} C 33 {34 - tall}, 34 {28.6 - tall}, 38 {28 - tall}"
            f" C 42 {27.6 - tall}, 44 {30 - tall}, 47 {34 - tall} L 62 52 L 44 54"
        )
    )
    canvas.part(tongue, lighter(canvas.color, 0.22), FABRIC, roundness=2.2)
    upper = canvas.mask(
        curve(
            f"M 9 67 C 7.6 59, 8 51, 8.6 {43.6 - tall}"
            f" C 8.8 {38.6 - tall}, 13 {37.6 - tall}, 16 {41 - tall}"
            f" C 20.6 {46.6 - tall}, 28 {47.6 - tall}, 34 {41 - tall}"
            f" C 36 {38.6 - tall}, 39 {37 - tall}, 41 {39 - tall}"
            " C 47 45.6, 55 52, 67 54.6 C 80 57, 92.6 58, 94 67 L 93 73 L 10 73"
        )
    )
    canvas.part(upper, canvas.color, FABRIC, roundness=6.5, shadow=0.8)
    _panels(canvas, upper, tall)
    _laces(canvas, tall)
    _sole(canvas)


def _panels(canvas: Canvas, upper: Mask, tall: float) -> None:
    deep = darker(canvas.color, 0.28)
    toe = canvas.mask(curve("M 71 54 C 72 60, 78 66, 88 75 L 97 75 L 97 54"))
    heel = canvas.mask(curve("M 4 53 C 14 53, 20 58, 26 75 L 4 75"))
    throat = canvas.mask(
        curve("M 33 43 L 41 37 C 48 45, 56 51, 70 55 L 65 60.5 C 52 58.4, 42 52, 35.6 45")
    )
    for panel in (toe, heel, throat):
        canvas.tint(panel, deep, 0.6, within=upper)
    pale = lighter(canvas.color, 0.5)
    canvas.stitches(curve("M 70.4 55.6 C 71.6 61, 77 66.6, 85 72"), pale)
    canvas.stitches(curve("M 9 52.4 C 15 52.6, 21 58, 26.4 71"), pale)
    canvas.stitches(curve("M 35 46.4 C 42 53.4, 52 59.4, 64.6 61.6"), pale)
    _bars(canvas)
    collar = curve(
        f"M 9.8 {44 - tall} C 10.6 {40 - tall}, 13.4 {39.4 - tall}, 16 {42.6 - tall}"
        f" C 21 {48.2 - tall}, 28.6 {49 - tall}, 34.6 {42.4 - tall}"
    )
    canvas.part(
        canvas.mask(Stroke(collar, 3.4, 3.0)), mixed(canvas.color, deep, 0.6), FABRIC, roundness=1.7
    )
    canvas.gleam(
        curve("M 79 59.6 C 85 60, 90 61.6, 91.6 65 L 88 64.4 C 85 62.6, 82 61.8, 79 61.6"),
        0.35,
        0.7,
        upper,
    )
    tab = canvas.mask(
        Stroke(
            curve(f"M 9 {42 - tall} C 5.6 {44 - tall}, 5.8 {49 - tall}, 8 {51.6 - tall}"), 2.2, 2.2
        )
    )
    canvas.part(tab, deep, LEATHER, roundness=1)


def _bars(canvas: Canvas) -> None:
    for begin in (0.0, 8.4):
        bar = canvas.mask(
            curve(
                f"M {32 + begin} 73"
                f" C {35 + begin} 66, {39 + begin} 61, {44 + begin} {57.4 + begin * 0.12}"
                f" L {49 + begin} {59.6 + begin * 0.12}"
                f" C {44 + begin} 63, {41 + begin} 67, {39 + begin} 73"
            )
        )
        canvas.part(bar, _FOAM, LEATHER, form="flat", shadow=0.3)


def _laces(canvas: Canvas, tall: float) -> None:
    for index in range(5):
        x = 40.6 + index * 5.6
        y = 43.4 + index * 3.3 - tall * (1 - index / 5)
        canvas.tint(canvas.mask(ellipse(x - 1.6, y + 3.8, 0.8, 0.8)), (30, 24, 30), 0.8)
        lace = curve(f"M {x - 1.6} {y + 3.6} Q {x + 1} {y - 0.6}, {x + 4.6} {y - 2.2}")
        canvas.part(canvas.mask(Stroke(lace, 2.0, 2.0)), _FOAM, FABRIC, roundness=0.9, shadow=0.5)
    y = 37.4 - tall
    bow = curve(
        f"M 43 {y} C 36 {y - 7.6}, 31.6 {y - 1}, 41.6 {y + 2.4}"
        f" C 48 {y + 4.6}, 54 {y + 1}, 49 {y - 2}"
        f" C 47 {y - 3}, 44 {y - 1.4}, 43 {y + 1}"
    )
    canvas.part(canvas.mask(Stroke(bow, 1.5, 1.5)), _FOAM, FABRIC, roundness=0.7, shadow=0.6)


def _sole(canvas: Canvas) -> None:
    lift = canvas.vary(-1.0, 1.5)
    sole = canvas.mask(
        curve(
            f"M 6.6 66 C 16 69.6, 30 {70.4 - lift}, 45 {71 - lift} C 62 71.6, 84 71, 95.4 64.4"
            " C 98.6 68, 97 74.6, 90 77.8 C 78 81.6, 66 80.6, 56 80.4 C 40 80.4, 26 82, 12 81"
            " C 4.4 79.6, 3.6 71, 6.6 66"
        )
    )
    canvas.part(sole, _FOAM, MATTE, roundness=3.2, shadow=1.0)
    canvas.tint(
        canvas.mask(curve("M 0 79 C 30 80, 66 79, 100 73 L 100 90 L 0 90")),
        _RUBBER,
        0.85,
        within=sole,
    )
    canvas.seam(curve("M 6.4 72 C 30 75.4, 70 75.8, 96 69.6"), canvas.color, 0.9, 0.9)
    for index in range(13):
        x = 14 + index * 5.2
        canvas.seam([(x, 76), (x + 1.2, 77.8)], darker(_FOAM, 0.5), 0.4, 0.35)
