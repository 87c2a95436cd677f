"""The fact guard: what copy claims, and what of it the product's page does not say."""

import re
from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from html import unescape
from math import floor

from babel.numbers import get_currency_precision

from catalog.product import ScrapedProduct
from creative.copywriting.amounts import ANYTHING, Found, Kind, Meaning, OwnCurrency
from creative.copywriting.claims import claims_in
from creative.copywriting.folding import fold
from creative.copywriting.locales import locale_of

# Not after "No." and other abbreviations of two letters.
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3}[.!?])\s+|\n+")

Facts = Set[tuple[Kind, Meaning]]


@dataclass(frozen=True)
class Claim:
    """Something that copy claims: its kind, and its words as they stand in the copy."""

    kind: Kind
    text: str


def unsupported_claims(text: str, product: ScrapedProduct) -> tuple[Claim, ...]:
    """The claims in `text` that the product's data does not say, in the order of the text.

    A number is said by the page where it stands there in any spelling and counts the same: 70 %,
    70 cm and 70 € are three different claims. A discount or a superlative is said where the page
    has the same word, however inflected. The page is the product's title, brand, category,
    description, availability, and its price with its currency.

    What counts as a discount or a superlative is a closed list in six languages
    (`creative.copywriting.claim_words`); spelled-out numbers are those that no other of the six
    languages has another meaning for, or that are the page's own language's.
    """
    language, own = _language(product), _currency(product)
    folded = fold(text)
    found = claims_in(folded, language, own)
    if not found:
        return ()
    facts = _facts(
        (product.title, product.brand, product.category, product.description, product.availability),
        language, product.price, own,
    )  # fmt: skip
    claims = [
        Claim(one.kind, folded.as_written(one.start, one.end))
        for one in found
        if not _is_said(one, facts)
    ]
    return tuple(dict.fromkeys(claims))


def is_price_of(text: str, product: ScrapedProduct) -> bool:
    """Whether `text` tells one price, and that is the product's own."""
    own = _currency(product)
    if product.price is None or not product.price.is_finite() or own is None:
        return False
    prices = [
        one.meanings
        for one in claims_in(fold(text), _language(product), own)
        if one.kind == "price"
    ]
    told = {(value, own.code) for value in _told(product.price, own.code)}
    return len(prices) == 1 and not told.isdisjoint(prices[0])


def _language(product: ScrapedProduct) -> str:
    return (product.locale or "").replace("_", "-").partition("-")[0].casefold()


def _currency(product: ScrapedProduct) -> OwnCurrency | None:
    """The product's currency, and the locale in which its price is written."""
    if not product.currency:
        return None
    return OwnCurrency(product.currency, locale_of(product.locale).replace("-", "_"))


def _told(price: Decimal, code: str) -> set[Fraction]:
    """The values that tell a price: itself, or rounded to the decimals that its currency has."""
    exact, parts = Fraction(price), 10 ** get_currency_precision(code)
    rounded = (round(exact * parts), floor(exact * parts + Fraction(1, 2)))
    return {exact, *(Fraction(whole, parts) for whole in rounded if whole)}


@lru_cache(maxsize=128)
def _facts(
    texts: tuple[str | None, ...], language: str, price: Decimal | None, own: OwnCurrency | None
) -> Facts:
    facts: set[tuple[Kind, Meaning]] = set()
    if price is not None and price.is_finite() and own:
        facts |= {("price", (value, own.code)) for value in _told(price, own.code)}
    for text in texts:
        # Most sentences claim nothing that takes long to look for.
        for sentence in _SENTENCE_END.split(unescape(text or "")):
            for one in claims_in(fold(sentence), language, own):
                facts |= set(_said_by(one))
    return frozenset(facts)


def _said_by(one: Found) -> list[tuple[Kind, Meaning]]:
    said: list[tuple[Kind, Meaning]] = [(one.kind, meaning) for meaning in one.meanings]
    if one.kind == "number":
        said += [("number", (value, ANYTHING)) for value, _ in one.meanings]
    return said + [fact for part in one.parts for fact in _said_by(part)]


def _is_said(one: Found, facts: Facts) -> bool:
    if any((one.kind, meaning) in facts for meaning in one.meanings):
        return True
    return bool(one.parts) and all(_is_said(part, facts) for part in one.parts)
