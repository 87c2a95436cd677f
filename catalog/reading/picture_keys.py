"""What the addresses of one picture in several sizes, hosts and formats have in common."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_EXTENSION = re.compile(r"\.(?:jpe?g|png|webp|gif|avif|jfif|bmp)\b", re.IGNORECASE)
_SIZE_IN_NAME = (
    re.compile(r"\._[A-Za-z0-9,_%-]+_$"),  # Amazon: 61hobelX._AC_SL1500_
    re.compile(r"^il_\w{1,20}?x\w{1,20}\."),  # Etsy: il_1588xN.2988110
    re.compile(r"[;@].*", re.DOTALL),
    re.compile(
        r"[-_.@,](?:[4-9]\d|\d{3,4})[wW]?(?:x(?:\d{2,4}|N)?|[_.-](?:0|[4-9]\d|\d{3,4}|"
        r"auto))[hH]?[a-z]?(?:_crop_\w{1,40})?$"
    ),
    re.compile(r"(?<=[\w-]{8})_(?:[1-9]00|[1-9]50|1[0-9]00|2000|1024|1280|640|320|480)$"),
    re.compile(r"[-_]\d{2,4}[x_-]$|[-_]x\d{2,4}$|[-_,]\d{2,4}(?:px|w|W)$"),
    re.compile(
        r"[-_,](?:small|medium|large|grande|compact|thumb(?:nail)?|tn|master|original|orig|mini|"
        r"pico|icon|big|zoom|full|fullsize|xl|xxl|sm|md|lg|xs|s|m|l|z|b|detail|popup|list|home|"
        r"cart|thickbox)(?:_default)?(?:@\dx)?$",
        re.IGNORECASE,
    ),
    re.compile(r"@\dx$|[-_]scaled$", re.IGNORECASE),
)
_SIZE_SEGMENT = re.compile(
    r"^(?:\d{2,4}(?:[x_-]\d{0,4}){1,3}[a-z]?|x\d{2,4}|\d{2,4}(?:-square|x|px|w)?|"
    r"[wh]_?\d{2,4}(?:[,_].*)?|(?:[a-z]{1,3}_[\w.:-]+,)+[a-z]{1,3}_[\w.:-]+|resize[-_=].*|fit-in|"
    r"s-l\d+|[cft]_\w+.*|tr:.*|\$\w+\$|v\d{1,2})$",
    re.IGNORECASE,
)
_IDENTIFYING = re.compile(r"\d{3}|[0-9a-f]{8}", re.IGNORECASE)
_GENERIC = re.compile(
    r"^(?:image|img|file|picture|photo|foto|main|front|back|default|product|large|small|medium|"
    r"big|thumb|zoom|original|full|view|index|get|show|\d{1,3}|[a-z]{1,3}|[\w.]*\.(?:php|aspx|"
    r"ashx))$",
    re.IGNORECASE,
)
_NAMING_QUERY = re.compile(
    r"^(id|i|img|image|images|pic|picture|file|filename|src|url|path|set|context|call)$"
)
_NUMBERS = re.compile(r"(?:[/_,=@-]|[wh]_?|sl|s-l|x)(\d{2,4})(?=$|[x/_,&.!@?-])", re.IGNORECASE)
_NAMED_SIZES = {
    "thumb": 90, "thumbs": 90, "thumbnail": 90, "tn": 90, "mini": 90, "tiny": 60, "small": 160,
    "cart": 80, "home": 250, "medium": 400, "mid": 400, "large": 800, "big": 1000, "thickbox": 800,
    "zoom": 1200, "popup": 1000, "xl": 1200, "original": 1500, "orig": 1500, "full": 1500,
    "master": 1500, "detailed": 1000,
}  # fmt: skip
_SIZE_NAME = re.compile(rf"(?<![a-z])({'|'.join(_NAMED_SIZES)})(?![a-z])")
_LARGE_ENOUGH = 500
_DISTINCTIVE = 10


@lru_cache(maxsize=8192)
def picture_key(url: str) -> str:
    """A text that is the same for one picture in several sizes, and differs between pictures.

    It holds the file's name without its size and the numbers of its folders; where the name is
    one that any picture could have, the folder before it; of the query only what names a file.
    """
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    for place, segment in enumerate(segments[:-1]):
        if _EXTENSION.search(segment):
            segments = segments[: place + 1]
            break
    folders = [
        name
        for before, segment in zip(["", *segments], segments[:-1], strict=False)
        if before != "cache" and not _SIZE_SEGMENT.match(segment) and (name := _stem(segment))
    ]
    named = _stem(segments[-1]) if segments and not _SIZE_SEGMENT.match(segments[-1]) else ""
    if named and _SIZE_SEGMENT.match(named):
        named = ""
    if not named or _GENERIC.match(named):
        named = "/".join([*folders[-1:], named])
    identifying = [name for name in folders if _IDENTIFYING.search(name) and name not in named]
    query = ""
    if not (segments and _EXTENSION.search(segments[-1])) and not _IDENTIFYING.search(named):
        pairs = [pair for pair in parse_qsl(parts.query) if _NAMING_QUERY.match(pair[0].lower())]
        query = urlencode(pairs)
    return f"{'/'.join([*identifying, named])}?{query}".rstrip("?").lower()


@lru_cache(maxsize=8192)
def picture_stem(url: str) -> str:
    """The name of a picture's file, without its size."""
    segments = [unquote(segment) for segment in urlsplit(url).path.split("/") if segment]
    found = next((segment for segment in segments if _EXTENSION.search(segment)), None)
    return _stem(found or (segments[-1] if segments else "")).lower()


def distinct(urls: Iterable[str]) -> list[str]:
    """The addresses with each picture once, in the order of first mention.

    The first address of a picture is kept, unless it speaks of a small size and another of a
    larger one. Two hosts that show a file of the same long name show the same picture.
    """
    best: dict[str, str] = {}
    hosts: dict[str, tuple[str, str]] = {}
    for url in urls:
        key, stem, host = picture_key(url) or url, picture_stem(url), urlsplit(url).hostname or ""
        if len(stem) >= _DISTINCTIVE:
            known_host, known_key = hosts.setdefault(stem, (host, key))
            key = known_key if known_host != host else key
        size = _comparable_size(best[key]) if key in best else 0
        if key not in best or (size < _LARGE_ENOUGH and _comparable_size(url) > size):
            best[key] = url
    return list(best.values())


def told_size(url: str) -> int:
    """The longer side in pixels that an address speaks of, 0 where it speaks of none."""
    parts = urlsplit(url)
    told = "/".join(parts.path.split("/")[-4:]) + "?" + parts.query
    sizes = [int(number) for number in _NUMBERS.findall(told)]
    named = [_NAMED_SIZES[name] for name in _SIZE_NAME.findall(told.lower())]
    return max((size for size in (*sizes, *named) if 16 <= size <= 4000), default=0)


def _comparable_size(url: str) -> int:
    return told_size(url) or (300 if urlsplit(url).query else 1000)


def _stem(segment: str) -> str:
    name = _EXTENSION.split(segment, maxsplit=1)[0]
    for _ in range(2):
        for pattern in _SIZE_IN_NAME:
            shorter = pattern.sub("", name)
            name = shorter if len(shorter) > 2 else name
    return name
