"""Whether a page is about one product, and if not, why."""

from urllib.parse import urlsplit

from catalog.errors import CatalogError
from catalog.reading.no_product import (
    is_article,
    is_error,
    is_login,
    is_wall,
    serves_shopping,
    why_no_product,
)
from catalog.reading.page_facts import PageFacts
from catalog.reading.visible_prices import ShownPrice

_OWN_SCORE = 2.0
_STRONG_SCORE = 3.0
_SEVERAL = 3
_MANY_CARDS = 6
_SYNTAXES = ("json-ld", "microdata", "rdfa")


def is_product_page(facts: PageFacts, *, is_stocked: bool, has_pictures: bool) -> bool:
    """Whether a page is about one product.

    Args:
        facts: the page.
        is_stocked: whether it says if its product can be had.
        has_pictures: whether it shows some that may be of a product.
    """
    document, titles = facts.document, facts.titles
    if any(each.has_offer or each.images for each in facts.own):
        return True
    if is_wall(document, facts.outline, titles):
        return False
    told = facts.heading[1] if facts.heading else None
    if is_error(titles, told) or is_login(document, titles, told):
        return False
    if serves_shopping(document, titles, told):
        return False
    shared = facts.opengraph.has_offer and facts.opengraph.title and not _lists_products(facts)
    if shared and (facts.opengraph.prices or _cards(facts) < _SEVERAL):
        return True
    return _shows_product(facts, is_stocked, has_pictures)


def why_not(facts: PageFacts) -> CatalogError:
    """The error that says what a page is that is about no product."""
    described = sum(len(facts.described[syntax]) for syntax in _SYNTAXES)
    others = max(_cards(facts), described)
    return why_no_product(facts.document, facts.outline, facts.titles, others)


def _shows_product(facts: PageFacts, is_stocked: bool, has_pictures: bool) -> bool:
    """Whether a page without markup shows enough of what makes a product page."""
    best = facts.shown_prices[0] if facts.shown_prices else None
    priced, buyable = _is_own_price(best), facts.is_buyable
    if facts.heading is None and not facts.own:
        return priced and buyable
    for_sale = buyable or is_stocked
    if not for_sale and not _is_told(best, priced, facts):
        return False
    if (_is_home(facts) and not buyable) or (_lists_products(facts) and not priced):
        return False
    evidence = priced + buyable + is_stocked + bool(facts.own) + has_pictures
    enough = 3 if _cards(facts) >= _MANY_CARDS and not priced else 2
    return (for_sale or priced or bool(facts.own)) and evidence >= enough


def _is_own_price(best: ShownPrice | None) -> bool:
    """Whether an amount is surely that of the page, and not one of several in a list."""
    if best is None or best.score < _OWN_SCORE or best.is_in_card:
        return False
    return best.repeats < _SEVERAL or best.is_in_table


def _is_told(best: ShownPrice | None, priced: bool, facts: PageFacts) -> bool:
    """Whether a price alone, with no word of buying, makes a page one about a product."""
    if best is None:
        return False
    strong = best.score >= _STRONG_SCORE or best.is_named
    return strong or (priced and not is_article(facts.document))


def _lists_products(facts: PageFacts) -> bool:
    """Whether the markup describes several products, none of which is the page's own."""
    found = (each for syntax in _SYNTAXES for each in facts.described[syntax])
    return not facts.own and len({each.title for each in found}) >= _SEVERAL


def _is_home(facts: PageFacts) -> bool:
    parts = urlsplit(facts.document.url)
    return not parts.query and parts.path.strip("/") in ("", "index.html", "index.php")


def _cards(facts: PageFacts) -> int:
    """How many amounts belong to something else than the page's own product."""
    prices = facts.shown_prices
    return len({each.amount for each in prices if each.is_in_card or each.is_elsewhere})
