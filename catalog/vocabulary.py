"""The words that the records use for what shops write in many ways."""

import re

from babel.numbers import get_territory_currencies, is_currency

AVAILABILITIES = ("in_stock", "out_of_stock", "preorder", "backorder", "discontinued")
_AVAILABILITY = {
    # schema.org ItemAvailability
    "instock": "in_stock", "onlineonly": "in_stock", "instoreonly": "in_stock",
    "limitedavailability": "in_stock", "outofstock": "out_of_stock", "soldout": "out_of_stock",
    "reserved": "out_of_stock", "preorder": "preorder", "presale": "preorder",
    "backorder": "backorder", "madetoorder": "backorder", "discontinued": "discontinued",
    # Google Merchant's former words, OpenGraph's, and what shops write besides
    "available": "in_stock", "availablefororder": "in_stock", "oos": "out_of_stock",
    "true": "in_stock", "unavailable": "out_of_stock", "notavailable": "out_of_stock",
    "pending": "preorder", "backordered": "backorder",
}  # fmt: skip
_LONGEST_WORD = 100

# A sign stands for its first currency unless a country that uses another of them is known.
SIGNS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "eur": ("EUR",), "euro": ("EUR",), "euros": ("EUR",), "£": ("GBP", "EGP"),
    "us$": ("USD",), "us $": ("USD",), "u.s. $": ("USD",), "c$": ("CAD",), "ca$": ("CAD",),
    "a$": ("AUD",), "au$": ("AUD",), "au $": ("AUD",), "nz$": ("NZD",), "hk$": ("HKD",),
    "s$": ("SGD",), "nt$": ("TWD",), "r$": ("BRL",), "mx$": ("MXN",), "clp$": ("CLP",),
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "CLP", "COP", "ARS", "SGD", "HKD", "TWD", "UYU",
          "DOP", "BBD", "JMD", "TTD", "BSD", "BZD", "FJD", "NAD", "PYG"),
    "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "円": ("JPY",), "元": ("CNY", "TWD"),
    "rmb": ("CNY",),
    "₹": ("INR",), "rs.": ("INR", "PKR", "LKR", "NPR", "MUR"), "rs": ("INR", "PKR", "LKR", "NPR"),
    "₽": ("RUB",), "руб.": ("RUB", "BYN"), "руб": ("RUB", "BYN"), "р.": ("RUB", "BYN"),
    "rub": ("RUB",), "rur": ("RUB",), "₴": ("UAH",), "грн": ("UAH",), "грн.": ("UAH",),
    "₸": ("KZT",), "тг": ("KZT",), "₩": ("KRW",), "원": ("KRW",), "₫": ("VND",), "đ": ("VND",),
    "฿": ("THB",), "บาท": ("THB",), "₺": ("TRY",), "tl": ("TRY",), "₪": ("ILS",), "ש\"ח": ("ILS",),
    "₱": ("PHP",), "₦": ("NGN",), "₵": ("GHS",), "₡": ("CRC",), "rp": ("IDR",), "rm": ("MYR",),
    "zł": ("PLN",), "zl": ("PLN",), "kč": ("CZK",), "kc": ("CZK",), "ft": ("HUF",),
    "lei": ("RON", "MDL"), "lv": ("BGN",), "лв": ("BGN",), "лв.": ("BGN",), "kn": ("HRK",),
    "din": ("RSD",), "din.": ("RSD",), "дин": ("RSD",), "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "NOK", "SEK", "ISK"), ":-": ("SEK", "NOK"), "fr.": ("CHF",), "sfr.": ("CHF",),
    "r": ("ZAR",), "s/": ("PEN",), "s/.": ("PEN",), "bs": ("BOB", "VES"), "q": ("GTQ",),
    "ر.س": ("SAR",), "ريال": ("SAR", "QAR", "OMR"), "د.إ": ("AED",), "درهم": ("AED", "MAD"),
    "ج.م": ("EGP",), "جنيه": ("EGP",), "تومان": ("IRR",), "ریال": ("IRR",), "د.ك": ("KWD",),
    "dhs": ("AED", "MAD"), "dh": ("MAD", "AED"), "ksh": ("KES",), "₾": ("GEL",), "դր": ("AMD",),
    "₼": ("AZN",), "৳": ("BDT",), "₲": ("PYG",), "km": ("BAM",), "ден": ("MKD",),
    "₨": ("INR", "PKR", "LKR", "NPR"), "fr": ("CHF",), "u$s": ("USD",), "sg$": ("SGD",),
    "cn¥": ("CNY",), "jp¥": ("JPY",), "kd": ("KWD",), "bd": ("BHD",), "jd": ("JOD",),
    "dt": ("TND",), "د.ب": ("BHD",), "د.أ": ("JOD",), "د.ا": ("JOD",), "د.ت": ("TND",),
    "ر.ع": ("OMR",), "ر.ق": ("QAR",),
}  # fmt: skip
_FORMER = {"RUR": "RUB", "TRL": "TRY", "ROL": "RON", "NTD": "TWD", "RMB": "CNY", "GBX": "GBP"}
_NO_MONEY = frozenset({"XXX", "XTS"})  # ISO 4217's codes for none and for tests
_NO_DEFAULT = frozenset({"kr"})


def availability(written: str | None) -> str | None:
    """One of `AVAILABILITIES`, from a spelling of schema.org's or Google Merchant's.

    `https://schema.org/InStock`, `InStock`, `in_stock` and `in stock` are the same word. None for
    one that is not known. Sources: schema.org/ItemAvailability, Google Merchant's product data
    specification (`availability`).
    """
    if written is None or len(written) > _LONGEST_WORD:
        return None
    word = re.split(r"[/#]", written.strip().rstrip("/"))[-1].casefold()
    return _AVAILABILITY.get(re.sub(r"[\W_]+", "", word))


def currency(written: str | None, territory: str | None = None) -> str | None:
    """A currency's code (ISO 4217), from the code itself or from a symbol.

    A symbol of several currencies (`$`, `kr`) is that of `territory` (ISO 3166, such as `CA`)
    where it uses one of them, else the most usual one; `kr` alone has no such default. None for
    what is not known.
    """
    codes = currencies(written)
    if not codes:
        return None
    local = get_territory_currencies(territory) if territory else []
    for code in codes:
        if code in local:
            return code
    return None if str(written).strip().rstrip(".").casefold() in _NO_DEFAULT else codes[0]


def currencies(written: str | None) -> tuple[str, ...]:
    """Every currency that a code or a symbol may stand for, the most usual one first."""
    if written is None or len(written) > _LONGEST_WORD:
        return ()
    word = written.strip().casefold()
    code = _FORMER.get(word.upper(), word.upper())
    if len(code) == 3 and code.isascii() and is_currency(code) and code not in _NO_MONEY:
        return (code,)
    return SIGNS.get(word) or SIGNS.get(word.rstrip(".")) or ()


def signs_of(code: str) -> tuple[str, ...]:
    """Every sign that may stand for a currency, in lower case, such as `kr` and `kr.` for SEK."""
    return tuple(sign for sign, codes in SIGNS.items() if code in codes)
