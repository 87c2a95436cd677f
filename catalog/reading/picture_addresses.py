"""Addresses of pictures: where tags keep them, and which of them are decoration."""

import html as entities
import json
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

_LARGE = (
    "data-zoom-image", "data-large_image", "data-large-image", "data-old-hires", "data-zoom-src",
    "data-zoom", "data-zoom-url", "data-zoomimage", "data-magnify-src", "data-image-large",
    "data-image-large-src", "data-large", "data-large-src", "data-full", "data-full-src",
    "data-full-image", "data-full-size-image-url", "data-highres", "data-hires", "data-high-res",
    "data-original-src", "data-big", "data-xl", "data-super", "data-photoswipe-src", "data-mfp-src",
)  # fmt: skip
_SETS = (
    "srcset", "data-srcset", "data-lazy-srcset", "data-original-set", "data-src-set", "lazy-srcset",
    "imagesrcset", "data-flickity-lazyload-srcset",
)  # fmt: skip
_LAZY = (
    "data-src", "data-lazy-src", "data-lazy", "data-original", "data-lazyload", "data-echo",
    "data-ll", "data-img", "data-image", "data-img-src", "data-image-src", "data-image-url",
    "data-url", "data-defer-src", "data-ks-lazyload", "data-lazyimg", "data-lazy-img",
    "data-flickity-lazyload", "data-source", "data-default", "data-thumb-src", "lazy-src",
    "loading-src", "ec-data-src",
)  # fmt: skip
_LONGEST_ADDRESS = 8_192
_LONGEST_HOST = 253
_LONGEST_SET = 20_000
_MOST_SOURCES = 50
_SET_ADDRESS = re.compile(r"[\s,]*+(\S++)")
_SET_WIDTH = re.compile(
    r"(?:\s++(?:(\d++(?:\.\d*+)?+|\.\d++)|[\d.]++)[wxh])?+(?:\s++[\d.]++h)?+\s*+(?:,|\Z)",
    re.ASCII,
)
_BLANK = re.compile(
    r"^(data:|about:|blob:|javascript:)|(?<![a-z])(blank|spacer|spinner|s\.gif|transparent|"
    r"placeholder|lazy[-_]?load(er|ing)?|loading|loader|pixel|1x1|clear|empty|no[-_]?image|"
    r"noimage|kein[-_]?bild|no[-_]?foto|sin[-_]?imagen|no[-_]?photo|nopic|default[-_]?image|"
    r"image[-_]?not[-_]?available|coming[-_]?soon|dummy|grey[-_]?pixel|"
    r"trans_?pixel)(?![a-z])[^/]*$",
    re.IGNORECASE,
)
_DECORATION = re.compile(
    r"(?<![a-z])(logos?|icons?|ico|sprites?|badges?|payments?|visa|master[-_]?card|paypal|klarna|"
    r"amex|maestro|apple[-_]?pay|google[-_]?pay|avatars?|gravatar|pixel|spacer|banners?|flags?|"
    r"size[-_]?(chart|guide)|favicons?|captcha|trust(ed)?[-_]?(shops|pilot|badge)|guetesiegel|"
    r"qr[-_]?code|facebook|twitter|instagram|pinterest|youtube|whatsapp|tiktok|app[-_]?store|"
    r"google[-_]?play|arrows?|chevron|stars?|rating|close|menu|burger|search|cart|basket|"
    r"warenkorb|shipping|delivery|versand|swatch(es)?|nav|header|footer|button|btn|social|share|"
    r"promo|newsletter|ent[eê]te|cabecera|intestazione|tracking|beacon|doubleclick|flag|"
    r"sign[-_]?in|profile|dealers?|sellers?|merchants?|afterpay|available_graph|user[-_]?photo|"
    r"energy[-_]?label|eek|certificate|seal)(?![a-z])",
    re.IGNORECASE,
)
_NO_PICTURE_FILE = re.compile(r"\.(svg|ico|js|css|html?|php|aspx?|mp4|webm|pdf|json)(\?|#|$)", re.I)
_TRACKERS = re.compile(
    r"(^|\.)(maps\.\w+\.com|maps?\d*\.[\w.]+|doubleclick\.net|facebook\.com|google-analytics\.com|"
    r"googleadservices\.com|bat\.bing\.com|criteo\.(com|net)|scorecardresearch\.com|"
    r"quantserve\.com|adnxs\.com|yandex\.ru|hotjar\.com|trustedshops\.com|gravatar\.com|"
    r"googletagmanager\.com|analytics\.\w+\.\w+)$"
)


