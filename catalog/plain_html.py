"""What a page without product markup still shows: a heading, a price, pictures."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from catalog.markup import Candidate

_LAZY = ("data-zoom-image", "data-large", "data-src", "data-lazy-src", "data-original", "src")
_SETS = ("srcset", "data-srcset")
_DECORATION = re.compile(
    r"logo|icon|sprite|badge|payment|visa|mastercard|paypal|avatar|pixel|spacer|banner|flag|"
    r"size[-_ ]?chart|placeholder|loading|captcha",
    re.IGNORECASE,
)
_PRICE = re.compile(r"[€£$¥₹]\s*\d|\d[\d.,\s]*\s*(€|£|kr\b|zł|Kč|EUR|USD|GBP|CHF)")
_ELSEWHERE = (
    "ancestor-or-self::*[self::nav or self::footer or self::aside or self::header]"
    "|ancestor::*[contains(@class,'related') or contains(@class,'recommend') or "
    "contains(@class,'also-like') or contains(@class,'carousel-products')]"
)
_SMALLEST_SIDE = 80


def plain_html_candidate(page: HtmlElement) -> list[Candidate]:
    """The product that a page shows without naming it in markup; empty when there is none.

    Wanted are a main heading, a price and a picture, all outside menus and recommendations.
    """
    heading = next((text for tag in page.iter("h1") if (text := _folded(tag))), None)
    price = next(_prices(page), None)
    images = page_images(page)
    if heading is None or price is None or not images:
        return []
    return [Candidate(read_from="html", title=heading, price=price, images=tuple(images))]


def page_images(page: HtmlElement) -> list[str]:
    """The addresses of the pictures on a page that may show its product, as written there."""
    found: list[str] = []
    for tag in page.iter("img"):
        described = " ".join(
            tag.get(name) or "" for name in ("src", "data-src", "alt", "class", "id")
        )
        if _DECORATION.search(described) or tag.xpath(_ELSEWHERE) or _is_small(tag):
            continue
        address = _largest(tag) or next((tag.get(name) for name in _LAZY if tag.get(name)), None)
        if address and not address.startswith("data:"):
            found.append(address.strip())
    return list(dict.fromkeys(found))


def _prices(page: HtmlElement) -> Iterator[str]:
    marked = page.xpath(
        "//*[contains(translate(concat(@class,' ',@id),'PRICE','price'),'price')]"
        "[not(self::script or self::style)]"
    )
    for tag in marked:
        text = _folded(tag)
        if len(text) < 60 and _PRICE.search(text) and not tag.xpath(_ELSEWHERE):
            yield text


def _largest(tag: HtmlElement) -> str | None:
    """The widest entry of a `srcset` (HTML standard, *srcset attributes*)."""
    choices: list[tuple[float, str]] = []
    for name in _SETS:
        for entry in re.split(r",\s+", tag.get(name) or ""):
            address, _, descriptor = entry.strip().partition(" ")
            number = re.match(r"[\d.]+", descriptor.strip())
            if address:
                choices.append((float(number.group()) if number else 1, address))
    return max(choices)[1] if choices else None


def _is_small(tag: HtmlElement) -> bool:
    sides = [tag.get(name, "").removesuffix("px") for name in ("width", "height")]
    return any(side.isdecimal() and int(side) < _SMALLEST_SIDE for side in sides)


def _folded(tag: HtmlElement) -> str:
    return " ".join(tag.text_content().split())
