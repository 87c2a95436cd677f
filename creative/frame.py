"""The overlay of a preview as one page of HTML: no script, no request but for the background."""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from creative.background import BACKGROUND_SIZE, words_area
from creative.prefill import (
    BadgeWidget,
    Layout,
    Prefill,
    PriceTagWidget,
    QRCodeWidget,
    RatingWidget,
)
from creative.qr import Code, qr_code
from creative.scrim import scrim_gradient
from creative.typesetting import Parts, set_words

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
# Anything else in a host could end the directive and begin another.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+:[0-9a-f.:]*")
_UNIT = re.compile(r"(\d) (\w{1,3}\b|[%°€$£])")


def _unbroken(text: str) -> str:
    """`text` with a number kept beside its unit, and no line that begins with a dash."""
    return _UNIT.sub("\\1\u00a0\\2", text).replace(" – ", "\u00a0– ")


_TEMPLATES.filters["unbroken"] = _unbroken
_TEMPLATES.filters["cqw"] = lambda pixels: f"{100 * pixels / BACKGROUND_SIZE[0]:.4g}cqw"


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

    All text is escaped, no script is needed, and the page's own policy lets it load nothing but
    the background. Sizes are in shares of the frame's width, so that it looks the same at every
    width. The button comes first in the order of focus, the code to scan second; a code that would
    be too long for its place is left to the player.
    """
    price, fact, code = _price(prefill), _fact(prefill), _code(prefill)
    brand = None if _says(prefill.headline, prefill.brand or "") else prefill.brand
    setting = set_words(
        Parts(
            prefill.headline, prefill.subtitle, prefill.cta.text, brand, price,
            fact.text if fact else None, code.card if code else 0,
        ),
        prefill.layout,
    )  # fmt: skip
    style = _TEMPLATES.get_template("frame.css.jinja").render(
        colors=prefill.colors,
        layout=prefill.layout,
        area=_area(prefill.layout),
        scrim=scrim_gradient(prefill.layout, prefill.colors.background, prefill.scrim),
        setting=setting,
        card=code.card if code else 0,
    )
    return _TEMPLATES.get_template("frame.html.jinja").render(
        prefill=prefill,
        setting=setting,
        price=price,
        brand=setting.brand,
        fact=fact if setting.fact else None,
        code=code and Markup(code.svg),
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
    # Of a page that lies on a disk, not every browser takes the files beside it for its own.
    return "'none'" if parts.scheme or parts.netloc else "'self' file:"


def _area(layout: Layout) -> _Area:
    box, (width, height) = words_area(layout), BACKGROUND_SIZE
    return _Area(
        round(100 * box.left / width, 4),
        round(100 * box.top / height, 4),
        round(100 * box.width / width, 4),
        round(100 * box.height / height, 4),
    )


def _price(prefill: Prefill) -> str | None:
    """The price, unless the headline is the price already."""
    tags = (widget.text for widget in prefill.widgets if isinstance(widget, PriceTagWidget))
    price = prefill.price or next(tags, None)
    return None if price and _says(prefill.headline, price) else price


def _says(text: str, part: str) -> bool:
    return " ".join(part.split()).casefold() in " ".join(text.split()).casefold()


def _fact(prefill: Prefill) -> _Fact | None:
    """What the widgets say beside the price: a rating, or else a remark."""
    facts = [
        _Fact("rating", _rating(widget, prefill.locale))
        for widget in prefill.widgets
        if isinstance(widget, RatingWidget)
    ]
    facts += [
        _Fact("badge", widget.text) for widget in prefill.widgets if isinstance(widget, BadgeWidget)
    ]
    return facts[0] if facts else None


def _code(prefill: Prefill) -> Code | None:
    urls = [widget.url for widget in prefill.widgets if isinstance(widget, QRCodeWidget)]
    return qr_code(urls[0]) if urls else None


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
