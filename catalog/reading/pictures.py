"""The pictures that a page shows of its product, told from those of the shop and of others."""

import html as entities
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement, fragment_fromstring
from rapidfuzz import fuzz

from catalog.reading.document import Document
from catalog.reading.outline import Outline, Part
from catalog.reading.picture_addresses import (
    address_of,
    distinct,
    is_blank,
    is_decoration,
    is_picture_address,
    picture_key,
    read_srcset,
    told_size,
)

_OWN_MARKS = re.compile(
    r"main|primary|zoom|galler|product[-_]?(image|img|photo|media|pic)|prod[-_]?im|hero|large|"
    r"featured|pdp|landing|item[-_]?(image|photo|pic)|magnif|fotorama|lightbox|fancybox|"
    r"photoswipe|cloud-?zoom|detail[-_]?(image|img|pic)|big[-_]?(image|img|pic)|goods[-_]?(image|"
    r"img|pic)|img[-_]?(big|main|product)|slick|swiper|slider[-_]?product|image",
    re.IGNORECASE,
)
_ZOOMED = re.compile(r"zoom|enlarge|photo|gallery|image|picture|/media/", re.IGNORECASE)
_PICTURE_FILE = re.compile(r"\.(jpe?g|png|webp|gif|avif)([?#]|$)", re.IGNORECASE)
_SMALLEST_SIDE = 60
_MOST = 2000
_KEPT_SCORE = 1.5
_LEAST_SCORE = 0.7
_NEARLY = 1.2
_SCRIPTED = re.compile(
    r"(?:https?:)?//[^\s\"'<>\\,;()]{5,300}?\.(?:jpe?g|png|webp|avif)(?=[\"'?&\s\\])", re.IGNORECASE
)
_MOST_SCRIPTED = 300
_NAMED_LIKE = 70
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]*url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)


@dataclass(frozen=True)
class ShownPicture:
    """A picture's absolute address and how much speaks for it as one of the product."""

    url: str
    score: float
    place: int


def shown_pictures(
    document: Document, outline: Outline, heading: Part | None, name: str, known: Sequence[str]
) -> list[ShownPicture]:
    """The pictures that probably show the product, in page order.

    Args:
        document: the page.
        outline: its parts, with what is elsewhere marked.
        heading: the part that shows the product's name.
        name: the product's name, looked for in alternative texts.
        known: pictures that the markup gives, absolute; others from the same folder are believed.
    """
    keys = {picture_key(url) for url in known}
    folders = {_folder(url) for url in known}
    best: dict[str, ShownPicture] = {}
    for part, written in list(_written(outline))[:_MOST]:
        url = document.absolute(written)
        if not is_picture_address(url) or is_blank(url) or _is_small(part.element):
            continue
        if is_decoration(url, part.marks, part.element.get("alt")):
            continue
        score = _score(document, part, url, heading, name)
        key = picture_key(url)
        score += 2.0 * (key in keys) + 1.0 * (_folder(url) in folders)
        if score >= _LEAST_SCORE and (key not in best or best[key].score < score):
            place = min(part.place, best[key].place) if key in best else part.place
            best[key] = ShownPicture(url, score, place)
    ordered = sorted(best.values(), key=lambda picture: picture.place)
    return [picture for picture in ordered if picture.score >= _KEPT_SCORE] or ordered


def main_picture(pictures: Sequence[ShownPicture]) -> str | None:
    """The first of those that have nearly as much for them as the best one."""
    best = max((picture.score for picture in pictures), default=0.0)
    return next((each.url for each in pictures if each.score >= best - _NEARLY), None)


def merged(*lists: Sequence[str]) -> list[str]:
    """Several lists of addresses as one, each picture once, in its largest size."""
    return distinct(url for urls in lists for url in urls if is_picture_address(url))


def linked_picture(document: Document) -> list[str]:
    """The pictures that the head of a page names: `image_src`, preload links."""
    found = []
    for tag in document.tree.iter("link"):
        kind = (tag.get("rel") or "").lower().split()
        if "image_src" in kind or ("preload" in kind and (tag.get("as") or "").lower() == "image"):
            choices = list(read_srcset(tag.get("imagesrcset") or ""))
            written = max(choices)[1] if choices else tag.get("href")
            if written and not is_blank(written) and not is_decoration(written):
                found.append(document.absolute(written))
    return [url for url in found if is_picture_address(url)]


