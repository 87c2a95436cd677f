"""The overlay of a preview as one page of HTML: no script, no request but for the background."""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from creative.background import BACKGROUND_SIZE, words_area
from creative.prefill import BadgeWidget, Layout, Prefill, PriceTagWidget, RatingWidget

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
# Anything else in a host could end the directive and begin another.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+:[0-9a-f.:]*")
_UNIT = re.compile(r"(\d) (\w{1,3}\b|[%°€$£])")
# Pixels of a 1080-line picture, the largest first; 90 is the least that reads across a room.
_HEADLINE_SIZES = (148, 132, 118, 106, 96, 92)
_SUBTITLE_SIZE = 48
_MOST_TEXT = {"left": 560, "right": 560, "center": 330}
_COLUMN = {"left": 840, "right": 840, "center": 1150}
_MOST_LINES = {"left": 3, "right": 3, "center": 1}
_Stops = tuple[tuple[float, int], ...]
# Opacity, and the share of the frame in percent at which it is reached.
_SCRIM_BESIDE: _Stops = ((0.86, 0), (0.84, 24), (0.70, 35), (0.38, 43), (0.10, 49), (0.0, 52))
_SCRIM_BELOW: _Stops = ((0.88, 0), (0.84, 22), (0.62, 30), (0.25, 35), (0.0, 39))
_WIDE_SCRIM_BESIDE: _Stops = ((0.90, 0), (0.88, 34), (0.76, 45), (0.46, 53), (0.14, 60), (0.0, 66))
_WIDE_SCRIM_BELOW: _Stops = ((0.92, 0), (0.88, 28), (0.74, 36), (0.40, 43), (0.12, 49), (0.0, 54))
_NARROW = frozenset("iljtfrI.,:;!|'’()[] ")
_BROAD = frozenset("mwMW@%&—…")


def _unbroken(text: str) -> str:
    """`text` with a number kept beside its unit, and no line that begins with a dash."""
    return _UNIT.sub("\\1\u00a0\\2", text).replace(" – ", "\u00a0– ")


_TEMPLATES.filters["unbroken"] = _unbroken


@dataclass(frozen=True)
class _Fact:
    type: str
    text: str


@dataclass(frozen=True)
class _Area:
    left: float
    top: float
    width: float
    height: float


def render_frame(prefill: Prefill) -> str:
    """The overlay of `prefill` as a self-contained page that scales from a phone to a television.

    All text is escaped, and the page's own policy lets it load nothing but the background. Sizes
    are in shares of the frame's width, so that it looks the same at every width.
    """
    size = _headline_size(prefill)
    crowded = _is_crowded(prefill, size)
    style = _TEMPLATES.get_template("frame.css.jinja").render(
        colors=prefill.colors,
        layout=prefill.layout,
        area=_area(prefill.layout),
        scrim=_scrim(prefill),
        headline_size=round(100 * size / BACKGROUND_SIZE[0], 3),
        crowded=crowded,
    )
    return _TEMPLATES.get_template("frame.html.jinja").render(
        prefill=prefill,
        price=_price(prefill),
        brand=None if _says(prefill.headline, prefill.brand or "") else prefill.brand,
        facts=[] if crowded else _facts(prefill),
        style=Markup(style),
        policy=_policy(style, prefill.generated_background_url),
        direction=_direction(prefill.locale),
    )


