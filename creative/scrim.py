"""The scrim: the ground's own colour under the words, fading out towards the product.

One list of stops gives both the gradient of the overlay's page and the map by which contrast is
measured, so that what is measured is what is shown.
"""

import numpy as np
from numpy.typing import NDArray

from creative.background import BACKGROUND_SIZE, Box, words_area
from creative.prefill import Layout

_FADE = 0.10
_STEPS = 8
_TOWARDS: dict[Layout, str] = {"left": "to right", "right": "to left", "center": "to top"}


def scrim_gradient(layout: Layout, color: str, strength: float) -> str:
    """The scrim as a CSS gradient; `color` is `#RRGGBB`, `strength` 0 to 1."""
    listed = ", ".join(
        f"{color}{round(255 * strength * opacity):02X} {100 * place:g}%"
        for place, opacity in _stops(layout)
    )
    return f"linear-gradient({_TOWARDS[layout]}, {listed})"


def scrim_opacity(layout: Layout, within: Box, step: int) -> NDArray[np.float32]:
    """How opaque a scrim of strength 1 is, 0 to 1.

    Args:
        layout: where the words stand.
        within: the part of the background that is asked for, in its pixels.
        step: pixels from one value to the next, in both directions.

    Returns:
        1 × width or height × 1 values, for the middles of the steps inside `within`.
    """
    width, height = BACKGROUND_SIZE
    if layout == "center":
        places = 1 - (np.arange(within.top, within.bottom, step) + step / 2) / height
    else:
        across = (np.arange(within.left, within.right, step) + step / 2) / width
        places = across if layout == "left" else 1 - across
    marks, opacities = zip(*_stops(layout), strict=True)
    values = np.interp(places, marks, opacities).astype(np.float32)
    shaped: NDArray[np.float32] = values[:, None] if layout == "center" else values[None, :]
    return shaped


def _stops(layout: Layout) -> list[tuple[float, float]]:
    """Places along the gradient, 0 to 1, and how opaque a scrim of strength 1 is there.

    It is whole under the words, so that at strength 1 they can be read on any picture.
    """
    box, (width, height) = words_area(layout), BACKGROUND_SIZE
    if layout == "center":
        end = (height - box.top) / height
    else:
        end = (box.right if layout == "left" else width - box.left) / width
    fade = ((step / _STEPS) for step in range(_STEPS + 1))
    return [(0.0, 1.0), *((end + _FADE * t, 1 - t * t * (3 - 2 * t)) for t in fade)]
