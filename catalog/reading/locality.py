"""Where a page sells: its language, its country, and the currencies that are likely there."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies

from catalog.reading.document import Document
from catalog.reading.prices import currency_of

_CURRENCY_HINT = re.compile(
    r"[\"'](?:priceCurrency|currency|currency_?code|currencyIsoCode|"
    r"storeCurrency)[\"']\s*[:=,]\s*[\"']([A-Z]{3})[\"']",
    re.IGNORECASE,
)
_GENERIC_SUFFIXES = frozenset(
    "com net org info biz shop store io co tv me ai app dev eu cc fm to ly gg be".split()
) - {"be"}
_TERRITORIES = {"uk": "GB", "su": "RU"}

# Saved pages may be older than a country's change to the euro.
_EURO_CHANGES = date(2005, 1, 1)


def likely_currencies(
    document: Document, meta: Mapping[str, Sequence[str]], stated: Iterable[str | None]
) -> tuple[str, ...]:
    """The currencies that a page's prices may be in (ISO 4217), the likeliest first.

    Args:
        document: the page.
        meta: its meta tags.
        stated: what its markup calls the currency.
    """
    hints = Counter(code.upper() for code in _CURRENCY_HINT.findall(document.html))
    languages = [
        *document.tree.xpath("/html/@lang"),
        *meta.get("og:locale", ()),
        *meta.get("content-language", ()),
    ]
    countries = territories(document.url, languages)
    lands = [code for land in countries if (code := territory_currency(land))]
    lands += [code for land in countries[:1] for code in _currencies_of(land, _EURO_CHANGES)]
    told = (currency_of(code) for code in (*stated, *(code for code, _ in hints.most_common(2))))
    return tuple(dict.fromkeys(code for code in (*told, *lands) if code))


def locale_tag(document: Document, meta: Mapping[str, Sequence[str]]) -> str | None:
    """The page's language and, where it says so, its country: `de` or `de-AT`."""
    written = (*document.tree.xpath("/html/@lang"), *meta.get("og:locale", ()))
    locale = next((found for tag in written if (found := locale_of(tag))), None)
    if locale is None:
        return None
    return f"{locale.language}-{locale.territory}" if locale.territory else str(locale.language)


def territory_currency(territory: str | None) -> str | None:
    """The currency in use in a country, by its ISO 3166 code (Unicode CLDR)."""
    return next(iter(_currencies_of(territory)), None) if territory else None


def _currencies_of(territory: str, since: date | None = None) -> list[str]:
    try:
        return list(get_territory_currencies(territory, start_date=since, end_date=date.today()))
    except (LookupError, ValueError):
        return []


def territories(url: str, languages: Sequence[str]) -> list[str]:
    """The countries that a page's address and its language tags suggest, best first."""
    host = (urlsplit(url).hostname or "").lower()
    suffix = host.rsplit(".", 1)[-1]
    found = []
    if len(suffix) == 2 and suffix not in _GENERIC_SUFFIXES:
        found.append(_TERRITORIES.get(suffix, suffix.upper()))
    path = urlsplit(url).path.lower()
    if match := re.match(r"/[a-z]{2}[-_]([a-z]{2})(?:/|$)", path):
        found.append(_TERRITORIES.get(match[1], match[1].upper()))
    for tag in languages:
        locale = locale_of(tag)
        if locale is not None and locale.territory:
            found.append(locale.territory)
    if label := re.match(r"([a-z]{2})\.", host):
        found.append(_TERRITORIES.get(label[1], label[1].upper()))
    for tag in languages:
        if territory := _HOME.get(tag.split("-")[0].split("_")[0].lower()):
            found.append(territory)
    return [name for name in dict.fromkeys(found) if territory_currency(name)]


# Where a language alone names the country in which most of its shops sell.
_HOME = {
    "ja": "JP", "ko": "KR", "he": "IL", "iw": "IL", "pl": "PL", "cs": "CZ", "sk": "SK", "hu": "HU",
    "ro": "RO", "bg": "BG", "sv": "SE", "da": "DK", "nb": "NO", "no": "NO", "nn": "NO", "fi": "FI",
    "is": "IS", "ru": "RU", "uk": "UA", "tr": "TR", "th": "TH", "vi": "VN", "id": "ID", "de": "DE",
    "fr": "FR", "it": "IT", "nl": "NL", "el": "GR", "lt": "LT", "lv": "LV", "et": "EE", "sl": "SI",
    "hr": "HR", "hi": "IN", "fa": "IR", "kk": "KZ", "ka": "GE", "zh": "CN", "sr": "RS",
}  # fmt: skip


def locale_of(written: str) -> Locale | None:
    """A language tag such as `de-AT` or `en_GB`; None when it is none."""
    try:
        return Locale.parse(written.strip().replace("_", "-"), sep="-") if written.strip() else None
    except (ValueError, UnknownLocaleError):
        return None
