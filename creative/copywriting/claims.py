"""What a text claims: its numbers, prices, ratings, percentages, discounts and superlatives."""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise

from creative.copywriting.amounts import Found, Kind, OwnCurrency, amounts_in, readings
from creative.copywriting.claim_words import DISCOUNTS, NO_DISCOUNT_IN, RATINGS, SUPERLATIVES
from creative.copywriting.folding import Folded

_WORD = re.compile(r"[^\W_]+")
_SHORTEST_STEM = 3
_STEM = 4
_ENDINGS = ("e", "er", "es", "en", "em")
_INFLECTED = re.compile(r"(?:e[rsnm]|es|as|os|[aeios])$")
_OUT_OF = re.compile(
    r"(?<![\d.,])(?P<value>\d{1,3}(?:[.,]\d{1,2})?)\s?(?:/|out of|von|sur|de|su|van de|van|uit)\s?"
    r"(?P<best>5|10)(?![\d/%]|[.,]\d)"
)
_DIGIT = re.compile(r"\d")
_STARS = re.compile("[★⭐🌟☆✩]{2,20}")
_ONE = re.compile(r"(?<!\d)(?<!\d[.,])1(?![\w%]|[.,]\d)")
_NUMBERED = re.compile(
    r"(?:#\s?|(?<![^\W_])(?:n[.°]\s?|(?:no|nr|num|number|nummer|numero)[\s.°]{0,2}))$"
)
_AMOUNT_OFF = re.compile(
    r"(?<![\d.,])\d[\d.,]{0,12}\s?(?:%|percent|per cent|[^\W\d_]{1,5}|[€$£¥₹])\s?"
    r"(?:off|less|weniger|moins|menos|meno|minder)(?![^\W_])"
)
_MONEY_OFF = re.compile(r"[€$£¥₹]\s?\d[\d.,]{0,12}\s?off(?![^\W_])")
_MINUS = re.compile(r"(?<![\w%.,)])[-−–]\s?\d[\d.,]{0,12}\s?%")
_TWO_FOR_ONE = re.compile(
    r"(?<![\w.,])(?:\d\s?(?:for|fur|pour|por|per|voor)\s?\d|[23]x[12])(?![\w%]|[.,]\d)"
)


def claims_in(folded: Folded, language: str, own: OwnCurrency | None) -> list[Found]:
    """Everything that a text claims, in its order.

    A number that belongs to a rating, to "No. 1" or to "2 for 1" is told once, as that.

    Args:
        folded: the text.
        language: that of the page, such as "de"; it decides what a few words mean.
        own: the product's own currency.
    """
    text = folded.text
    found = [*_stars(text), *_phrases(text, language)]
    if _DIGIT.search(text):
        whole = [*_ratings(text), *_in_patterns(text)]
        spans = sorted((one.start, one.end) for one in whole)
        amounts = amounts_in(folded, language, own)
        found += whole + [one for one in amounts if not _is_within(one, spans)]
        found += (
            Found("discount", match.start(), match.end(), frozenset({("discount", "off")}))
            for pattern in (_AMOUNT_OFF, _MONEY_OFF, _MINUS)
            for match in pattern.finditer(text)
        )
    else:
        found += amounts_in(folded, language, own)
    return sorted(found, key=lambda one: (one.start, one.end))


def _is_within(one: Found, spans: list[tuple[int, int]]) -> bool:
    place = bisect(spans, (one.start, float("inf")))
    return place > 0 and one.start < spans[place - 1][1]


def _ratings(text: str) -> Iterator[Found]:
    for match in _OUT_OF.finditer(text):
        best = Fraction(match["best"])
        values = {value for value in readings(match["value"]) if value <= best}
        if values:
            meanings = frozenset((value, best) for value in values)
            yield Found("rating", match.start(), match.end(), meanings)


def _stars(text: str) -> Iterator[Found]:
    for match in _STARS.finditer(text):
        filled = sum(sign in "★⭐🌟" for sign in match[0])
        meanings = frozenset({(Fraction(filled), Fraction(5))})
        yield Found("rating", match.start(), match.end(), meanings)


