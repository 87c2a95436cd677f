"""Which of the amounts that a page shows is the price of its product."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from catalog.reading import price_words as words
from catalog.reading.outline import Outline, Part
from catalog.reading.price_units import PriceUnit, price_units

_PICTURE = re.compile(r"\.(jpe?g|png|webp|gif|avif)([?#]|$)", re.IGNORECASE)
_CARD_TAGS = frozenset(("li", "div", "article", "section", "td", "a", "span"))
_BESIDE = 1.0
NAMED_FORMER = 2.5
_SURCHARGE = re.compile(r"(^|[\s(])[+±]\s?$|\(\s?[−-]\s?$")
_PLAIN_NAME = re.compile(r"(^|\s)(price|offers)(\s|$)")
_FLOWING = frozenset("a b i em strong font mark u span bdi ins del s small sup".split())
_CONTAINER = 40
_NEXT = 6
_LEAST_SHARE = Decimal("0.2")


@dataclass(frozen=True)
class ShownPrice:
    """An amount that the page shows, where, and how much speaks for it as the price."""

    amount: Decimal
    sign: str | None
    score: float
    is_former: bool
    is_named_former: bool
    is_other: bool
    place: int
    repeats: int
    is_named: bool
    is_elsewhere: bool
    is_in_card: bool
    is_in_table: bool

    @property
    def counts(self) -> bool:
        """Whether nothing says that it is a former price or something else than the price."""
        return not (self.is_former or self.is_named_former or self.is_other)


def shown_prices(
    outline: Outline, heading: Part | None, likely: tuple[str, ...]
) -> list[ShownPrice]:
    """Every amount outside of menus, best first.

    Args:
        outline: the page.
        heading: the part that shows the product's name, near which its price is expected.
        likely: the currencies of the page's country, for signs that are words elsewhere.
    """
    units = price_units(outline, likely)
    signatures = Counter(_signature(unit.part) for unit in units)
    listed = _listed_units(units, heading)
    rated = [_rate(outline, unit, heading, signatures) for unit in units]
    rated = [
        replace(price, score=price.score - 3.0 * (not price.is_elsewhere), is_in_card=True)
        if place in listed
        else price
        for place, price in enumerate(rated)
    ]
    return sorted(_with_reductions(outline, rated), key=lambda price: -price.score)


def _listed_units(units: list[PriceUnit], heading: Part | None) -> set[int]:
    """The places of the units that stand in one of several like siblings, as listed products."""
    siblings: dict[tuple[int, str, str], dict[int, list[int]]] = {}
    for place, unit in enumerate(units):
        for around in unit.part.lineage(5):
            if around.parent is None or (heading and around.begin <= heading.begin < around.end):
                break
            if around.tag in _CARD_TAGS and _holds_link_or_picture(around):
                key = (around.parent.place, around.tag, around.frame)
                siblings.setdefault(key, {}).setdefault(around.place, []).append(place)
    return {
        place
        for group in siblings.values()
        if len(group) > 1
        for places in group.values()
        for place in places
    }


def _holds_link_or_picture(part: Part) -> bool:
    if part.end - part.begin > 200:
        return False
    return next(part.element.iter("a", "img", "picture"), None) is not None


def _with_reductions(outline: Outline, prices: list[ShownPrice]) -> Iterator[ShownPrice]:
    """Of two prices side by side, the higher one first, the higher is what it cost before."""
    good = [price for price in prices if price.score > _BESIDE and price.counts]
    beside: dict[int, set[Decimal]] = {}
    for price in good:
        for around in list(outline.parts[price.place].lineage(4))[1:]:
            if around.end - around.begin <= _CONTAINER:
                beside.setdefault(around.place, set()).add(price.amount)
    former: set[int] = set()
    for place, amounts in beside.items():
        if len(amounts) == 2 and _LEAST_SHARE * max(amounts) <= min(amounts):
            inside = outline.parts[place]
            held = [
                price
                for price in good
                if inside.begin <= outline.parts[price.place].begin < inside.end
            ]
            former |= _reduced(held)
    for first, second in pairwise(good):
        if 0 < second.place - first.place <= _NEXT and first.is_named and second.is_named:
            former |= _reduced([first, second])
    for price in prices:
        if price.place in former and price.counts:
            yield replace(price, score=price.score - 2.5, is_former=True)
        elif price.counts and _follows_former(outline, price, prices):
            yield replace(price, score=price.score + 1.2)
        else:
            yield price


def _reduced(prices: list[ShownPrice]) -> set[int]:
    """The places of the higher of two amounts, where it is read first and both are likely."""
    highest, lowest = (pick(price.amount for price in prices) for pick in (max, min))
    lower = max(price.score for price in prices if price.amount == lowest)
    if highest == lowest or lowest < _LEAST_SHARE * highest or prices[0].amount != highest:
        return set()
    if lower < prices[0].score - 1.0:
        return set()
    return {price.place for price in prices if price.amount == highest}


def _follows_former(outline: Outline, price: ShownPrice, prices: list[ShownPrice]) -> bool:
    part = outline.parts[price.place]
    around = part.parent or part
    around = around.parent or around
    return any(
        other.is_former
        and other.amount > price.amount
        and around.begin <= outline.parts[other.place].begin < around.end
        for other in prices
    )


def _rate(
    outline: Outline, unit: PriceUnit, heading: Part | None, signatures: Counter[str]
) -> ShownPrice:
    part = unit.part
    name = outline.text(heading) if heading else ""
    inner = _inner_marks(part) if unit.is_whole else ""
    struck = part.struck or (unit.is_whole and _is_struck_inside(part))
    is_former = struck or bool(words.SAID_FORMER.search(unit.before))
    is_named_former = _says(words.FORMER, f"{_marks(part, 2)} {inner}")
    is_other = _is_other(unit)
    score = _place_score(outline, unit, heading) + _name_score(unit, inner, name)
    score -= 5.0 if struck else 3.5 if is_former else NAMED_FORMER if is_named_former else 0.0
    score -= 3.0 * is_other
    score -= 1.6 * (unit.money.sign is None)
    score -= 0.5 * max(0, min(signatures[_signature(part)], 6) - 2)
    return ShownPrice(
        unit.money.amount,
        unit.money.sign,
        score,
        is_former,
        is_named_former,
        is_other,
        part.place,
        signatures[_signature(part)],
        _says(words.NAMES_A_PRICE, f"{_marks(part, 2)} {inner}"),
        part.elsewhere,
        _is_in_card(part, heading),
        any(around.tag == "td" for around in part.lineage(2)),
    )


def _is_other(unit: PriceUnit) -> bool:
    """Whether an amount is said to be no price: shipping, an instalment, a price without tax."""
    return bool(
        _SURCHARGE.search(unit.before)
        or _says(words.NOT_THE_PRICE, _marks(unit.part, 2))
        or words.SAID_OTHER.search(unit.before)
        or words.SAID_AFTER_OTHER.search(unit.own_after)
        or words.SAID_AFTER_OUTSIDE.search(unit.after)
        or (
            words.SAID_WITHOUT_TAX.search(unit.before)
            and not words.SAID_AFTER_WITH_TAX.search(unit.after)
        )
        or words.SAID_AFTER_WITHOUT_TAX.search(unit.after)
        or words.BY_MEASURE.search(unit.own_after)
        or (words.MEASURE_ONLY_AFTER.search(unit.after) and words.BY_MEASURE.search(unit.after))
    )


def _name_score(unit: PriceUnit, inner: str, name: str) -> float:
    marks = f"{_marks(unit.part, 3)} {inner}"
    score = 2.0 * _says(words.NAMES_A_PRICE, marks) + 0.7 * _says(_PLAIN_NAME, marks)
    score += 0.8 * bool(_says(words.NOW, marks) or words.SAID_NOW.search(unit.before))
    score += 0.8 * bool(
        words.SAID_WITH_TAX.search(unit.before) or words.SAID_AFTER_WITH_TAX.search(unit.after)
    )
    score -= 1.0 * _says(words.SELDOM_THE_PRICE, _marks(unit.part, 2))
    own = unit.text[: unit.money.start] + unit.own_after
    letters = 0 if _is_named(own, name) else sum(sign.isalpha() for sign in own)
    score -= min(2.0, 0.035 * letters)
    return score + 0.4 * (unit.part.tag in ("strong", "b", "h2", "h3", "h4", "em", "ins"))


def _is_named(text: str, name: str) -> bool:
    """Whether the words beside an amount are the product's own name."""
    return len(name) > 5 and fuzz.partial_ratio(text.casefold(), name.casefold()) > 85