def scripted_pictures(document: Document, name: str) -> list[str]:
    """The pictures in a page's scripts and `data-` attributes that are named after its product.

    For pages whose scripts alone put the pictures in place.
    """
    found: dict[str, float] = {}
    for match in _SCRIPTED.finditer(document.html.replace("\\/", "/")):
        url = document.absolute(entities.unescape(match[0]))
        words = _words(unquote(urlsplit(url).path.rsplit("/", 1)[-1].rsplit(".", 1)[0]))
        if len(found) >= _MOST_SCRIPTED:
            break
        if url not in found and len(words) > 5 and not is_decoration(url):
            found[url] = fuzz.token_set_ratio(words, name.casefold())
    return merged([url for url, agreement in found.items() if agreement >= _NAMED_LIKE])


def _written(outline: Outline) -> Iterator[tuple[Part, str]]:
    for part in outline.parts:
        if part.tag in ("img", "amp-img", "image"):
            if written := address_of(part.element):
                yield part, written
        elif part.tag == "a" and _PICTURE_FILE.search(part.element.get("href") or ""):
            yield part, part.element.get("href")
        elif "background" in (style := part.element.get("style") or ""):
            if match := _BACKGROUND.search(style):
                yield part, match[1]
        elif (large := part.element.get("data-zoom-image") or part.element.get("data-image")) and (
            _PICTURE_FILE.search(large)
        ):
            yield part, large
        yield from _unscripted(part)


def _unscripted(part: Part) -> Iterator[tuple[Part, str]]:
    """The pictures that stand in a part's `<noscript>` for readers without scripts."""
    for child in part.element.iterchildren("noscript"):
        tags = list(child.iter("img"))
        if not tags and child.text and "<img" in child.text:
            tags = list(fragment_fromstring(child.text, create_parent="div").iter("img"))
        for tag in tags:
            if written := address_of(tag):
                yield part, written


def _score(document: Document, part: Part, url: str, heading: Part | None, name: str) -> float:
    element = part.element
    score = 0.0
    described = _words(
        " ".join(
            filter(None, (element.get("alt"), element.get("title"), element.get("aria-label")))
        )
    )
    if len(described) > 3 and name:
        coverage = min(1.0, len(described) / (0.4 * len(name)))
        agreement = coverage * fuzz.token_set_ratio(described, name.casefold()) / 100
        score += 3.0 * max(0.0, agreement - 0.4) / 0.6
    file_name = _words(unquote(urlsplit(url).path.rsplit("/", 1)[-1].rsplit(".", 1)[0]))
    if name and len(file_name) > 5:
        score += 1.5 * max(0.0, fuzz.token_set_ratio(file_name, name.casefold()) / 100 - 0.5) / 0.5
    marks = " ".join(each.marks for each in part.lineage(4) if each.marks)[:500]
    if _OWN_MARKS.search(marks):
        score += 1.0
    if any(
        element.get(attribute)
        for attribute in (
            "data-zoom-image",
            "data-large_image",
            "data-old-hires",
            "data-a-dynamic-image",
        )
    ):
        score += 1.5
    if element.get("itemprop") == "image":
        score += 1.5
    if part.link:
        score += 1.0 if _PICTURE_FILE.search(part.link) else _link_score(document, part.link)
    if part.elsewhere:
        score -= 4.0
    side = max(_sides(element), default=0) or told_size(url)
    score += 1.0 if side >= 300 else -1.5 if 0 < side < 100 else 0.0
    return score + _nearness(part, heading)


def _words(text: str) -> str:
    return re.sub(r"[-_+\s]+", " ", text).strip().casefold()


def _link_score(document: Document, href: str) -> float:
    if href.startswith(("#", "javascript")):
        return 0.0
    if _ZOOMED.search(href):
        return 0.0
    there, here = urlsplit(document.absolute(href)), urlsplit(document.url)
    return 0.0 if there.path.rstrip("/") == here.path.rstrip("/") else -3.5


def _nearness(part: Part, heading: Part | None) -> float:
    if heading is None:
        return 1.5 * math.exp(-part.place / 300)
    distance = part.place - heading.place
    return 2.0 * math.exp(-abs(distance) / 120)


def _folder(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path.rsplit('/', 1)[0]}"


def _sides(tag: HtmlElement) -> list[int]:
    written = ((tag.get(name) or "").removesuffix("px") for name in ("width", "height"))
    return [int(side) for side in written if side.isdecimal() and len(side) < 6]


def _is_small(tag: HtmlElement) -> bool:
    sides = _sides(tag)
    return bool(sides) and max(sides) < _SMALLEST_SIDE and not tag.get("data-zoom-image")