def _in_patterns(text: str) -> Iterator[Found]:
    for one in _ONE.finditer(text):
        if numbered := _NUMBERED.search(text, max(0, one.start() - 9), one.start()):
            meanings = frozenset({("superlative", "number one")})
            yield Found("superlative", numbered.start(), one.end(), meanings)
    for match in _TWO_FOR_ONE.finditer(text):
        first, second = (digit for digit in match[0] if digit.isdigit())
        yield Found("discount", match.start(), match.end(), frozenset({(first, second)}))


def _phrases(text: str, language: str) -> Iterator[Found]:
    beginning, prefixes = _vocabulary()
    all_words = _WORD.findall(text)
    stems = [word[:_STEM] for word in all_words]
    if beginning.keys().isdisjoint(all_words) and prefixes.keys().isdisjoint(stems):
        return
    words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]
    free_until = 0
    for place, (word, start, end) in enumerate(words):
        if place < free_until:
            continue
        for kind, phrase in beginning.get(word, ()):
            said = words[place : place + len(phrase)]
            if (
                len(said) == len(phrase)
                and _agree(phrase, said)
                and not _elsewhere(phrase, language)
            ):
                key = _key(said)
                yield Found(kind, start, said[-1][2], frozenset({(kind, key)}))
                free_until = place + len(phrase)
                break
        else:
            for prefix, kind in prefixes.get(word[:_STEM], ()):
                if word.startswith(prefix):
                    yield Found(kind, start, end, frozenset({(kind, prefix)}))
                    break


def _agree(phrase: tuple[str, ...], said: list[tuple[str, int, int]]) -> bool:
    """Whether the words are those of the phrase, side by side but for a sign or two."""
    close = all(after[1] - one[2] <= 2 for one, after in pairwise(said))
    return close and all(
        wanted in ("_", one[0]) or (wanted[-1] == "*" and one[0].startswith(wanted[:-1]))
        for wanted, one in zip(phrase, said, strict=True)
    )


def _elsewhere(phrase: tuple[str, ...], language: str) -> bool:
    return language in NO_DISCOUNT_IN.get(" ".join(phrase), ())


def _key(said: list[tuple[str, int, int]]) -> str:
    words = " ".join(one[0] for one in said)
    return "number one" if words in _NUMBER_ONES else " ".join(_stem(one[0]) for one in said)


def _stem(word: str) -> str:
    """A word without its ending, so that "beste" on a page supports "bester"."""
    bare = _INFLECTED.sub("", word)
    return bare if len(bare) >= _SHORTEST_STEM else word


_NUMBER_ONES = ("number one", "nummer eins", "numero un", "numero uno", "nummer een")


_Phrases = dict[str, list[tuple[Kind, tuple[str, ...]]]]
_Prefixes = dict[str, list[tuple[str, Kind]]]


@cache
def _vocabulary() -> tuple[_Phrases, _Prefixes]:
    """The phrases by their first word, the longest first; prefixes by their first four letters."""
    lists: Iterable[tuple[Kind, str]] = (
        ("discount", DISCOUNTS),
        ("rating", RATINGS),
        ("superlative", SUPERLATIVES),
    )
    beginning: _Phrases = {}
    prefixes: _Prefixes = {}
    for kind, entries in lists:
        for entry in entries.replace("\n", " ").split(";"):
            phrase = tuple(entry.split())
            if phrase and phrase[0].endswith("+"):
                for ending in _ENDINGS:
                    word = phrase[0][:-1] + ending
                    beginning.setdefault(word, []).append((kind, (word,)))
            elif len(phrase) == 1 and phrase[0].endswith("*"):
                prefixes.setdefault(phrase[0][:_STEM], []).append((phrase[0][:-1], kind))
            elif phrase:
                beginning.setdefault(phrase[0], []).append((kind, phrase))
    for phrases in beginning.values():
        phrases.sort(key=lambda one: -len(one[1]))
    return beginning, prefixes