def address_of(tag: HtmlElement) -> str | None:
    """The best address of a picture tag: zoomed, the widest of its set, lazy, or `src`."""
    for name in _LARGE:
        if (written := tag.get(name)) and not is_blank(written) and _looks_like_address(written):
            return _cleaned(written)
    if (dynamic := tag.get("data-a-dynamic-image")) and (widest := _widest_dynamic(dynamic)):
        return widest
    sets = [tag.get(name) for name in _SETS]
    parent = tag.getparent()
    if parent is not None and parent.tag == "picture":
        sources = islice(parent.iter("source"), _MOST_SOURCES)
        sets += [source.get(name) for source in sources for name in _SETS]
    choices = [choice for written in sets if written for choice in read_srcset(written)]
    choices = [choice for choice in choices if not is_blank(choice[1])]
    if choices:
        width, widest = max(choices, key=lambda choice: choice[0])
        if width > 0 or not tag.get("src"):
            return _cleaned(widest)
    for name in (*_LAZY, "src"):
        if (written := tag.get(name)) and not is_blank(written) and _looks_like_address(written):
            return _cleaned(written)
    return _cleaned(choices[0][1]) if choices else None


def read_srcset(written: str) -> Iterator[tuple[float, str]]:
    """The entries of a `srcset` with width or density (HTML standard, *srcset attributes*)."""
    written, place = written[:_LONGEST_SET], 0
    while address := _SET_ADDRESS.match(written, place):
        place = address.end()
        if address[1].endswith(","):
            if bare := address[1].rstrip(","):
                yield 0.0, bare
        elif described := _SET_WIDTH.match(written, place):
            place = described.end()
            yield float(described[1] or 0), address[1]


def is_blank(address: str) -> bool:
    """Whether an address stands in for a picture that is loaded later, or for none."""
    return bool(_BLANK.search(address.strip()[:400])) or "{" in address[:200].split("?")[0]


def is_decoration(*described: str | None, name: str = "") -> bool:
    """Whether an address, a class or an alternative text speaks of the shop and not its product.

    A word that the product's own `name` holds says nothing: stars are no rating on a star lamp.
    """
    named = name.casefold()
    return any(
        match[0].casefold() not in named
        for text in described
        if text
        for match in _DECORATION.finditer(_file_name(text))
    )


def is_picture_address(url: str) -> bool:
    """Whether an absolute address may be a product's picture: http(s), no script, no tracker."""
    if len(url) > _LONGEST_ADDRESS:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and 0 < len(host) <= _LONGEST_HOST
        and not _NO_PICTURE_FILE.search(parts.path)
        and not _TRACKERS.search(host)
        and len(parts.path) > 1
    )


def _file_name(text: str) -> str:
    if "/" not in text:
        return text
    path = urlsplit(text).path if "://" in text or text.startswith("/") else text
    return "/".join(unquote(path).split("/")[-4:])


def _looks_like_address(written: str) -> bool:
    written = written.strip()
    return (
        len(written) > 4
        and not written.startswith(("{", "[", "#"))
        and ("/" in written or "." in written)
    )


def _widest_dynamic(written: str) -> str | None:
    try:
        sizes = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if not isinstance(sizes, dict) or not sizes:
        return None
    widths = {
        str(url): size[0]
        for url, size in sizes.items()
        if isinstance(size, list) and size and isinstance(size[0], int)
    }
    return max(widths, key=widths.__getitem__, default=None)


def _cleaned(address: str) -> str:
    return entities.unescape(address.strip())
