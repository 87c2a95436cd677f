"""The pictures that a page shows of its product, told from those of the shop and of others."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement, fragment_fromstring
from rapidfuzz import fuzz

from catalog.reading.document import Document
from catalog.reading.headings import squeezed
from catalog.reading.outline import Outline, Part
from catalog.reading.picture_addresses import (
    address_of,
    is_blank,
    is_decoration,
    is_picture_address,
    read_srcset,
)
from catalog.reading.picture_keys import distinct, picture_key, picture_stem, told_size
from catalog.reading.prices import find_money

_OWN_MARKS = re.compile(
    r"main|primary|zoom|galler|product[-_]?(image|img|photo|media|pic)|prod[-_]?im|hero|large|"
    r"featured|pdp|landing|item[-_]?(image|photo|pic)|magnif|fotorama|lightbox|fancybox|"
    r"photoswipe|cloud-?zoom|detail[-_]?(image|img|pic)|big[-_]?(image|img|pic)|goods[-_]?(image|"
    r"img|pic)|img[-_]?(big|main|product)|slick|swiper|slider[-_]?product|image",
    re.IGNORECASE,
)
_ZOOMED = re.compile(r"zoom|enlarge|photo|gallery|image|picture|/media/", re.IGNORECASE)
_ZOOM_ATTRIBUTES = (
    "data-zoom-image", "data-large_image", "data-old-hires", "data-a-dynamic-image", "data-zoom",
)  # fmt: skip
_PICTURE_FILE = re.compile(r"\.(jpe?g|png|webp|gif|avif)([?#]|$)", re.IGNORECASE)
_SMALLEST_SIDE = 60
_THINNEST_SIDE = 20
_MOST = 2000
_KEPT_SCORE = 1.5
_LEAST_SCORE = 0.3
_NEARLY = 0.8
_NAMED_SCORE = 3.2
_SURE_SCORE = 2.0
_NAMED_AFTER = 60
_IN_JSON = re.compile(
    r"\"((?:https?:)?/[^\s\"<>\\]{4,300}?\.(?:jpe?g|png|webp|avif)[^\s\"<>\\]{0,100})\"",
    re.IGNORECASE,
)
_MOST_IN_JSON = 60
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]*url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)


@dataclass(frozen=True)
class ShownPicture:
    """A picture's absolute address and how much speaks for it as one of the product."""

    url: str
    score: float
    place: int


def shown_pictures(
    document: Document,
    outline: Outline,
    heading: Part | None,
    name: str,
    shop: str,
    known: Sequence[str],
) -> list[ShownPicture]:
    """The pictures that probably show the product, in page order.

    Args:
        document: the page.
        outline: its parts, with what is elsewhere marked.
        heading: the part that shows the product's name.
        name: the product's name, looked for in alternative texts.
        shop: the shop's name; files that are named so are its logo.
        known: pictures that the markup gives, absolute; others that are named alike are believed.
    """
    keys = {picture_key(url) for url in known}
    stems = [picture_stem(url) for url in known]
    best: dict[str, ShownPicture] = {}
    for part, written in islice(_written(outline), _MOST):
        url = document.absolute(written)
        if not is_picture_address(url) or is_blank(url) or _is_small(part.element):
            continue
        if is_decoration(url, part.marks, part.element.get("alt"), name=name) or is_logo(
            url, shop, name
        ):
            continue
        key, stem = picture_key(url), picture_stem(url)
        score = _score(document, part, url, heading, name)
        score += 2.0 * (key in keys) + _likeness(stem, stems)
        own = key in keys or _naming_score(part.element, url, name) >= _NAMED_SCORE
        if not own and _is_in_priced_card(outline, part, heading):
            score -= 2.5
        if score >= _LEAST_SCORE and (key not in best or best[key].score < score):
            place = min(part.place, best[key].place) if key in best else part.place
            best[key] = ShownPicture(url, score, place)
    ordered = sorted(best.values(), key=lambda picture: picture.place)
    sure = [picture for picture in ordered if picture.score >= _KEPT_SCORE]
    return sure if sure or known else ordered


def _likeness(stem: str, stems: Sequence[str]) -> float:
    """Up to 1.5 for a file that is named like one of the pictures that the markup gives."""
    shared = max((_shared_start(stem, other) for other in stems), default=0)
    return 1.5 if shared >= max(6, 0.6 * len(stem)) else 0.0


