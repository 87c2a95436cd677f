"""The numbers of a text in any usual spelling, each with what it counts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from babel.numbers import get_currency_symbol

from catalog.product import signs_of
from creative.copywriting.claim_words import (
    CURRENCIES,
    DOUBTFUL_UNITS,
    NUMBERS,
    NUMBERS_AT_HOME_ONLY,
    PERCENT,
    STARS,
    UNITS,
)
from creative.copywriting.folding import Folded, fold

Kind = Literal["number", "price", "rating", "percentage", "discount", "superlative"]
Meaning = tuple[object, object]
ANYTHING = "anything"

_LONGEST_NUMBER = 24
_LONGEST_TOKEN = 60
_AMOUNT = re.compile(
    r"\d{1,3}(?:[ .,']\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?"  # 1,299.00 and 1 299
    r"|(?:\d{1,3} )?\d{1,4}[/⁄]\d{1,4}(?![\d/⁄])"  # 1/2 and 2 1/2
    r"|\d+(?:[.,]\d+)*"
)
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[a-z]")
_TENS = frozenset(range(20, 100, 10))
# Between numbers that share what stands behind the last of them: 60 x 40 cm, 10–12 hours.
_RANGE = re.compile(r"\s?(?:[-–—]|\b(?:to|bis|a|tot)\b)\s?")
_ROW = re.compile(
    r"\s?(?:[-–—x×*/+&]|\b(?:to|bis|a|tot|and|und|et|y|e|ed|en|or|oder|ou|o|of)\b)\s?"
)
_CENTS = r"(?:[.,]\s?[-–—]{1,2})?"  # the dash of 24,– €
_DASHED_CENTS = re.compile(_CENTS)
_TIMES = re.compile(r"x(?![a-z])")
_PIECE = re.compile(r"[^ ]+")
_WORD_FOLLOWS = re.compile(r"[\s-]?[^\W_]")


class OwnCurrency(NamedTuple):
    """A product's currency (ISO 4217), and the locale (as Babel names it) of what is read."""

    code: str
    locale: str


@dataclass(frozen=True)
class Found:
    """A claim at `start` to `end` of the folded text.

    Two claims of one kind that share a meaning say the same. `parts` are other readings: "15 128"
    may be one number or two.
    """

    kind: Kind
    start: int
    end: int
    meanings: frozenset[Meaning]
    parts: tuple["Found", ...] = ()


def amounts_in(folded: Folded, language: str, own: OwnCurrency | None) -> list[Found]:
    """The numbers, prices, percentages and ratings in stars of a text, in its order.

    Args:
        folded: the text.
        language: which of two readings a word has that is a number in one language only.
        own: the product's own currency, whose signs are looked for beside the usual ones.
    """
    text = folded.text
    digits = _in_digits(text) if _DIGIT.search(text) else ()
    places = [*digits, *_in_words(text, language)]
    found: list[Found] = []
    read_until = 0
    for place in sorted(places, key=lambda place: place.start):
        if place.start >= read_until:
            found.append(_amount(replace(place, least=read_until), own))
            read_until = found[-1].end
    return _sharing(text, found)


def readings(written: str) -> frozenset[Fraction]:
    """The values that digits with separators may stand for: "1.299" is 1299 or 1.299.

    None where it is no number, such as a version or a date.
    """
    if "/" in written or "⁄" in written:
        whole, _, ratio = written.rpartition(" ")
        above, below = (int(part) for part in re.split("[/⁄]", ratio))
        return frozenset({int(whole or 0) + Fraction(above, below)} if below else ())
    grouped = re.search(r"[ ']", written) is not None
    plain = re.sub(r"[ ']", "", written)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return frozenset({Fraction(plain)})
    head, tail = re.split(r"[.,](?=\d*$)", plain)
    if len(set(separators)) == 2:
        groups = re.split(r"[.,]", head)
        return frozenset({Fraction(f"{''.join(groups)}.{tail}")})
    if len(separators) > 1:
        is_one = all(len(group) == 3 for group in re.split(r"[.,]", plain)[1:])
        return frozenset({Fraction(re.sub(r"[.,]", "", plain))} if is_one else ())
    decimal = Fraction(f"{head}.{tail}")
    thousands = len(tail) == 3 and len(head) <= 3 and head[0] != "0" and not grouped
    return frozenset({decimal, Fraction(head + tail)} if thousands else {decimal})


@dataclass(frozen=True)
class _Place:
    """Digits or a word in a text, and what they may amount to; before `least` all is read."""

    text: str
    start: int
    end: int
    values: frozenset[Fraction]
    least: int = 0


def _in_digits(text: str) -> Iterator[_Place]:
    for match in _AMOUNT.finditer(text):
        short = len(match[0]) <= _LONGEST_NUMBER
        yield _Place(text, *match.span(), readings(match[0]) if short else frozenset())


def _in_words(text: str, language: str) -> Iterator[_Place]:
    known = _number_words(language)
    if known.keys().isdisjoint(_WORD.findall(text)):
        return
    words = [
        (*match.span(), known[match[0]]) for match in _WORD.finditer(text) if match[0] in known
    ]
    after = [*words, (-1, -1, 0)][1:]
    joined = False
    for (start, end, value), (next_start, next_end, ones) in zip(words, after, strict=True):
        if joined:
            joined = False
            continue
        joined = value in _TENS and ones < 10 and next_start == end + 1
        stop, whole = (next_end, value + ones) if joined else (end, value)
        yield _Place(text, start, stop, frozenset({Fraction(whole)}))


@cache
def _number_words(language: str) -> dict[str, int]:
    known = {
        word: value
        for words in NUMBERS.values()
        for word, value in words.items()
        if word not in NUMBERS_AT_HOME_ONLY
    }
    return known | NUMBERS.get(language, {})


