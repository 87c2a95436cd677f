"""How the words of an overlay are set: as large as they may be, and whole where there is room."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from creative.background import words_area
from creative.prefill import Layout, cut_at_a_word

# Pixels of a 1080-line picture. 90 is the least for a headline that is read across a room.
_HEADLINE_SIZES = (148, 132, 118, 106, 98, 92)
_PRICE_SIZES = (66, 56, 48)
BODY_SIZE = 48
_HEADLINE_LEADING, _SUBTITLE_LEADING = 1.04, 1.28
_BRAND_HEIGHT = 58
_GAPS = (48, 36, 24)
_SHORTEST_SUBTITLE = 14
_MOST_HEADLINE_LINES = 3
_BUTTON_HEIGHT, _BUTTON_SIDES = 106, 154
_NARROW = frozenset("iljtfrI.,:;!|'’()[] ")
_BROAD = frozenset("mwMW@%&—…")
# Widths of the weights: headlines are set tighter than the bold that is the measure.
_DISPLAY, _BOLD, _REGULAR = 0.96, 1.0, 0.92


@dataclass(frozen=True)
class Parts:
    """The words to set; `fact` is a rating or a remark, `card` the side of the code, in pixels."""

    headline: str
    subtitle: str
    cta: str
    brand: str | None = None
    price: str | None = None
    fact: str | None = None
    card: float = 0


@dataclass(frozen=True)
class Setting:
    """How they are set, in pixels of a 1080-line picture.

    `gap` is the measure of the spaces between the parts; `subtitle` is cut, at a word, where there
    is no room for the whole; `fact` is left out before that, and before it, below a product that
    stands above the words, the brand moves to the side of the price (`brand_aside`).
    """

    headline_size: int
    price_size: int
    gap: int
    subtitle: str
    brand: str | None
    fact: str | None
    brand_aside: bool = False


def set_words(parts: Parts, layout: Layout) -> Setting:
    """The most generous setting whose parts fit the words' area."""
    candidates = list(_settings(parts, layout))
    for candidate in candidates:
        if _fits(parts, candidate, layout):
            return candidate
    return _with_less_said(parts, candidates[-1], layout)


def _settings(parts: Parts, layout: Layout) -> Iterator[Setting]:
    """Settings from the most generous to the tightest."""
    start = Setting(
        headline_size=_HEADLINE_SIZES[0],
        price_size=_price_size(parts, _offer_width(parts, layout)),
        gap=_GAPS[0],
        subtitle=parts.subtitle,
        brand=parts.brand,
        fact=parts.fact,
    )
    sizes = [
        size
        for size in _HEADLINE_SIZES
        if size == _HEADLINE_SIZES[-1]
        or _lines(parts.headline, _column(parts, layout) / (size * _DISPLAY))
        <= _most_lines(layout, size)
    ]
    for aside in (False, True) if layout == "center" and parts.brand else (False,):
        for fact in dict.fromkeys((parts.fact, None)):
            for gap in _GAPS:
                for size in sizes:
                    yield replace(start, headline_size=size, gap=gap, fact=fact, brand_aside=aside)


def _with_less_said(parts: Parts, setting: Setting, layout: Layout) -> Setting:
    """The tightest setting with what fits of the subtitle, and no brand where it has no room."""
    if _overhang(parts, setting, layout, without_subtitle=True) > 0:
        setting = replace(setting, brand=None, brand_aside=False)
    length = len(parts.subtitle)
    while setting.subtitle and not _fits(parts, setting, layout):
        length -= 3
        cut = cut_at_a_word(parts.subtitle, length) if length > _SHORTEST_SUBTITLE else ""
        setting = replace(setting, subtitle=f"{cut.rstrip('…')}…" if cut else "")
    return setting


def _most_lines(layout: Layout, size: int) -> int:
    if layout == "center":
        return 2 if size <= 106 else 1
    return 2 if size > 120 else _MOST_HEADLINE_LINES


def _column(parts: Parts, layout: Layout) -> float:
    """Pixels across that headline and subtitle have; a little less, for fonts differ."""
    width = words_area(layout).width
    if layout == "center":
        width -= round(_offer_width(parts, layout)) + 72
    return 0.96 * width


def _offer_width(parts: Parts, layout: Layout) -> float:
    if layout == "center":
        button = BODY_SIZE * _width_of(parts.cta, _BOLD) + _BUTTON_SIDES
        return min(max(1.05 * button, 360.0), 560.0)
    return words_area(layout).width - (parts.card + 40 if parts.card else 0)


def _price_size(parts: Parts, width: float) -> int:
    for size in _PRICE_SIZES:
        if size * _width_of(parts.price or "", _BOLD) <= 0.96 * width:
            return size
    return _PRICE_SIZES[-1]


def _fits(parts: Parts, setting: Setting, layout: Layout) -> bool:
    return _overhang(parts, setting, layout) <= 0


def _overhang(
    parts: Parts, setting: Setting, layout: Layout, without_subtitle: bool = False
) -> float:
    """By about how many pixels the words are higher than their area; negative where they fit."""
    column = _column(parts, layout)
    lines = _lines(parts.headline, column / (setting.headline_size * _DISPLAY))
    said = setting.headline_size * _HEADLINE_LEADING * lines
    if setting.subtitle and not without_subtitle:
        lines = _lines(setting.subtitle, column / (BODY_SIZE * _REGULAR))
        said += 0.5 * setting.gap + BODY_SIZE * _SUBTITLE_LEADING * lines
    if setting.brand and not setting.brand_aside:
        said += _BRAND_HEIGHT + (0.25 if layout == "center" else 0.7) * setting.gap
    offer = _offer_height(parts, setting, layout)
    height = words_area(layout).height
    if layout == "center":
        return max(said, offer) - height
    return said + setting.gap + max(offer, parts.card) - height


def _offer_height(parts: Parts, setting: Setting, layout: Layout) -> float:
    width = _offer_width(parts, layout)
    button = _lines(parts.cta, (0.98 * width - _BUTTON_SIDES) / BODY_SIZE)
    height = _BUTTON_HEIGHT + (button - 1) * 1.15 * BODY_SIZE
    if parts.price:
        lines = _lines(parts.price, 0.98 * width / setting.price_size)
        height += 1.2 * setting.price_size * lines + 0.5 * setting.gap
    if setting.fact:
        height += 1.25 * BODY_SIZE * _lines(setting.fact, 0.9 * width / BODY_SIZE)
        height += 0.25 * setting.gap
    if setting.brand and setting.brand_aside:
        height += _BRAND_HEIGHT * _lines(setting.brand, 0.85 * width / BODY_SIZE)
        height += 0.25 * setting.gap
    return height


def _lines(text: str, room: float) -> int:
    """How many lines `text` takes where `room` ems fit on one; longer words are broken."""
    lines, used = 1, 0.0
    for word in text.split(" "):
        width = _width_of(word, _BOLD)
        if used and used + 0.28 + width > room:
            lines, used = lines + 1, 0.0
        if width > room:
            whole = int(width / max(room - 1, 1.0))
            lines, used = lines + whole, width % max(room - 1, 1.0)
        else:
            used += width + (0.28 if used else 0)
    return lines


def _width_of(text: str, weight: float) -> float:
    return weight * sum(map(_width, text))


def _width(sign: str) -> float:
    """About how wide a character is in ems, in a bold sans serif."""
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    if sign in _NARROW:
        return 0.34
    if sign in _BROAD:
        return 0.9
    return 0.69 if sign.isupper() else 0.56
