"""Which of the products that a page describes is its own."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from catalog.reading.candidate import Candidate
from catalog.reading.document import Document
from catalog.reading.headings import Titles, is_same_name, squeezed, strip_site

_SYNTAXES = ("json-ld", "microdata", "rdfa")
_ENOUGH = 0.6
_ALONE = 0.2
_ALONE_UNNAMED = -0.8
_BESIDE_BEST = 0.5


def own_product(
    described: Mapping[str, Sequence[Candidate]],
    document: Document,
    titles: Titles,
    heading: str | None,
) -> list[Candidate]:
    """What describes the page's own product, the most reliable first; empty when nothing does.

    Args:
        described: per syntax the products of the page.
        document: the page; its address and canonical address are compared with the products'.
        titles: what the page calls itself; a product that is named so is its own.
        heading: the name that it shows.
    """
    shop = titles.site
    said = [strip_site(name, shop) for name in (titles.document, titles.shared) if name]
    said += [heading] if heading else []
    names = [*said, titles.slug] if titles.slug else said
    marked = [each for syntax in _SYNTAXES for each in described[syntax]]
    if not marked:
        return []
    paths = set(_paths(document))
    scores = [_belonging(each, document, paths, names, shop) for each in marked]
    best = max(scores)
    first = next(each for each, score in zip(marked, scores, strict=True) if score > best - 0.05)
    distinct = {each.title.casefold() for each in marked if each.title}
    least = _ALONE if said else _ALONE_UNNAMED
    if best < _ENOUGH and (len(distinct) > 1 or best <= least):
        return []
    chosen = [
        each
        for each, score in zip(marked, scores, strict=True)
        if each is first or _is_same(each, first, len(distinct), score > best - _BESIDE_BEST)
    ]
    return sorted(chosen, key=lambda each: (each is not first, _SYNTAXES.index(each.read_from)))


def _is_same(candidate: Candidate, first: Candidate, names: int, close: bool) -> bool:
    if candidate.title is None:
        return names <= 1
    return close and first.title is not None and is_same_name(candidate.title, first.title)


def _paths(document: Document) -> Iterator[str]:
    canonical = next(iter(document.tree.xpath("//link[@rel='canonical']/@href")), "")
    for url in (document.url, document.absolute(canonical)):
        if path := _path(url):
            yield path


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _belonging(
    candidate: Candidate, document: Document, paths: set[str], names: Sequence[str], shop: str
) -> float:
    """How much speaks for a described product as the page's own."""
    score = 0.2 * candidate.has_offer + 0.1 * bool(candidate.images)
    if any(_path(document.absolute(url)) in paths for url in candidate.urls):
        score += 0.4
    if candidate.title is None:
        return score - 0.3
    if names and squeezed(candidate.title) == squeezed(shop):
        return score - 1.0
    folded = candidate.title.casefold()
    agreements = [
        (fuzz.token_set_ratio(folded, name) + fuzz.partial_ratio(folded, name)) / 200
        for name in (name.casefold() for name in names)
    ]
    return score + 2.0 * (max(agreements, default=0.7) - 0.45)
