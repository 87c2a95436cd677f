"""Table lamp and armchair."""

from demo.objects.canvas import (
    FABRIC,
    MATTE,
    METAL,
    SATIN,
    Canvas,
    Color,
    darker,
    lighter,
    mixed,
)
from demo.objects.shapes import Stroke, box, curve, ellipse, mirrored, rounded

_BRASS: Color = (208, 168, 98)
_OAK: Color = (176, 122, 74)
_GLOW: Color = (255, 226, 160)


def draw_lamp(canvas: Canvas) -> None:
    """A mushroom table lamp, alight under its dome."""
    wide = canvas.vary(31, 36)
    drop = canvas.vary(40, 44)
    _lamp_foot(canvas)
    stem = canvas.mask(box(47.2, 36, 52.8, 84, 0.5))
    canvas.part(stem, _BRASS, METAL, form="column")
    canvas.tint(canvas.mask(box(40, 40, 60, 54)), _GLOW, 0.85, blur=4, within=stem)
    dome = canvas.mask(
        curve(
            f"M {50 - wide} {drop} C {50 - wide} 20, 34 11, 50 11"
            f" C 66 11, {50 + wide} 20, {50 + wide} {drop}"
            f" C {50 + wide} {drop + 6}, {50 - wide} {drop + 6}, {50 - wide} {drop}"
        )
    )
    canvas.part(dome, canvas.color, SATIN, roundness=13)
    canvas.tint(
        canvas.mask(curve(f"M 10 {drop - 7} L 90 {drop - 7} L 90 {drop + 9} L 10 {drop + 9}")),
        lighter(canvas.color, 0.35),
        0.35,
        blur=4,
        within=dome,
    )
    inside = canvas.mask(ellipse(50, drop, wide - 0.4, 4.6))
    canvas.part(inside, _GLOW, MATTE, form="flat")
    canvas.tint(
        canvas.mask(ellipse(50, drop + 0.5, wide - 3, 3.6)),
        (255, 246, 214),
        0.95,
        blur=1.2,
        within=inside,
    )
    canvas.tint(
        canvas.mask(ellipse(50, drop + 1, 9, 2.6)), (255, 255, 250), 1.0, blur=1.0, within=inside
    )
    canvas.tint(canvas.mask(box(47.6, drop - 3, 52.4, drop + 6)), _BRASS, 0.8, within=inside)
    canvas.gleam(
        curve("M 30 28 C 32 21, 38 17, 44 15.6 L 45 18.4 C 40 20, 35 24, 33.6 30"), 0.6, 0.9, dome
    )
    canvas.part(canvas.mask(ellipse(50, 10.8, 2.4, 2.2)), _BRASS, METAL, form="ball", shadow=0.4)


def _lamp_foot(canvas: Canvas) -> None:
    foot = canvas.mask(
        curve(
            "M 33 86 C 33 80, 43 79.6, 46 75 L 54 75"
            " C 57 79.6, 67 80, 67 86 C 67 92.6, 33 92.6, 33 86"
        )
    )
    canvas.part(foot, canvas.color, SATIN, roundness=4.5)
    canvas.tint(canvas.mask(ellipse(50, 80, 12, 3)), _GLOW, 0.4, blur=2.4, within=foot)
    canvas.part(canvas.mask(box(45.6, 73.8, 54.4, 76, 0.8)), _BRASS, METAL, form="column")


def draw_armchair(canvas: Canvas) -> None:
    """A round lounge chair on oak legs."""
    _legs(canvas)
    top = canvas.vary(11, 17)
    back = canvas.mask(
        curve(
            f"M 25 66 L 23 34 C 22 {top}, 34 {top}, 50 {top}"
            f" C 66 {top}, 78 {top}, 77 34 L 75 66 L 25 66"
        )
    )
    canvas.part(back, canvas.color, FABRIC, roundness=9)
    _tufts(canvas)
    frame = canvas.mask(rounded([(19, 62), (81, 62), (79, 80), (21, 80)], [2, 2, 5, 5]))
    canvas.part(frame, darker(canvas.color, 0.12), FABRIC, roundness=4, shadow=1.5)
    seat = canvas.mask(
        curve(
            "M 26 58 C 26 53.4, 36 52.6, 50 52.6 C 64 52.6, 74 53.4, 74 58"
            " L 74.6 66 C 74 70.4, 64 71, 50 71"
            " C 36 71, 26 70.4, 25.4 66 L 26 58"
        )
    )
    canvas.part(seat, lighter(canvas.color, 0.06), FABRIC, roundness=5.5, shadow=2.4)
    canvas.seam(
        curve("M 26.4 62.4 C 36 65, 64 65, 73.6 62.4"), darker(canvas.color, 0.5), 0.45, 0.4
    )
    arm = curve(
        "M 12.5 50 C 12 42, 17 38.6, 22 39.4 C 28 40.4, 30.4 45, 30 52"
        " L 28.4 77 C 28 81, 17.4 81, 16.4 77 L 12.5 50"
    )
    for outline in (arm, mirrored(arm)):
        canvas.part(canvas.mask(outline), canvas.color, FABRIC, roundness=5, shadow=1.6)
    piping = curve("M 14.6 49 C 14.6 42.6, 19 40.8, 22 41.2 C 26 42, 28.4 45.4, 28 51 L 26.6 76")
    for line in (piping, mirrored(piping)):
        canvas.seam(line, darker(canvas.color, 0.4), 0.4, 0.35)
    if canvas.chance(0.5):
        _pillow(canvas)


def _legs(canvas: Canvas) -> None:
    front = rounded([(25, 76), (31, 76), (26, 94), (23, 94)], 0.8)
    back = rounded([(33, 76), (37, 76), (36, 88), (34, 88)], 0.6)
    for leg in (back, mirrored(back)):
        canvas.part(canvas.mask(leg), darker(_OAK, 0.4), SATIN, form="column")
    for leg in (front, mirrored(front)):
        canvas.part(canvas.mask(leg), _OAK, SATIN, form="column")


def _tufts(canvas: Canvas) -> None:
    for row, columns in ((29, (38, 50, 62)), (41, (32, 44, 56, 68))):
        for x in columns:
            for reach in (-5.5, 5.5):
                fold = curve(f"M {x} {row} Q {x + reach * 0.4} {row + 4}, {x + reach} {row + 11}")
                canvas.tint(
                    canvas.mask(Stroke(fold, 1.6, 0.4)), darker(canvas.color, 0.6), 0.32, blur=0.7
                )
            canvas.part(
                canvas.mask(ellipse(x, row, 1.1, 1.1)),
                darker(canvas.color, 0.2),
                FABRIC,
                form="ball",
                shadow=0.5,
            )


def _pillow(canvas: Canvas) -> None:
    linen = mixed((240, 230, 214), canvas.color, 0.08)
    pillow = canvas.mask(
        curve(
            "M 36 38 C 41 36.6, 59 36.6, 64 38 C 65.6 44, 65.6 52, 64 58 C 59 59.6, 41 59.6, 36 58"
            " C 34.4 52, 34.4 44, 36 38"
        )
    )
    canvas.part(pillow, linen, FABRIC, roundness=6, shadow=1.8)
    for y in (42.4, 45, 52.4):
        canvas.tint(
            canvas.mask(Stroke(curve(f"M 35 {y} Q 50 {y + 1.6}, 65 {y}"), 0.8, 0.8)),
            canvas.color,
            0.75,
            within=pillow,
        )
