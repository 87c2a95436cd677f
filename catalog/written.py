"""What people and systems write in rows and forms: text, prices, languages."""

import html as entities
import re
from decimal import ROUND_HALF_UP, Decimal

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision
from price_parser import Price
from w3lib.html import remove_comments, remove_tags, remove_tags_with_content, replace_tags

from catalog.vocabulary import currencies, currency

HIGHEST_PRICE = Decimal(10) ** 10  # what the records hold: NUMERIC(14, 4)
_MOST_LAYERS = 8
_INLINE = (
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "mark", "q", "s", "small",
    "span", "strong", "sub", "sup", "u", "wbr",
)  # fmt: skip
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_PRICE = re.compile(r"(?P<before>\D*?)(?P<amount>[.,]?\d(?:[\d\s.,'’]*\d)?)(?P<after>\D*)")
_UNGROUPED = re.compile(r"[\s'’](?!\d{3}(?!\d))")
_DASHED_CENTS = re.compile(r"^\s*[.,]?\s*[-–—]+")
_LONGEST_PRICE = 60


def plain_text(written: str) -> str:
    """Text without its HTML: tags and scripts out, entities resolved, white space folded.

    Markup that was escaped, even several times over, counts as markup too.
    """
    text = written
    for _ in range(_MOST_LAYERS):
        bare = remove_comments(entities.unescape(text))
        bare = remove_tags_with_content(bare, ("script", "style"))
        bare = replace_tags(remove_tags(bare, _INLINE), " ")
        if bare == text:
            break
        text = bare
    return " ".join(_INVISIBLE.sub("", text).split())


def read_price(
    written: str, code: str | None = None, territory: str | None = None
) -> tuple[Decimal, str]:
    """An amount and its currency (ISO 4217) from text such as `1299.00 EUR` or `1.299,00 €`.

    The amount is rounded to the decimals that the currency has. A point before exactly three
    digits is a decimal one where the currency has three decimals or the amount begins with zero,
    else it separates thousands.

    Args:
        written: one amount, with its currency unless `code` says it.
        code: the currency, where it is known from elsewhere; the text must not contradict it.
        territory: where the price holds (ISO 3166), which tells one `$` or `kr` from another.

    Raises:
        ValueError: there is not exactly one amount above zero, or not exactly one currency.
    """
    found = _PRICE.fullmatch(written.strip()) if len(written) <= _LONGEST_PRICE else None
    if found is None or re.search(r"[-−–(]", found["before"]) or _UNGROUPED.search(found["amount"]):
        raise ValueError('the price must be one amount above zero, such as "1299.00 EUR"')
    after = _DASHED_CENTS.sub("", found["after"]).lstrip(".,")
    read = _one_currency([found["before"], after], code, territory)
    digits = re.sub(r"[\s'’]", "", found["amount"])
    least = get_currency_precision(read) == 3 or digits.startswith("0")
    separator = "." if least and re.search(r"\.\d{3}$", digits) else None
    return rounded(Price.fromstring(digits, decimal_separator=separator).amount, read), read


def rounded(amount: Decimal | None, code: str) -> Decimal:
    """An amount to the decimals that its currency has.

    Raises:
        ValueError: it is no number above zero, or too high to be recorded.
    """
    if amount is None or not amount.is_finite() or amount <= 0:
        raise ValueError('the price must be one amount above zero, such as "1299.00 EUR"')
    if amount >= HIGHEST_PRICE:
        raise ValueError(f"the price must be below {HIGHEST_PRICE:,}")
    step = Decimal(1).scaleb(-get_currency_precision(code))
    exact = amount.quantize(step, rounding=ROUND_HALF_UP)
    if not exact:
        raise ValueError(f"the price is less than the least amount of {code}")
    return exact


def _one_currency(parts: list[str], code: str | None, territory: str | None) -> str:
    """The currency that every word beside the amount may stand for."""
    words = [word for part in parts for word in part.split()]
    whole = "".join(words)
    possible = [set(currencies(word)) for word in ([whole] if currencies(whole) else words)]
    if code is not None:
        possible.append({code})
    shared = set.intersection(*possible) if possible else set()
    if len(shared) == 1:
        return shared.pop()
    if not words:
        raise ValueError('the price needs its currency, such as "1299.00 EUR"')
    if not all(possible):
        raise ValueError(f'"{whole}" beside the price is no known currency')
    if shared and (likely := currency(whole, territory)):
        return likely
    if shared:
        raise ValueError(f'"{whole}" stands for several currencies: name one, such as "99 SEK"')
    if code is None:
        raise ValueError(f'"{whole}" beside the price names more than one currency')
    raise ValueError(f'"{whole}" beside the price contradicts the currency {code}')


def read_locale(written: str) -> str:
    """A language tag as `de` or `de-DE`: the language and, where it is given, the territory.

    Raises:
        ValueError: no such language or territory is known.
    """
    try:
        locale = Locale.parse(written.strip().replace("_", "-")[:40], sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        raise ValueError("the locale must be a language such as de or de-DE") from None
    return f"{locale.language}-{locale.territory}" if locale.territory else str(locale.language)
