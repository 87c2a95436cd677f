"""Words that can be read on the very picture behind them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from coloraide import Color
from numpy.typing import NDArray
from PIL import Image

from creative.background import words_area
from creative.colors import contrast, mix, readable_ink
from creative.prefill import Colors, PrefillDraft
from creative.scrim import scrim_opacity

_BLOCK = 6
_STRENGTHS = tuple(step / 10 for step in range(11))
_SHARES = np.arange(256) / 255
_LINEAR = np.where(_SHARES <= 0.04045, _SHARES / 12.92, ((_SHARES + 0.055) / 1.055) ** 2.4)
# Above the least, for compression and for fonts with thin strokes.
_GOAL = 5.0
_WORTH = 0.2
_PART_CONTRAST = 3.0
_STRONG = 0.6


@dataclass(frozen=True)
class _Choice:
    """Colours, and the least strength of the scrim at which they can be read; and how well."""

    colors: Colors
    strength: float
    reached: float


def make_readable(draft: PrefillDraft, background: Image.Image) -> PrefillDraft:
    """`draft` with colours and a scrim by which its words reach 4.5:1 on `background`.

    Contrast (WCAG 2.2, *contrast ratio*) is measured against what the overlay shows behind the
    words: the picture under the scrim, everywhere in the words' area, in blocks of 6 × 6 pixels.
    The draft's own colours are kept with as much scrim as they need; where ink and ground in the
    picture's own tone need much less, they are taken instead. A button that would melt into the
    picture changes places with the text. What was changed is told in `corrections`.

    Args:
        draft: the prefill before its pictures are known.
        background: RGB, 1920×1080 pixels.
    """
    patch = _Patch(draft, background)
    own = patch.least(draft.colors)
    others = [patch.least(colors) for colors in patch.toned(draft.colors)]
    best = min(others, key=lambda choice: choice.strength)
    chosen = own if own.strength <= best.strength + _WORTH else best
    colors, told = chosen.colors, list(draft.corrections)
    if chosen is not own:
        found = patch.contrast(draft.colors, 0.0)
        told.append(
            f"colors.text: {draft.colors.text} on the picture behind it had a contrast of "
            f"{found:.1f}:1; it is now {colors.text} on {colors.background}."
        )
    elif own.strength >= _STRONG:
        told.append(
            f"scrim: the picture behind the words is uneven; it is covered to {own.strength:.0%}, "
            f"which gives a contrast of {own.reached:.1f}:1."
        )
    if contrast(colors.cta_background, colors.background) < _PART_CONTRAST:
        told.append(
            f"colors.cta_background: {colors.cta_background} cannot be told from the ground "
            f"{colors.background}; it is now {colors.text}."
        )
        changed = {"cta_background": colors.text, "cta_text": colors.background}
        colors = Colors.model_validate(dict(colors) | changed)
    changes = {"colors": colors, "scrim": chosen.strength, "corrections": tuple(told)}
    return draft.model_copy(update=changes)


class _Patch:
    """The part of a background that lies behind the words."""

    def __init__(self, draft: PrefillDraft, background: Image.Image) -> None:
        area = words_area(draft.layout)
        self._means = np.asarray(background.crop(area).reduce(_BLOCK), np.float32)
        self._opacity = scrim_opacity(draft.layout, area, _BLOCK)[..., None]
        rows, columns = self._means.shape[:2]
        self._opacity = self._opacity[:rows, :columns]

    def contrast(self, colors: Colors, strength: float) -> float:
        """The least contrast of the text anywhere in the patch."""
        ground = np.array(_channels(colors.background), np.float32)
        opacity = strength * self._opacity
        shown = opacity * ground + (1 - opacity) * self._means
        lights = _luminance(shown)
        ink = float(_luminance(np.array(_channels(colors.text), np.float32)))
        darkest, lightest = float(lights.min()), float(lights.max())
        if darkest <= ink <= lightest:
            return 1.0
        near = lightest if ink > lightest else darkest
        return (max(ink, near) + 0.05) / (min(ink, near) + 0.05)

    def least(self, colors: Colors) -> _Choice:
        """The least scrim that these colours need."""
        for strength in _STRENGTHS:
            reached = self.contrast(colors, strength)
            if reached >= _GOAL:
                return _Choice(colors, strength, reached)
        return _Choice(colors, 1.0, reached)

    def toned(self, colors: Colors) -> Iterator[Colors]:
        """Ink and ground in the tone of the picture, dark ink on light ground and light on dark."""
        red, green, blue = (round(float(value)) for value in self._means.mean(axis=(0, 1)))
        mean = Color(f"#{red:02X}{green:02X}{blue:02X}").convert("oklch")
        lightness, chroma, hue = mean.coords(nans=False)
        grounds = (
            (mix(min(lightness, 0.34), min(chroma, 0.09), hue), mix(0.975, 0.012, hue)),
            (mix(max(lightness, 0.90), min(chroma, 0.05), hue), mix(0.21, 0.03, hue)),
        )
        for ground, ink in grounds:
            text = readable_ink(ground, ink, 7.0)
            accent = readable_ink(ground, colors.accent, _PART_CONTRAST)
            changed = {"background": ground, "text": text, "accent": accent}
            yield Colors.model_validate(dict(colors) | changed)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(colors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2, *relative luminance*) of sRGB colours, 0 to 255."""
    linear = _LINEAR[np.rint(colors).astype(np.uint8)]
    light: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return light
