"""The colours of the product in a picture, and those that a person would name it by."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from creative.composing.subject import product_pixels

GREY = 0.028
_SAMPLE_SIDE = 80
_MOST_SAMPLES = 1200
_MOST_SWATCHES = 12
_TO_CONES = np.array(
    [
        [0.4122214708, 0.2119034982, 0.0883024619],
        [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 1.9779984951, 0.0259040371],
        [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660],
    ]
)


@dataclass(frozen=True)
class Swatch:
    """One colour of a picture: OKLCH lightness (0 to 1), chroma (0 to about 0.37), hue in degrees.

    `share` is the part of the product that has it, 0 to 1, and `color` it as `#RRGGBB`.
    """

    lightness: float
    chroma: float
    hue: float
    share: float
    color: str


def swatches_of(picture: Image.Image) -> tuple[Swatch, ...]:
    """The product's colours in `picture` (any mode), the most frequent first, twelve at most."""
    pixels = product_pixels(picture, _SAMPLE_SIDE)
    counted = pixels[:: -(-len(pixels) // _MOST_SAMPLES)]
    strip = Image.fromarray(np.ascontiguousarray(counted[None]))
    table = strip.quantize(_MOST_SWATCHES, method=Image.Quantize.MEDIANCUT, kmeans=1)
    counts = np.bincount(np.asarray(table).ravel(), minlength=_MOST_SWATCHES)
    entries = np.array(table.getpalette(), np.uint8).reshape(-1, 3)
    swatches = []
    for count, entry, values in zip(counts, entries, _oklch_of(entries), strict=False):
        if count:
            lightness, chroma, hue = (float(value) for value in values)
            color = "#" + entry.tobytes().hex().upper()
            swatches.append(Swatch(lightness, chroma, hue, float(count) / len(counted), color))
    return tuple(sorted(swatches, key=lambda swatch: (-swatch.share, swatch.hue)))


def _oklch_of(colors: NDArray[np.uint8]) -> NDArray[np.float64]:
    """OKLCH lightness, chroma and hue of sRGB colours (count × 3), by Ottosson's matrices."""
    share = colors / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lightness, a, b = (np.cbrt(linear @ _TO_CONES) @ _TO_OKLAB).T
    return np.stack([lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360], axis=1)


def _weight(swatch: Swatch) -> float:
    usable = 1 - abs(swatch.lightness - 0.6) * 0.9
    return float(swatch.share**0.7 * min(swatch.chroma / 0.1, 1.3) * usable)


def _apart(first: float, second: float) -> float:
    return abs((first - second + 180) % 360 - 180)


def key_swatch(swatches: tuple[Swatch, ...]) -> Swatch:
    """The hue that a person would name the product by; a neutral product keeps its faint tint."""
    strengths = [
        sum(_weight(other) for other in swatches if _apart(one.hue, other.hue) < 24)
        * (0.5 + _weight(one))
        for one in swatches
    ]
    best = swatches[int(np.argmax(strengths))]
    if best.chroma >= GREY:
        return best
    hue = best.hue if best.chroma > 0.008 else 70.0
    return replace(best, hue=hue)


def second_hue(swatches: tuple[Swatch, ...], key: float) -> float:
    """Another hue that the product has in strength; else the key's complement, a little warmer."""
    others = [one for one in swatches if one.chroma > 0.06 and _apart(one.hue, key) > 40]
    strongest = max(others, key=_weight, default=None)
    if strongest is not None and strongest.share > 0.03:
        return strongest.hue
    return (key + 165) % 360
