"""Which of the amounts that a page shows is the price of its product."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lxml.html import HtmlElement

from catalog import price_words as words
from catalog.outline import Outline, Part
from catalog.prices import SIGNS, Money, bare_number, find_money

_PICTURE = re.compile(r"\.(jpe?g|png|webp|gif|avif)([?#]|$)", re.IGNORECASE)
_LONGEST = 70
_MOST = 400
_MEASURES_TOO = frozenset(
    "ft km din din. lv kn bs r q dh р. tg rm rp tl rs c$ a$ s$ :- fr. tl kc zl".split()
)


@dataclass(frozen=True)
class ShownPrice:
    """An amount that the page shows, where, and how much speaks for it as the price."""

    amount: Decimal
    sign: str | None
    score: float
    is_former: bool
    place: int


def shown_prices(
    outline: Outline, heading: Part | None, likely: tuple[str, ...]
) -> list[ShownPrice]:
    """Every amount outside of menus, best first.

    Args:
        outline: the page.
        heading: the part that shows the product's name, near which its price is expected.
        likely: the currencies of the page's country, for signs that are words elsewhere.
    """
    units = list(_units(outline, likely))[:_MOST]
    signatures = Counter(_signature(part) for part, _, _ in units)
    rated = [_rate(outline, part, money, text, heading, signatures) for part, money, text in units]
    return sorted(rated, key=lambda price: -price.score)


def _units(outline: Outline, likely: tuple[str, ...]) -> Iterator[tuple[Part, Money, str]]:
    """The largest parts that show one amount each, and the amounts of running text."""
    covered_to = -1
    for part in outline.parts:
        if part.begin < covered_to or part.end <= part.begin:
            continue
        text = outline.raw_text(part, _LONGEST)
        if not text or not any(sign.isdigit() for sign in text):
            continue
        found = [money for money in find_money(text) if _counts(money, likely)]
        if not found:
            amount = bare_number(text) if words.NAMES_A_PRICE.search(_marks(part, 1)) else None
            if amount is not None and len(text) <= 16:
                covered_to = part.end
                yield part, Money(amount, None, 0, len(text)), text
            continue
        if len({money.amount for money in found}) > 1 and len(part.element):
            if any(_holds_digit(child) for child in part.element):
                continue
        covered_to = part.end
        inner = _innermost(outline, part, found)
        if inner is not part:
            text = outline.raw_text(inner, _LONGEST)
            found = list(find_money(text))
        for money in found[:3]:
            yield inner, money, text


def _innermost(outline: Outline, part: Part, found: list[Money]) -> Part:
    """The deepest part that shows the same amounts whole, such as 34.98 and not 34 alone."""
    amounts = [money.amount for money in found]
    for inner in outline.parts[part.place + 1 :]:
        if inner.begin >= part.end or len(inner.tag) > 40:
            break
        text = outline.raw_text(inner, _LONGEST)
        if text and [money.amount for money in find_money(text)] == amounts:
            part = inner
    return part


def _holds_digit(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and any(
        sign.isdigit() for text in element.itertext() for sign in text
    )


def _counts(money: Money, likely: tuple[str, ...]) -> bool:
    if money.sign not in _MEASURES_TOO:
        return True
    return any(code in likely for code in SIGNS.get(money.sign, ()))


def _rate(
    outline: Outline,
    part: Part,
    money: Money,
    text: str,
    heading: Part | None,
    signatures: Counter[str],
) -> ShownPrice:
    marks = _marks(part, 3) + " " + _inner_marks(part)
    before = (outline.before(part) + " " + text[: money.start]).strip()[-40:]
    after = (text[money.end :] + " " + outline.after(part)).strip()[:30]
    own_after = text[money.end :]
    struck = part.struck or _is_struck_inside(part)
    named_former = bool(words.FORMER.search(marks))
    former = struck or named_former or bool(words.SAID_FORMER.search(before))
    score = 0.0
    if words.NAMES_A_PRICE.search(marks):
        score += 2.0
    if re.search(r"(^|\s)(price|offers)(\s|$)", marks):
        score += 0.7
    if words.NOW.search(marks) or words.SAID_NOW.search(before):
        score += 0.8
    if former:
        score -= (
            5.0 if struck else 3.5 if not named_former or words.SAID_FORMER.search(before) else 2.5
        )
    if words.NOT_THE_PRICE.search(_marks(part, 2)):
        score -= 2.5
    if words.WITHOUT_TAX.search(before) or words.WITHOUT_TAX.match(own_after or after):
        score -= 2.5
    elif words.WITH_TAX.search(before) or words.WITH_TAX.match(own_after or after):
        score += 0.8
    if words.SAID_OTHER.search(before) or words.SAID_AFTER_OTHER.search(own_after or after):
        score -= 3.0
    if words.BY_MEASURE.search(own_after) or (
        words.MEASURE_ONLY_AFTER.search(after) and words.BY_MEASURE.search(after)
    ):
        score -= 3.0
    if part.elsewhere:
        score -= 4.0
    elif _is_in_card(part, heading):
        score -= 2.5
    if part.hidden:
        score -= 1.5
    if part.link and not part.link.startswith(("#", "javascript")):
        score -= 2.0
    if part.tag in ("strong", "b", "h2", "h3", "h4", "em", "ins"):
        score += 0.4
    if money.sign is None:
        score -= 1.6
    score -= 0.5 * max(0, min(signatures[_signature(part)], 6) - 2)
    score -= len(text) / 100
    score += _nearness(part, heading)
    return ShownPrice(money.amount, money.sign, score, former, part.place)


def _is_in_card(part: Part, heading: Part | None) -> bool:
    """Whether a small part around it holds a picture that links elsewhere, as listed products do."""
    for around in part.lineage(6):
        if around.end - around.begin > 60 or (
            heading and around.begin <= heading.begin < around.end
        ):
            return False
        for link in around.element.iter("a"):
            href = link.get("href") or "#"
            if not href.startswith(("#", "javascript", "data:")) and not _PICTURE.search(href):
                if next(link.iter("img", "picture"), None) is not None:
                    return True
    return False


def _nearness(part: Part, heading: Part | None) -> float:
    if heading is None:
        return 2.0 * math.exp(-part.place / 400)
    distance = part.place - heading.place
    if distance >= 0:
        return 3.0 * math.exp(-distance / 120)
    return 1.5 * math.exp(distance / 40)


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