def _amount(place: _Place, own: OwnCurrency | None) -> Found:
    found = _one_amount(place, own)
    written = place.text[place.start : place.end]
    if not written[:1].isdigit() or " " not in written or re.search("[/⁄]", written):
        return found
    pieces = _PIECE.finditer(place.text, place.start, place.end)
    parts = (
        replace(place, start=one.start(), end=one.end(), values=readings(one[0])) for one in pieces
    )
    return replace(found, parts=tuple(_one_amount(part, own) for part in parts))


def _one_amount(place: _Place, own: OwnCurrency | None) -> Found:
    text, start, end, values = place.text, place.start, place.end, place.values
    before, after = _beside(own)
    leading = before.search(text, max(place.least, start - 8), start) if values else None
    if leading:
        cents = _DASHED_CENTS.match(text, end)
        codes = _codes(leading["currency"], own)
        return _priced(leading.start(), cents.end() if cents else end, values, codes)
    times = text[start - 1 : start] == "x" and not text[max(0, start - 2) : start - 1].isalpha()
    if not values or (start and _LETTER.match(text, start - 1) and not times):
        return _token(place)
    match = after.match(text, end)
    if match is None:
        glued = _LETTER.match(text, end) and not _TIMES.match(text, end)
        return _token(place) if glued else _plain(place)
    if match["currency"]:
        return _priced(start, match.end(), values, _codes(match["currency"], own))
    if match["percent"]:
        return Found("percentage", start, match.end(), frozenset((one, "%") for one in values))
    if match["stars"]:
        return Found("rating", start, match.end(), frozenset((one, 5) for one in values))
    unit = match["unit"]
    meanings: set[Meaning] = {(one, _units()[unit]) for one in values}
    if unit in DOUBTFUL_UNITS and (text[end] in " -" or unit == '"'):
        return Found("number", start, end, frozenset(meanings | {(one, None) for one in values}))
    return Found("number", start, match.end(), frozenset(meanings))


def _plain(place: _Place) -> Found:
    """A number that counts nothing known; before no word, its unit may have been cut off."""
    meanings: set[Meaning] = {(one, None) for one in place.values}
    if not _WORD_FOLLOWS.match(place.text, place.end):
        meanings |= {(one, ANYTHING) for one in place.values}
    return Found("number", place.start, place.end, frozenset(meanings))


def _token(place: _Place) -> Found:
    """Letters and digits that are no amount, such as a model's name: they mean themselves."""
    text, start, end = place.text, place.start, place.end
    least, most = max(place.least, start - _LONGEST_TOKEN), min(len(text), end + _LONGEST_TOKEN)
    while start > least and text[start - 1].isalnum():
        start -= 1
    while end < most and text[end].isalnum():
        end += 1
    return Found("number", start, end, frozenset({("token", text[start:end])}))


def _priced(start: int, end: int, values: frozenset[Fraction], codes: tuple[str, ...]) -> Found:
    return Found("price", start, end, frozenset((one, code) for one in values for code in codes))


def _codes(sign: str, own: OwnCurrency | None) -> tuple[str, ...]:
    others = CURRENCIES.get(sign, ())
    return (*others, own.code) if own and sign in _own_signs(own) else others


@lru_cache(maxsize=256)
def _own_signs(own: OwnCurrency) -> frozenset[str]:
    """The code, what shops write for it, and how it is written in English and in the locale."""
    written = {own.code, *signs_of(own.code)}
    written |= {get_currency_symbol(own.code, locale) for locale in ("en", own.locale)}
    folded = {fold(sign).text.strip() for sign in written}
    return frozenset(folded | {sign.rstrip(".") for sign in folded}) - {""}


@lru_cache(maxsize=256)
def _beside(own: OwnCurrency | None) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before an amount, and what stands behind one, and says what it counts."""
    signs = {*CURRENCIES, *(_own_signs(own) if own else ())}
    money = rf"(?P<currency>{_any_of(signs)})"
    before = re.compile(rf"(?<![^\W\d_]){money}\.?\s?$")
    after = re.compile(
        rf"{_CENTS}[\s-]?{money}|[\s-]?(?:(?P<percent>{_any_of(PERCENT)})"
        rf"|(?P<stars>{_any_of(STARS)})|(?P<unit>{_any_of(_units())}))"
    )
    return before, after


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of `words`, the longest first; letters must not go on behind them."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(
        re.escape(word) + ("(?![a-z0-9])" if word[-1].isalnum() else "") for word in longest_first
    )


@cache
def _units() -> dict[str, str]:
    lines = [fold(line).text.split() for line in UNITS.strip().splitlines()]
    return {spelling: line[0] for line in lines for spelling in line}


def _sharing(text: str, found: list[Found]) -> list[Found]:
    """Numbers in a row with what the last of them counts: both of 60 x 40 cm are centimetres.

    Those that are priced or are percentages share only in a range, 10 to 20 %.
    """
    shared = list(found)
    for place in range(len(shared) - 2, -1, -1):
        one, following = shared[place], shared[place + 1]
        between = text[one.end : following.start]
        if (
            len(between) > 6
            or one.kind != "number"
            or any(key == "token" for key, _ in one.meanings)
        ):
            continue
        values = [value for value, unit in one.meanings if unit is None]
        counted = {unit for _, unit in following.meanings} - {None, ANYTHING}
        if following.kind == "number" and _ROW.fullmatch(between):
            more = {(value, unit) for value in values for unit in counted}
            shared[place] = replace(one, meanings=one.meanings | more)
        elif following.kind in ("price", "percentage") and _RANGE.fullmatch(between):
            more = {(value, unit) for value in values for unit in counted}
            shared[place] = replace(one, kind=following.kind, meanings=frozenset(more))
    return shared
