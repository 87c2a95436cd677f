"""Addresses of pictures: where tags keep them, which are one picture, what is decoration."""

import html as entities
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

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
_SET_ENTRY = re.compile(r"\s*,*\s*(\S*[^\s,])(?:\s+([\d.]+)([wxh]))?(?:\s+[\d.]+h)?\s*(?:,|$)")
_BLANK = re.compile(
    r"^(data:|about:|blob:|javascript:)|(?<![a-z])(blank|spacer|spinner|s\.gif|transparent|"
    r"placeholder|lazy[-_]?load(er|ing)?|loading|loader|pixel|1x1|clear|empty|no[-_]?image|"
    r"noimage|no[-_]?photo|nopic|default[-_]?image|image[-_]?not[-_]?available|coming[-_]?soon|"
    r"dummy|grey[-_]?pixel|trans_?pixel)(?![a-z])[^/]*$",
    re.IGNORECASE,
)
_DECORATION = re.compile(
    r"(?<![a-z])(logos?|icons?|ico|sprites?|badges?|payments?|visa|master[-_]?card|paypal|klarna|"
    r"amex|maestro|apple[-_]?pay|google[-_]?pay|avatars?|gravatar|pixel|spacer|banners?|flags?|"
    r"size[-_]?(chart|guide)|favicons?|captcha|trust(ed)?[-_]?(shops|pilot|badge)|guetesiegel|"
    r"qr[-_]?code|facebook|twitter|instagram|pinterest|youtube|whatsapp|tiktok|app[-_]?store|"
    r"google[-_]?play|arrows?|chevron|stars?|rating|close|menu|burger|search|cart|basket|"
    r"warenkorb|shipping|delivery|versand|swatch(es)?|nav|header|footer|button|btn|social|share|"
    r"promo|newsletter|tracking|beacon|doubleclick|flag|sign[-_]?in|profile|user[-_]?photo|"
    r"energy[-_]?label|eek|certificate|seal)(?![a-z])",
    re.IGNORECASE,
)
_NO_PICTURE_FILE = re.compile(r"\.(svg|ico|js|css|html?|php|aspx?|mp4|webm|pdf|json)(\?|#|$)", re.I)
_TRACKERS = re.compile(
    r"(^|\.)(doubleclick\.net|facebook\.com|google-analytics\.com|googleadservices\.com|"
    r"bat\.bing\.com|criteo\.(com|net)|scorecardresearch\.com|quantserve\.com|adnxs\.com|"
    r"yandex\.ru|hotjar\.com|trustedshops\.com|gravatar\.com|googletagmanager\.com|"
    r"analytics\.\w+\.\w+)$"
)
_SIZE_QUERY = frozenset(
    "w h width height sw sh wid hei imwidth imheight size sz q quality qlt qual fit crop resize "
    "scale dpr auto format fmt fm f op_usm op_sharpen resmode bg bgcolor v version ver ts t mode "
    "strip interlace imformat impolicy sm sfrm filter downsize output-quality output-format "
    "resize_to pad canvas upscale enlarge rmode maxwidth maxheight max-w max-h optimize compress "
    "cache hash scl $".split()
)
_SIZE_IN_PATH = re.compile(
    r"\._[A-Za-z0-9,_%-]+_(?=\.\w+$)"  # Amazon: ._AC_SL1500_
    r"|[-_@](?:\d{2,4}x\d{0,4}|x\d{2,4})(?:_crop_\w+)?(?:@\dx)?(?=\.|$|[-_])"  # -300x300, _600x
    r"|[-_,](?:small|medium|large|grande|compact|thumb(?:nail)?|master|original|mini|pico|icon|"
    r"big|zoom|full|xl|xxl|sm|md|lg|xs|s|m|l|home_default|large_default|medium_default|"
    r"cart_default|small_default|thickbox_default)(?:_default)?(?:@\dx)?(?=\.\w+$)|@\dx(?=\.\w+$)",
    re.IGNORECASE,
)
_SIZE_SEGMENT = re.compile(
    r"^(?:\d{2,4}x\d{0,4}(?:[-_,].*)?|x\d{2,4}|[wh]_?\d{2,4}(?:[,_].*)?|"
    r"(?:[a-z]{1,3}_[\w.:-]+,)+[a-z]{1,3}_[\w.:-]+|resize[-_=].*|fit-in|\d{2,4}|thumb(?:nail)?s?|"
    r"small|medium|large|big|zoom|xl|xs|s|m|l|mini|cache|[0-9a-f]{32}|s-l\d+|original|full|hd|"
    r"preview|f_auto.*|q_auto.*|c_\w+,.*|t_\w+|tr:.*|\$\w+\$)$",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"(?:[/_,=@-]|[wh]_?|sl|s-l|x)(\d{2,4})(?=$|[x/_,&.!@?-])", re.IGNORECASE)