def _shared_start(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    end = min(len(first), len(second))
    return next((place for place, (one, two) in pairs if one != two), end)


def is_logo(url: str, shop: str, name: str) -> bool:
    """Whether a file is named after the shop, and the product is not."""
    plain = squeezed(shop)
    return len(plain) > 3 and plain in squeezed(picture_stem(url)) and plain not in squeezed(name)


def _is_in_priced_card(outline: Outline, part: Part, heading: Part | None) -> bool:
    """Whether a small part around a picture shows a price, but not the product's heading."""
    for around in part.lineage(4):
        if around.end - around.begin > 60:
            return False
        if heading and around.begin <= heading.begin < around.end:
            return False
        if find_money(outline.raw_text(around, 160)):
            return True
    return False


def main_picture(pictures: Sequence[ShownPicture]) -> str | None:
    """The first of those that have nearly as much for them as the best one."""
    best = max((picture.score for picture in pictures), default=0.0)
    return next((each.url for each in pictures if each.score >= best - _NEARLY), None)


def better_than_shared(
    known: Sequence[str], shown: Sequence[ShownPicture], name: str
) -> str | None:
    """The picture that the page shows in place of one that it only shares.

    Many shops share one picture of theirs (`og:image`) for all their products: it is on no page,
    and not named after the product. None where nothing speaks against the shared picture, or the
    page shows none that is surely the product's.
    """
    keys = {picture_key(picture.url) for picture in shown}
    stems = [picture_stem(picture.url) for picture in shown]
    for url in known:
        stem = picture_stem(url)
        named = fuzz.token_set_ratio(plain_words(stem), name.casefold()) >= _NAMED_AFTER
        if picture_key(url) in keys or named or _likeness(stem, stems):
            return None
    sure = [picture for picture in shown if picture.score >= _SURE_SCORE]
    return main_picture(sure)


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
        yield from _in_attributes(part)
        yield from _unscripted(part)


def _in_attributes(part: Part) -> Iterator[tuple[Part, str]]:
    """The pictures of a gallery that stands as JSON in a `data-` attribute."""
    for name, value in part.element.attrib.items():
        if name.startswith("data-") and value.lstrip()[:1] in ("[", "{"):
            for match in islice(_IN_JSON.finditer(value.replace("\\/", "/")), _MOST_IN_JSON):
                yield part, match[1]


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
    score = _nearness(part, heading) + _naming_score(element, url, name)
    marks = " ".join(each.marks for each in part.lineage(4) if each.marks)[:500]
    score += 1.0 * bool(_OWN_MARKS.search(marks))
    score += 1.5 * any(element.get(attribute) for attribute in _ZOOM_ATTRIBUTES)
    score += 1.5 * (element.get("itemprop") == "image")
    if part.link:
        score += 1.0 if _PICTURE_FILE.search(part.link) else _link_score(document, part.link)
    score -= 4.0 * part.elsewhere
    side = max(_sides(element), default=0) or told_size(url)
    return float(score) + (1.0 if side >= 300 else -1.0 if 0 < side < 100 else 0.0)


def _naming_score(element: HtmlElement, url: str, name: str) -> float:
    """What alternative text and file name say: up to 4.5 for the name, less for another."""
    score = 0.0
    told = (element.get("alt"), element.get("title"), element.get("aria-label"))
    described = plain_words(" ".join(text for text in told if text))
    if len(described) > 3 and name:
        coverage = min(1.0, len(described) / (0.4 * len(name)))
        agreement = coverage * fuzz.token_set_ratio(described, name.casefold()) / 100
        score += 3.0 * max(0.0, agreement - 0.4) / 0.6
        score -= 1.0 * (agreement < 0.4 and len(described) > 8)
    file_name = plain_words(picture_stem(url))
    if name and len(file_name) > 5:
        agreement = fuzz.token_set_ratio(file_name, name.casefold()) / 100
        score += 1.5 * max(0.0, agreement - 0.5) / 0.5
    return float(score)


def plain_words(text: str) -> str:
    """A text in lower case, with a space for every dash, underscore and plus."""
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
    return 1.5 * math.exp(-abs(distance) / 120)


def _sides(tag: HtmlElement) -> list[int]:
    written = ((tag.get(name) or "").removesuffix("px") for name in ("width", "height"))
    return [int(side) for side in written if side.isdecimal() and len(side) < 6]


def _is_small(tag: HtmlElement) -> bool:
    sides = _sides(tag)
    if not sides or tag.get("data-zoom-image"):
        return False
    return max(sides) < _SMALLEST_SIDE or min(sides) < _THINNEST_SIDE
