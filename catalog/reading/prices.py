"""Prices as shops write them → amounts and ISO 4217 currencies."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.numbers import get_currency_precision
from price_parser import Price

from catalog.vocabulary import SIGNS, currencies

_CODES = (
    "EUR USD GBP CHF PLN CZK HUF RON BGN SEK NOK DKK ISK RUB UAH KZT TRY ILS AED SAR QAR KWD BHD "
    "OMR EGP MAD ZAR NGN KES GHS INR PKR BDT LKR NPR IDR MYR SGD PHP THB VND JPY CNY HKD TWD KRW "
    "AUD NZD CAD MXN BRL ARS CLP COP PEN UYU RSD BAM MKD ALL HRK GEL AMD AZN BYN MDL TND DZD JOD"
).split()
# Read where three decimals say that they are dinars, for others are products: DT 770, 10 BD.
_DINARS = ("kd", "bd", "jd", "dt")
_SIGN = "|".join(
    sorted(
        (
            rf"(?<!\w){re.escape(sign)}" if sign[0].isascii() and sign[0].isalpha()
            else re.escape(sign)
            for sign in (*SIGNS, *(code.lower() for code in _CODES))
            if sign not in (":-", "r", "q", "km", *_DINARS)
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
            if sign not in ("r", "q", "s/", "s/.", *_DINARS)
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
_MILLS = rf"\d+(?:(?:{_SPACE}|[.,'])\d{{3}})*[.,]\d{{3}}"
_MONEY = re.compile(
    rf"(?P<before>{_SIGN}){_SPACE}{{0,2}}(?P<number>{NUMBER})|"
    rf"(?P<number_first>{NUMBER})(?:[.,]?[-–—]+)?{_SPACE}{{0,2}}(?P<after>{_AFTER})|"
    rf"(?<!\w)(?P<dinar>[kbj]d){_SPACE}?(?P<mills>{_MILLS}(?!\d))|"
    rf"(?P<mills_first>{_MILLS}){_SPACE}?(?P<dinar_after>[kbj]d|dt)(?!\w)|"
    rf"(?<!\w)[rRqQ]{_SPACE}?(?P<rand>{NUMBER})|(?P<dashed>{NUMBER})[.,][-–—](?!\d)",
    re.IGNORECASE,
)
_NUMBERS = ("number", "number_first", "mills", "mills_first", "rand", "dashed")
_SIGNS = ("before", "after", "dinar", "dinar_after")
_BARE = re.compile(rf"^\D{{0,3}}?(?P<number>{NUMBER})(?:[.,]?[-–—]+|:-)?\W{{0,3}}$")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_THREE_LAST = re.compile(r"[.,]\d{3}$")
_COMMA_IS_DECIMAL = frozenset({"TND"})
_LONGEST = 200
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
def find_money(text: str, likely: tuple[str, ...] = ()) -> tuple[Money, ...]:
    """Every amount in a text that has a currency's sign or code beside it.

    The answers for short texts are kept, because nested parts of a page repeat each other.

    Args:
        text: what is read.
        likely: the currencies of the page, for signs that several share.
    """
    if not _DIGIT.search(text):
        return ()
    found = []
    for match in _MONEY.finditer(plain_digits(text)):
        number = next(match[name] for name in _NUMBERS if match[name])
        sign = next((match[name] for name in _SIGNS if match[name]), None)
        sign = sign or (match["rand"] and match.group()[0])
        meant = currencies(sign)
        amount = read_amount(number, [code for code in likely if code in meant][:1] or meant)
        if amount is not None:
            found.append(Money(amount, sign.lower() if sign else None, match.start(), match.end()))
    return tuple(found)


def bare_number(text: str, likely: tuple[str, ...] = ()) -> Decimal | None:
    """The amount of a text that holds one number and hardly more, in the likeliest currency."""
    match = _BARE.match(plain_digits(text).strip())
    return read_amount(match["number"], likely[:1]) if match else None


def read_amount(text: str, codes: Sequence[str] = ()) -> Decimal | None:
    """A number with whatever separators, by price-parser; None unless it is above 0.

    Three digits behind the last separator are thousands, but for a point (and a comma, in Tunisia)
    where each of the currencies `codes` has three decimals, or where zero stands before it.
    """
    separator = None
    last = _THREE_LAST.search(text)
    if last and text.count(last[0][0]) == 1:
        in_mills = bool(codes) and all(get_currency_precision(code) == 3 for code in codes)
        if last[0][0] == ".":
            separator = "." if in_mills or text == f"0{last[0]}" else None
        elif in_mills and _COMMA_IS_DECIMAL.issuperset(codes):
            separator = ","
    amount: Decimal | None = Price.fromstring(text, decimal_separator=separator).amount
    return amount if amount is not None and 0 < amount < _LARGEST else None


def read_marked_up(text: str, likely: tuple[str, ...] = ()) -> list[Money]:
    """A price from markup, where a decimal point is the rule: its possible meanings, best first.

    A point before three digits separates thousands there too, for hardly a price has mills, unless
    its currency has them.

    Args:
        text: the price as written.
        likely: the currencies that it may be in, the one that the markup names first.
    """
    text = plain_digits(text[:_LONGEST]).strip()
    signed = next(iter(find_money(text, likely)), None)
    found: list[Money] = []
    try:
        plain: Decimal | None = Decimal(text)
    except InvalidOperation:
        plain = None
    if plain is not None and plain.is_finite() and 0 < plain < _LARGEST:
        found.append(Money(plain, None))
    read = read_amount(text, likely[:1])
    if _THOUSANDS.fullmatch(text) and read is not None:
        found.insert(0, Money(read, None))
    if signed is not None:
        found.append(signed)
    elif read is not None and any(sign.isdigit() for sign in text):
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
