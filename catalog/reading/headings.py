"""What a page is called: the heading that it shows, and its titles without the shop's name."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from rapidfuzz import fuzz

from catalog.reading.document import Document
from catalog.reading.items import text_of
from catalog.reading.markup import meta_tags
from catalog.reading.outline import Outline, Part

_NAME = re.compile(
    r"(product|prod|item|goods|article|pdp|detail|listing|offer|ad|"
    r"deal)[-_ ]?(detail[-_ ]?)?(title|name|heading)|^(title|name|heading)$|\bname\b",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s+[|–—»«•·:-]\s+|\s*[|｜»]\s*|\s*[-–—]\s+|\s+[-–—]\s*|【|】|:\s+")
_BUYING = re.compile(
    r"^(?:(?:jual|buy|shop|order|kaufen|acheter|comprar|compra|acquista|kup|koupit|köp|kjøp|køb|"
    r"купить|purchase)\s+)|(?:\s+(?:online kaufen|kaufen|online|günstig kaufen|bestellen|"
    r"buy online))$",
    re.IGNORECASE,
)
_LONGEST = 300
_SAME = 88
_FEW_PIECES = 5


@dataclass(frozen=True)
class Titles:
    """The names that a page gives itself, before any of them is believed."""

    document: str
    shared: str
    slug: str
    site: str


def read_titles(document: Document) -> Titles:
    """`<title>`, `og:title`, the last words of the address, and the name of the site."""
    titles = document.tree.xpath("/html/head/title/text()") or document.tree.xpath("//title/text()")
    tags = meta_tags(document.tree)
    site = next(iter(tags.get("og:site_name", [])), "") or shop_name(document)
    return Titles(
        document=next((folded[:_LONGEST] for text in titles if (folded := text_of(text))), ""),
        shared=next(iter(tags.get("og:title", [])), "")[:_LONGEST],
        slug=_slug(document.url),
        site=site,
    )


def shop_name(document: Document) -> str:
    """The label of a page's host that names the shop."""
    labels = (urlsplit(document.url).hostname or "").removeprefix("www.").split(".")
    return labels[0] if len(labels) > 1 else ""


def is_same_name(first: str, second: str) -> bool:
    """Whether one of two names holds the other, but for spelling."""
    one, two = first.casefold(), second.casefold()
    if min(len(one), len(two)) < 4:
        return one == two
    return max(fuzz.token_set_ratio(one, two), fuzz.partial_ratio(one, two)) >= _SAME


def main_heading(outline: Outline, titles: Titles) -> tuple[Part, str] | None:
    """The part that shows the name of what the page is about, with its text.

    Headings and elements that are marked as a name are compared with the page's own titles.
    """
    best: tuple[float, Part, str] | None = None
    own = [strip_site(name, titles.site) for name in (titles.document, titles.shared) if name]
    for part in outline.parts:
        named = _may_be_heading(part)
        if not named and (part.end - part.begin > _FEW_PIECES or part.link):
            continue
        text = outline.text(part, _LONGEST)
        if len(text) < 2 or part.hidden or not (named or _is_most_of(text, own)):
            continue
        score = _score(part, text, own, titles)
        if best is None or score > best[0]:
            best = (score, part, text)
    return (best[1], best[2]) if best and best[0] >= 1.0 else None


def strip_site(title: str, site: str) -> str:
    """A page's title without the name of its site, categories, and words of selling."""
    pieces = [piece.strip() for piece in _SEPARATOR.split(title) if piece and piece.strip()]
    shop = squeezed(site)
    for end in (-1, 0):
        if len(pieces) > 1 and shop and _alike(squeezed(pieces[end]), shop):
            whole = pieces.pop(end)
            title = title[: title.rfind(whole)] if end else title[title.find(whole) + len(whole) :]
    cleaned = re.sub(r"^[\s|–—»«•·:｜】-]+|[\s|–—»«•·:｜【-]+$", "", title)
    return _BUYING.sub("", cleaned).strip() or title.strip()


def names_shop(name: str, site: str) -> bool:
    """Whether a name is the shop's own."""
    one, other = squeezed(name), squeezed(site)
    return bool(one) and bool(other) and fuzz.ratio(one, other) > 85


def _alike(piece: str, shop: str) -> bool:
    return bool(piece) and (shop in piece or piece in shop or fuzz.ratio(shop, piece) > 75)


def squeezed(text: str) -> str:
    """A name without spaces, signs and accents, as it is written in a host."""
    return re.sub(r"\W|[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold()))


def _is_most_of(text: str, names: list[str]) -> bool:
    folded = text.casefold()
    return any(folded in name.casefold() and len(text) >= 0.6 * len(name) for name in names)


def _may_be_heading(part: Part) -> bool:
    return part.tag in ("h1", "h2", "h3") or _is_marked_as_name(part.marks)


@lru_cache(maxsize=4096)
def _is_marked_as_name(marks: str) -> bool:
    return bool(marks) and bool(_NAME.search(marks))


def _score(part: Part, text: str, own: list[str], titles: Titles) -> float:
    score = {"h1": 1.0, "h2": 0.4, "h3": 0.0}.get(part.tag, 0.2)
    if _is_marked_as_name(part.marks):
        score += 0.5
    if part.elsewhere or (part.link and part.tag != "h1"):
        score -= 0.6
    if squeezed(text) == squeezed(titles.site):
        score -= 1.5
    folded = text.casefold()
    agreement = 0.0
    for name in own:
        wanted = name.casefold()
        if not wanted or squeezed(name) == squeezed(titles.site):
            continue
        coverage = min(1.0, len(folded) / (0.5 * len(wanted)))
        agreement = max(agreement, fuzz.partial_ratio(folded, wanted) / 100 * coverage)
    if titles.slug:
        agreement = max(agreement, fuzz.token_set_ratio(folded, titles.slug) / 100 * 0.8)
    return score + 2.2 * max(0.0, agreement - 0.5)


def _slug(url: str) -> str:
    path = unquote(urlsplit(url).path)
    pieces = [re.sub(r"\.\w{2,5}$", "", piece) for piece in path.split("/")]
    words = [re.sub(r"[-_+.]+", " ", piece).strip() for piece in pieces]
    named = [text for text in words if sum(sign.isalpha() for sign in text) >= 5 and " " in text]
    return max(named, key=len, default="").lower()