_LARGE_ENOUGH = 500
_NAMED_SIZES = {
    "thumb": 90, "thumbs": 90, "thumbnail": 90, "mini": 90, "tiny": 60, "small": 160, "medium": 400,
    "large": 800, "big": 1000, "zoom": 1200, "xl": 1200, "original": 1500, "full": 1500,
}  # fmt: skip
_SIZE_NAME = re.compile(rf"(?<![a-z])({'|'.join(_NAMED_SIZES)})(?![a-z])")


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
        sets += [source.get(name) for source in parent.iter("source") for name in _SETS]
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
    for match in _SET_ENTRY.finditer(written[:20_000]):
        yield float(match[2]) if match[2] and match[2].count(".") < 2 else 0.0, match[1]


def is_blank(address: str) -> bool:
    """Whether an address stands in for a picture that is loaded later, or for none."""
    return bool(_BLANK.search(address.strip()[:400])) or "{" in address[:200].split("?")[0]


def is_decoration(*described: str | None) -> bool:
    """Whether an address, a class or an alternative text speaks of the shop and not its product."""
    return any(text and _DECORATION.search(_file_name(text)) for text in described)


def is_picture_address(url: str) -> bool:
    """Whether an absolute address may be a product's picture: http(s), no script, no tracker."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not _NO_PICTURE_FILE.search(parts.path)
        and not _TRACKERS.search(parts.hostname or "")
        and len(parts.path) > 1
    )


def picture_key(url: str) -> str:
    """What the addresses of one picture in several sizes have in common."""
    parts = urlsplit(unquote(url))
    segments = [
        segment for segment in parts.path.split("/") if segment and not _SIZE_SEGMENT.match(segment)
    ]
    path = "/".join(segments)
    for _ in range(2):
        path = _SIZE_IN_PATH.sub("", path)
    path = re.sub(r"\.(jpe?g|png|webp|avif|gif)$", "", path, flags=re.IGNORECASE)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query.replace("$", ""))
        if name.lower() not in _SIZE_QUERY
    ]
    return f"{path}?{urlencode(query)}".rstrip("?").lower()


def distinct(urls: Iterable[str]) -> list[str]:
    """The addresses with each picture once, in the order of first mention.

    The first address of a picture is kept, unless it speaks of a small size and another of a
    larger one.
    """
    best: dict[str, str] = {}
    for url in urls:
        key = picture_key(url) or url
        size = _comparable_size(best[key]) if key in best else 0
        if key not in best or (size < _LARGE_ENOUGH and _comparable_size(url) > size):
            best[key] = url
    return list(best.values())


def _comparable_size(url: str) -> int:
    parts = urlsplit(url)
    is_whole = not _SIZE_IN_PATH.search(parts.path) and not parts.query
    return told_size(url) or (1000 if is_whole else 300)


def told_size(url: str) -> int:
    """The longer side in pixels that an address speaks of, 0 where it speaks of none."""
    parts = urlsplit(url)
    told = "/".join(parts.path.split("/")[-4:]) + "?" + parts.query
    sizes = [int(number) for number in _NUMBERS.findall(told)]
    named = [_NAMED_SIZES[name] for name in _SIZE_NAME.findall(told.lower())]
    return max((size for size in (*sizes, *named) if 16 <= size <= 4000), default=0)


def _file_name(text: str) -> str:
    if "/" not in text:
        return text
    path = urlsplit(text).path if "://" in text or text.startswith("/") else text
    return "/".join(unquote(path).split("/")[-2:])


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
