"""Openings in a product through which its backdrop is seen, such as the inside of a handle."""

import numpy as np

from creative.composing.regions import Flags, Floats, components, flood, grow, ring

_ALIKE = 0.035
_MOST_OPENINGS = 12


def openings_in(inside: Flags, distance: Floats, steepness: Floats, unevenness: float) -> Flags:
    """Openings such as the inside of a handle: the backdrop's very colour, near the outline.

    A pale label may be just as even; it lies further in, or has something printed on it. The more
    uneven the backdrop is as a whole, the less is known of its colour inside an opening.
    """
    holes = np.zeros_like(inside)
    alike = inside & (distance < 2 * _ALIKE + unevenness)
    even = inside & (distance < 1.2 * _ALIKE + unevenness)
    parts = components(even)
    wide = parts.parts_at(~grow(~even, 1))
    large = wide[parts.sizes[wide] >= 0.0003 * inside.size]
    for part in large[np.argsort(-parts.sizes[large], kind="stable")][:_MOST_OPENINGS]:
        one = parts.holding(part)
        if distance[one].mean() < 0.8 * _ALIKE + 0.8 * unevenness and _is_opening(
            one, inside, distance, steepness
        ):
            filled = flood(inside & (steepness < 0.025), one)
            whole = filled if filled.sum() < 1.6 * one.sum() else one
            holes |= (grow(one, 3) & alike) | (grow(whole, 2) & inside)
    return holes


def unevenness_of(pixels: Floats, backdrop: Flags) -> float:
    """How far most of the backdrop is from its usual colour."""
    colors = pixels[backdrop]
    if not len(colors):
        return 0.0
    away = np.sqrt(((colors - np.median(colors, axis=0)) ** 2).sum(axis=1))
    return float(np.percentile(away, 75))


def _is_opening(area: Flags, inside: Flags, distance: Floats, steepness: Floats) -> bool:
    edge = grow(area, 3) & ~grow(area, 1)
    near = grow(~inside, max(3, round(0.11 * max(inside.shape))))
    around = flood(~area, ring(*area.shape))
    islands = ~around & ~area
    smooth = np.percentile(steepness[area], 70) < 0.01 or distance[area].mean() < 0.6 * _ALIKE
    return bool(
        smooth
        and (near & edge).sum() > 0.4 * edge.sum()
        and (edge & ~inside).sum() < 0.03 * edge.sum()
        and (distance[edge] > 0.1).mean() > 0.98
        and islands.sum() < 0.08 * area.sum()
    )
