"""Colours from a picture, and words that can be read on them."""

from dataclasses import dataclass
from typing import Literal

from coloraide import Color
from PIL import Image

from creative.composing.swatches import GREY, Swatch, key_swatch, second_hue, swatches_of

Mood = Literal["light", "dark", "vivid"]

MINIMUM_CONTRAST = 4.5
_COMFORTABLE_CONTRAST = 7.0


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, *contrast ratio*)."""
    return float(Color(first).contrast(second, method="wcag21"))


@dataclass(frozen=True)
class Palette:
    """The colours of one preview, all `#RRGGBB`.

    `background` lies under the words, `surface` is the large shape behind the product, `glow` the
    lit part of both and `shade` the part turned away from the light; `companion` is a second
    shape colour. `hue` is the OKLCH hue of all of these, in degrees, and `product` the product's
    own main colours, the most characteristic first.
    """

    background: str
    surface: str
    glow: str
    shade: str
    companion: str
    text: str
    accent: str
    cta_background: str
    cta_text: str
    hue: float
    product: tuple[str, ...]


def palette_of(picture: Image.Image, mood: Mood) -> Palette:
    """The palette that goes with `picture` (any mode) in one mood; the same for the same picture.

    A plain backdrop does not count. Hues are the picture's own; lightness and chroma are set in
    OKLCH (Ottosson, *A perceptual color space for image processing*) so that the product stands
    out. Text on background and cta_text on cta_background have a contrast of 4.5:1 or more.
    """
    swatches = swatches_of(picture)
    key = key_swatch(swatches)
    weight = sum(swatch.share for swatch in swatches)
    lightness = sum(swatch.lightness * swatch.share for swatch in swatches) / weight
    tones = {"light": _light_tones, "dark": _dark_tones, "vivid": _vivid_tones}[mood](
        key, lightness
    )
    accent_hue = second_hue(swatches, key.hue)
    return _inked(tones, accent_hue, min(1.0, key.chroma / 0.06), swatches)


def readable_ink(ground: str, wish: str | None = None, minimum: float = MINIMUM_CONTRAST) -> str:
    """An ink, `#RRGGBB`, whose contrast on `ground` is at least `minimum`.

    It is `wish` where that can be read; else `wish` made lighter or darker, whichever is nearer,
    in its own hue; else black or white, whichever stands out more (one of them always reaches
    4.58:1). A minimum above that may not be reached.
    """
    extremes = sorted(("#FFFFFF", "#000000"), key=lambda ink: -contrast(ink, ground))
    if wish is None:
        return extremes[0]
    if contrast(wish, ground) >= minimum:
        return _hex(Color(wish))
    lightness, chroma, hue = _oklch(wish)
    for step in range(1, 51):
        for moved in (lightness + step * 0.02, lightness - step * 0.02):
            ink = mix(moved, chroma, hue)
            if 0 <= moved <= 1 and contrast(ink, ground) >= minimum:
                return ink
    return extremes[0]


def mix(lightness: float, chroma: float, hue: float) -> str:
    """An OKLCH colour as `#RRGGBB`; outside sRGB its chroma gives way, lightness and hue stay."""
    wished = Color("oklch", [min(max(lightness, 0.0), 1.0), max(chroma, 0.0), hue % 360])
    color = wished.convert("srgb")
    if not color.in_gamut():
        color = wished.fit("srgb", method="oklch-chroma").convert("srgb")
    red, green, blue = (round(255 * min(max(part, 0.0), 1.0)) for part in color.coords())
    return f"#{red:02X}{green:02X}{blue:02X}"


def hue_name(hue: float, chroma: float) -> str:
    """The everyday name of an OKLCH hue, in English."""
    if chroma < GREY / 2:
        return "neutral"
    names = (
        (15, "rose"),
        (48, "terracotta"),
        (75, "amber"),
        (105, "golden"),
        (132, "olive"),
        (165, "green"),
        (205, "teal"),
        (240, "sky blue"),
        (278, "blue"),
        (312, "violet"),
        (345, "plum"),
        (360, "rose"),
    )
    return next(name for limit, name in names if hue % 360 <= limit)


def lightness_and_chroma(color: str) -> tuple[float, float]:
    """The OKLCH lightness and chroma of `color`."""
    lightness, chroma, _ = _oklch(color)
    return lightness, chroma


def _hex(color: Color) -> str:
    return color.convert("srgb").clip().to_string(hex=True, alpha=False).upper()


def _oklch(color: str) -> tuple[float, float, float]:
    lightness, chroma, hue = Color(color).convert("oklch").coords(nans=False)
    return float(lightness), float(chroma), float(hue)


@dataclass(frozen=True)
class _Tones:
    """Lightness and chroma of the grounds, and their hue."""

    hue: float
    background: tuple[float, float]
    surface: tuple[float, float]
    glow: tuple[float, float]
    shade: tuple[float, float]
    companion: tuple[float, float, float]
    mood: Mood


def _light_tones(key: Swatch, lightness: float) -> _Tones:
    colored = min(1.0, key.chroma / 0.08)
    pale = max(0.0, min(1.0, (lightness - 0.72) / 0.2))
    return _Tones(
        hue=key.hue,
        background=(0.948 - 0.05 * pale, 0.006 + 0.013 * colored),
        surface=(0.855 - 0.09 * pale, 0.014 + 0.054 * colored),
        glow=(0.985 - 0.03 * pale, 0.004 + 0.010 * colored),
        shade=(0.80 - 0.08 * pale, 0.014 + 0.036 * colored),
        companion=(0.84 - 0.09 * pale, 0.012 + 0.060 * colored, key.hue + 32),
        mood="light",
    )


def _dark_tones(key: Swatch, lightness: float) -> _Tones:
    colored = min(1.0, key.chroma / 0.08)
    # A dark yellow is olive drab; brown is what the eye expects there.
    hue = key.hue - 28 if 80 < key.hue < 125 else key.hue
    dim = max(0.0, min(1.0, (0.60 - lightness) / 0.25))
    return _Tones(
        hue=hue,
        background=(0.225, 0.006 + 0.030 * colored),
        surface=(0.36 + 0.09 * dim, 0.010 + 0.060 * colored),
        glow=(0.56 + 0.14 * dim, 0.012 + 0.082 * colored),
        shade=(0.14, 0.004 + 0.016 * colored),
        companion=(0.38 + 0.08 * dim, 0.010 + 0.055 * colored, hue - 36),
        mood="dark",
    )


def _vivid_tones(key: Swatch, lightness: float) -> _Tones:
    """Strong colour: bright behind a dark product, deep behind a bright one."""
    hue = key.hue
    colored = min(1.0, max(0.5, key.chroma / 0.09))
    if lightness < 0.66:
        return _Tones(
            hue=hue,
            background=(0.80, 0.105 * colored),
            surface=(0.715, 0.135 * colored),
            glow=(0.905, 0.070 * colored),
            shade=(0.60, 0.120 * colored),
            companion=(0.74, 0.125 * colored, hue + 38),
            mood="vivid",
        )
    hue = key.hue - 45 if 62 < key.hue < 125 else key.hue
    return _Tones(
        hue=hue,
        background=(0.40, 0.105 * colored),
        surface=(0.50, 0.130 * colored),
        glow=(0.64, 0.135 * colored),
        shade=(0.29, 0.080 * colored),
        companion=(0.47, 0.120 * colored, hue - 38),
        mood="vivid",
    )


def _inked(
    tones: _Tones, accent_hue: float, colored: float, swatches: tuple[Swatch, ...]
) -> Palette:
    background = mix(*tones.background, tones.hue)
    bright = tones.background[0] > 0.6
    text = mix(0.21, 0.03, tones.hue) if bright else mix(0.975, 0.012, tones.hue)
    if tones.mood == "light":
        button, accent = mix(0.42, 0.11 * colored, tones.hue), mix(0.58, 0.15 * colored, tones.hue)
    elif tones.mood == "dark":
        button, accent = mix(0.86, 0.085 * colored, tones.hue), mix(0.74, 0.13 * colored, tones.hue)
    elif bright:
        button, accent = mix(0.25, 0.05, tones.hue), mix(0.42, 0.13, accent_hue)
    else:
        button, accent = mix(0.95, 0.03, tones.hue), mix(0.82, 0.13, accent_hue)
    button_ink = mix(0.98, 0.01, tones.hue) if not _is_bright(button) else mix(0.2, 0.04, tones.hue)
    lightness, chroma, hue = tones.companion
    return Palette(
        background=background,
        surface=mix(*tones.surface, tones.hue),
        glow=mix(*tones.glow, tones.hue),
        shade=mix(*tones.shade, tones.hue),
        companion=mix(lightness, chroma, hue),
        text=readable_ink(background, text, _COMFORTABLE_CONTRAST),
        accent=accent,
        cta_background=button,
        cta_text=readable_ink(button, button_ink),
        hue=tones.hue % 360,
        product=tuple(one.color for one in swatches[:4]),
    )


def _is_bright(color: str) -> bool:
    return _oklch(color)[0] > 0.62
