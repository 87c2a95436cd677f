"""Outlines in the drawing's own units: 0 to 100 from left to right and from top to bottom."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Outline = list[Point]

_CURVE_STEPS = 28
_ARGUMENTS = {"M": 2, "L": 2, "Q": 4, "C": 6}


@dataclass(frozen=True)
class Stroke:
    """A line with round ends, `start` units wide where it begins and `stop` where it ends."""

    points: Outline
    start: float
    stop: float


def curve(path: str) -> Outline:
    """The points of a path written as in SVG, with the absolute commands M, L, Q and C only."""
    points: Outline = []
    for command, numbers in re.findall(r"([MLQC])([^MLQC]*)", path):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        width = _ARGUMENTS[command]
        for begin in range(0, len(values), width):
            chunk = values[begin : begin + width]
            controls = [(chunk[i], chunk[i + 1]) for i in range(0, width, 2)]
            if command in "ML":
                points += controls
            else:
                points += _bezier([points[-1], *controls])
    return points


def _bezier(controls: Sequence[Point]) -> Outline:
    points = []
    for step in range(1, _CURVE_STEPS + 1):
        level = list(controls)
        t = step / _CURVE_STEPS
        while len(level) > 1:
            level = [_between(a, b, t) for a, b in pairwise(level)]
        points.append(level[0])
    return points


def _between(first: Point, second: Point, t: float) -> Point:
    return (first[0] + (second[0] - first[0]) * t, first[1] + (second[1] - first[1]) * t)


def ellipse(
    x: float, y: float, rx: float, ry: float, begin: float = 0, end: float = 360
) -> Outline:
    """An ellipse about (x, y), or the part of it from `begin` to `end` degrees, clockwise."""
    steps = max(8, int(96 * abs(end - begin) / 360))
    angles = [math.radians(begin + (end - begin) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def rounded(corners: Sequence[Point], radius: float | Sequence[float]) -> Outline:
    """A polygon whose corners are rounded by `radius` units, one for all or one for each."""
    count = len(corners)
    radii = [radius] * count if isinstance(radius, int | float) else list(radius)
    points: Outline = []
    for index, corner in enumerate(corners):
        before, after = corners[index - 1], corners[(index + 1) % count]
        entry = _towards(corner, before, radii[index])
        leave = _towards(corner, after, radii[index])
        points += [entry, *_bezier([entry, corner, leave])]
    return points


def _towards(origin: Point, target: Point, length: float) -> Point:
    distance = math.dist(origin, target) or 1.0
    return _between(origin, target, min(length / distance, 0.5))


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Outline:
    """A rectangle with rounded corners."""
    return rounded([(left, top), (right, top), (right, bottom), (left, bottom)], radius)


def mirrored(points: Outline, axis: float = 50) -> Outline:
    """The outline on the other side of the vertical line at `axis`."""
    return [(2 * axis - x, y) for x, y in points]


def turned(points: Outline, degrees: float, center: Point) -> Outline:
    """The outline turned clockwise about `center`."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        (
            center[0] + (x - center[0]) * cosine - (y - center[1]) * sine,
            center[1] + (x - center[0]) * sine + (y - center[1]) * cosine,
        )
        for x, y in points
    ]


def spread(points: Outline, spacing: float) -> Outline:
    """Points along the line, `spacing` units apart."""
    result = [points[0]]
    for target in points[1:]:
        distance = math.dist(result[-1], target)
        while distance >= spacing:
            result.append(_between(result[-1], target, spacing / distance))
            distance = math.dist(result[-1], target)
    return result
