"""Prices as shops write them → amounts and ISO 4217 currencies."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from price_parser import Price

from catalog.vocabulary import SIGNS, currencies

_CODES = (
    "EUR USD GBP CHF PLN CZK HUF RON BGN SEK NOK DKK ISK RUB UAH KZT TRY ILS AED SAR QAR KWD BHD "
    "OMR EGP MAD ZAR NGN KES GHS INR PKR BDT LKR NPR IDR MYR SGD PHP THB VND JPY CNY HKD TWD KRW "
    "AUD NZD CAD MXN BRL ARS CLP COP PEN UYU RSD BAM MKD ALL HRK GEL AMD AZN BYN MDL TND DZD JOD"
).split()
_SIGN = "|".join(
    sorted(
        (
            rf"(?<!\w){re.escape(sign)}" if sign[0].isascii() and sign[0].isalpha()
            else re.escape(sign)
            for sign in (*SIGNS, *(code.lower() for code in _CODES))
            if sign not in (":-", "r", "q", "km")
        ),
        key=len,
        reverse=True,
    )
)  # fmt: skip
_AFTER = "|".join(
    sorted(
        (
            rf"{re.escape(sign)}(?!\w)" if sign[-1].isalpha() else re.escape(sign)
            for sign in (*SIGNS, *(code.lower() for code in _CODES))
            if sign not in ("r", "q", "s/", "s/.")
        ),
        key=len,
        reverse=True,
    )
)
_SPACE = "[ \u00a0\u2009\u202f]"
NUMBER = (
    rf"\d{{1,3}}(?:(?:{_SPACE}|[.,'’٬])\d{{3}})+(?:[.,٫]\d{{1,2}}(?!\d))?|"
    rf"\d{{1,3}}(?:,\d{{2}})+,\d{{3}}(?:\.\d{{1,2}})?"
    r"|\d+(?:[.,٫]\d{1,3})?(?!\d)"
)
_MONEY = re.compile(
    rf"(?P<before>{_SIGN}){_SPACE}{{0,2}}(?P<number>{NUMBER})|"
    rf"(?P<number_first>{NUMBER})(?:[.,]?[-–—]+)?{_SPACE}{{0,2}}(?P<after>{_AFTER})|"
    rf"(?<!\w)[rRqQ]{_SPACE}?(?P<rand>{NUMBER})|(?P<dashed>{NUMBER})[.,][-–—](?!\d)",
    re.IGNORECASE,
)
_BARE = re.compile(rf"^\D{{0,3}}?(?P<number>{NUMBER})(?:[.,]?[-–—]+|:-)?\W{{0,3}}$")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_DIGIT = re.compile(r"\d")
_LARGEST = Decimal(10) ** 10
_PLAIN_SIGNS = str.maketrans(
    {"＄": "$", "，": ",", "．": ".", "’": "'", "‘": "'", "٬": "'", "٫": "."}
)


@dataclass(frozen=True)
class Money:
    """An amount and the sign or code beside it, with its place in the text that was read."""

    amount: Decimal
    sign: str | None
    start: int = 0
    end: int = 0


@lru_cache(maxsize=4096)
def find_money(text: str) -> tuple[Money, ...]:
    """Every amount in a text that has a currency's sign or code beside it.

    The answers for short texts are kept, because nested parts of a page repeat each other.
    """
    if not _DIGIT.search(text):
        return ()
    found = []
    for match in _MONEY.finditer(plain_digits(text)):
        number = match["number"] or match["number_first"] or match["rand"] or match["dashed"]
        sign = match["before"] or match["after"] or (match["rand"] and match.group()[0])
        amount = read_amount(number)
        if amount is not None:
            found.append(Money(amount, sign.lower() if sign else None, match.start(), match.end()))
    return tuple(found)


def bare_number(text: str) -> Decimal | None:
    """The amount of a text that holds one number and hardly more."""
    match = _BARE.match(plain_digits(text).strip())
    return read_amount(match["number"]) if match else None


def read_amount(text: str) -> Decimal | None:
    """A number with whatever separators, by price-parser; None unless it is above 0."""
    amount: Decimal | None = Price.fromstring(text).amount
    return amount if amount is not None and 0 < amount < _LARGEST else None


def read_marked_up(text: str) -> list[Money]:
    """A price from markup, where a decimal point is the rule: its possible meanings, best first.

    A point before three digits separates thousands there too, for hardly a price has mills.
    """
    text = plain_digits(text).strip()
    signed = next(iter(find_money(text)), None)
    found: list[Money] = []
    try:
        plain: Decimal | None = Decimal(text)
    except InvalidOperation:
        plain = None
    if plain is not None and plain.is_finite() and 0 < plain < _LARGEST:
        found.append(Money(plain, None))
    if _THOUSANDS.fullmatch(text) and (read := read_amount(text)) is not None:
        found.insert(0, Money(read, None))
    if signed is not None:
        found.append(signed)
    elif (read := read_amount(text)) is not None and any(sign.isdigit() for sign in text):
        found.append(Money(read, None))
    return list(dict.fromkeys(found))


def plain_digits(text: str) -> str:
    """The text with the digits of every script written as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(sign)) if sign > "\x7f" and sign.isdigit() else sign
        for sign in text.translate(_PLAIN_SIGNS)
    )


def currency_of(written: str | None, likely: tuple[str, ...] = ()) -> str | None:
    """The ISO 4217 code that a sign, a code or a word stands for; None when it is none.

    Args:
        written: as on the page, such as `€`, `eur`, `RUR` or `kr`.
        likely: the codes that the page's country suggests, for signs that several share.
    """
    choices = currencies(written)
    return next((code for code in likely if code in choices), next(iter(choices), None))