def _place_score(outline: Outline, unit: PriceUnit, heading: Part | None) -> float:
    part = unit.part
    score = _nearness(part, heading)
    if part.elsewhere:
        score -= 4.0
    elif _is_in_card(part, heading):
        score -= 2.5
    score -= 1.5 * part.hidden
    score -= 1.5 * (unit.is_whole and _is_in_sentence(outline, part))
    if part.link and not part.link.startswith(("#", "javascript")):
        score -= 2.0
    return score


def _is_in_sentence(outline: Outline, part: Part) -> bool:
    """Whether an amount stands in the middle of running text."""
    block = next((each for each in part.lineage(3) if each.tag not in _FLOWING), part)
    return block.tag in ("p", "li", "td", "dd", "div") and len(outline.text(block, 2000)) > 70


def _is_in_card(part: Part, heading: Part | None) -> bool:
    """Whether a small part around it holds a linked picture, as products in a list do."""
    for around in part.lineage(6):
        if around.end - around.begin > 120 or (
            heading and around.begin <= heading.begin < around.end
        ):
            return False
        for link in around.element.iter("a"):
            href = link.get("href") or "#"
            leads_away = not (
                href.startswith(("#", "javascript", "data:")) or _PICTURE.search(href)
            )
            if leads_away and next(link.iter("img", "picture"), None) is not None:
                return True
    return False


def _nearness(part: Part, heading: Part | None) -> float:
    if heading is None:
        return 2.0 * math.exp(-part.place / 400)
    distance = part.place - heading.place
    if distance >= 0:
        return 3.0 * math.exp(-distance / 120)
    return 2.4 * math.exp(distance / 60)


@lru_cache(maxsize=8192)
def _says(words: re.Pattern[str], marks: str) -> bool:
    """Whether classes say something; the parts of one page share most of theirs."""
    return bool(words.search(marks))


def _signature(part: Part) -> str:
    return " ".join(f"{each.tag}.{each.marks}" for each in part.lineage(3))


def _marks(part: Part, generations: int) -> str:
    return " ".join(each.marks for each in part.lineage(generations) if each.marks)[:600]


def _inner_marks(part: Part) -> str:
    return " ".join(
        name
        for inner in part.element.iterdescendants()
        if isinstance(inner.tag, str)
        for name in (inner.get("class"), inner.get("itemprop"))
        if name
    )[:300]


def _is_struck_inside(part: Part) -> bool:
    return any(
        inner.tag in ("del", "s", "strike") or "line-through" in (inner.get("style") or "")
        for inner in part.element.iterdescendants()
    )