def _policy(style: str, background: str) -> str:
    """A Content-Security-Policy: the hash of the page's one style, and one source of pictures."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src {_source(background)}; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "'none'"
    host = parts.hostname or ""
    if parts.scheme in ("http", "https") and _HOST.fullmatch(host):
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
    if parts.scheme in ("file", "data", "blob"):
        return f"{parts.scheme}:"
    return "'none'" if parts.scheme or parts.netloc else "'self'"


def _area(layout: Layout) -> _Area:
    box, (width, height) = words_area(layout), BACKGROUND_SIZE
    return _Area(
        round(100 * box.left / width, 4),
        round(100 * box.top / height, 4),
        round(100 * box.width / width, 4),
        round(100 * box.height / height, 4),
    )


def _scrim(prefill: Prefill) -> str:
    """The ground's own colour under the words, fading out towards the product.

    On an embedded background, calm and of that colour there already, it cannot be seen; what a
    model painted under the words is not known, and is covered further.
    """
    towards = {"left": "to right", "right": "to left", "center": "to top"}[prefill.layout]
    below, beside = _SCRIM_BELOW, _SCRIM_BESIDE
    if prefill.generated_by.generator != "local":
        below, beside = _WIDE_SCRIM_BELOW, _WIDE_SCRIM_BESIDE
    stops = below if prefill.layout == "center" else beside
    color = prefill.colors.background
    listed = ", ".join(f"{color}{round(share * 255):02X} {place}%" for share, place in stops)
    return f"linear-gradient({towards}, {listed})"


def _headline_size(prefill: Prefill) -> int:
    """The largest size, in pixels of a 1080-line picture, at which the headline has few lines."""
    layout = prefill.layout
    for size in _HEADLINE_SIZES:
        lines = _lines(prefill.headline, _COLUMN[layout] / size)
        if lines <= min(_MOST_LINES[layout], 2 if size > 120 else 3):
            return size
    return _HEADLINE_SIZES[-1]


def _is_crowded(prefill: Prefill, size: int) -> bool:
    """Whether headline and subtitle alone take so much height that something has to give way."""
    column = _COLUMN[prefill.layout]
    headline = _lines(prefill.headline, column / size) * size
    subtitle = _lines(prefill.subtitle, column / _SUBTITLE_SIZE) * 1.3 * _SUBTITLE_SIZE
    return headline + subtitle > _MOST_TEXT[prefill.layout]


def _lines(text: str, room: float) -> int:
    """How many lines `text` takes where `room` ems fit on one; a word too long for one counts 9."""
    lines, used = 1, 0.0
    for word in text.split(" "):
        width = sum(map(_width, word))
        if width > room:
            if any(unicodedata.east_asian_width(sign) == "W" for sign in word):
                lines, used = lines + int((used + width) / room), (used + width) % room
                continue
            return 9
        if used and used + 0.25 + width > room:
            lines, used = lines + 1, width
        else:
            used += width + (0.25 if used else 0)
    return lines


def _width(sign: str) -> float:
    """About how wide a character is in ems, in a bold sans serif."""
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    if sign in _NARROW:
        return 0.34
    if sign in _BROAD:
        return 0.9
    return 0.68 if sign.isupper() else 0.58


def _price(prefill: Prefill) -> str | None:
    """The price, unless the headline is the price already."""
    tags = (widget.text for widget in prefill.widgets if isinstance(widget, PriceTagWidget))
    price = prefill.price or next(tags, None)
    return None if price and _says(prefill.headline, price) else price


def _says(text: str, part: str) -> bool:
    return " ".join(part.split()).casefold() in " ".join(text.split()).casefold()


def _facts(prefill: Prefill) -> list[_Fact]:
    """What the widgets say beside the price. A code to scan is left to the player."""
    facts = []
    for widget in prefill.widgets:
        if isinstance(widget, RatingWidget):
            facts.append(_Fact("rating", _rating(widget, prefill.locale)))
        elif isinstance(widget, BadgeWidget):
            facts.append(_Fact("badge", widget.text))
    return facts[:2]


def _rating(widget: RatingWidget, locale: str) -> str:
    name = _known(locale)
    text = f"{format_decimal(widget.value, '0.#', name)}/{format_decimal(widget.best, '0.#', name)}"
    return f"{text} ({format_decimal(widget.count, locale=name)})" if widget.count else text


def _known(locale: str) -> Locale:
    try:
        return Locale.parse(locale, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def _direction(locale: str) -> str:
    return str(_known(locale).text_direction)
