"""Every amount of money that a page shows, with the part and the words around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement

from catalog.reading import price_words as words
from catalog.reading.outline import Outline, Part
from catalog.reading.prices import Money, bare_number, find_money
from catalog.reading.visible_text import APART
from catalog.vocabulary import SIGNS

_LONGEST = 90
_LONGEST_BARE = 16
_LONGEST_OWN = 300
_MOST = 400
_MOST_CHILDREN = 200
_LENGTH_BEFORE = 40
# Signs that are also measures or words, believed only where the country uses the currency.
_MEASURES_TOO = frozenset(
    "ft km din din. lv kn bs r q dh р. tg rm rp tl rs c$ a$ s$ :- fr. kc zl s/ ден "
    "kd bd jd dt".split()
)


_DIGIT = re.compile(r"\d")
_ANOTHER_LABEL = re.compile(r"^[^\d:：]{1,30}[:：].*$")


@dataclass(frozen=True)
class PriceUnit:
    """One amount: the part that shows it, what is read before and after it, and inside.

    `is_whole` is False for an amount that stands between the part's children, so that what
    these children are says nothing of it.
    """

    part: Part
    money: Money
    text: str
    before: str
    own_after: str
    after: str
    is_whole: bool


def price_units(outline: Outline, likely: tuple[str, ...]) -> list[PriceUnit]:
    """The amounts of a page in reading order, each in the smallest part that shows it whole.

    Args:
        outline: the page.
        likely: the currencies of the page's country.
    """
    found: list[PriceUnit] = []
    covered_to = -1
    for part in outline.parts:
        if part.begin < covered_to or part.end <= part.begin or len(found) >= _MOST:
            continue
        text = outline.raw_text(part, _LONGEST)
        if not text and part.tag == "h1":
            found += _between_children(outline, part, likely)
        if not _DIGIT.search(text):
            continue
        amounts = _amounts(text, likely)
        if not amounts:
            if unit := _bare_unit(outline, part, text, likely):
                covered_to = part.end
                found.append(unit)
        elif len(amounts) > 1 and any(_holds_digit(child) for child in part.element):
            found += _between_children(outline, part, likely)
        else:
            covered_to = part.end
            inner = _innermost(outline, part, [money.amount for money in amounts], likely)
            text = outline.raw_text(inner, _LONGEST)
            found += [_unit(outline, inner, money, text) for money in _amounts(text, likely)[:3]]
    return found


def _amounts(text: str, likely: tuple[str, ...]) -> list[Money]:
    return [
        money
        for money in find_money(text, likely)
        if money.sign is None
        or money.sign not in _MEASURES_TOO
        or any(code in likely for code in SIGNS.get(money.sign or "", ()))
    ]


def _unit(outline: Outline, part: Part, money: Money, text: str) -> PriceUnit:
    before = f"{outline.before(part)} {text[: money.start]}".strip()[-_LENGTH_BEFORE:]
    own_after = text[money.end :]
    after = own_after.strip() or _ANOTHER_LABEL.sub("", outline.after(part))
    return PriceUnit(part, money, text, before, own_after, after, is_whole=True)


def _bare_unit(
    outline: Outline, part: Part, text: str, likely: tuple[str, ...]
) -> PriceUnit | None:
    named = " ".join(each.marks for each in part.lineage(1) if each.marks)
    if len(text) > _LONGEST_BARE or "%" in text or not words.NAMES_A_PRICE.search(named):
        return None
    amount = bare_number(text, likely)
    return _unit(outline, part, Money(amount, None, 0, len(text)), text) if amount else None


def _between_children(outline: Outline, part: Part, likely: tuple[str, ...]) -> Iterator[PriceUnit]:
    """The amounts in a part's own text, such as the new price after a struck-out old one."""
    read = outline.before(part)
    pieces: list[tuple[str, str]] = [(read, part.element.text or "")]
    for child in islice(part.element, _MOST_CHILDREN):
        inner = "".join(child.itertext()) if isinstance(child.tag, str) else ""
        read = _end_of(f"{read} {pieces[-1][1]} {inner}")
        pieces.append((read, child.tail or ""))
    for before, own in pieces:
        text = " ".join(own.replace(APART, " ").split())
        for money in _amounts(text, likely)[:3] if 0 < len(text) <= _LONGEST_OWN else ():
            said = _end_of(f"{before} {text[: money.start]}")
            rest = text[money.end :]
            yield PriceUnit(part, money, text, said, rest, rest, is_whole=False)


def _end_of(text: str) -> str:
    return " ".join(text.split())[-_LENGTH_BEFORE:]


def _innermost(
    outline: Outline, part: Part, amounts: list[object], likely: tuple[str, ...]
) -> Part:
    """The deepest part that shows the same amounts whole, such as 34.98 and not 34 alone."""
    for inner in outline.parts[part.place + 1 : part.place + 40]:
        if inner.begin >= part.end:
            break
        text = outline.raw_text(inner, _LONGEST)
        if text and [money.amount for money in find_money(text, likely)] == amounts:
            part = inner
    return part


def _holds_digit(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and any(_DIGIT.search(text) for text in element.itertext())
