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

# A symbol stands for its first currency unless a territory that uses another of them is known.
_SYMBOLS = {
    "$": "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP", "£": "GBP EGP", "¥": "JPY CNY",
    "￥": "JPY CNY", "₨": "INR PKR LKR NPR", "rs": "INR PKR LKR NPR", "kr": "SEK NOK DKK ISK",
    "fr": "CHF", "sfr": "CHF", "€": "EUR", "euro": "EUR", "euros": "EUR",
    "us$": "USD", "u$s": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD",
    "nz$": "NZD", "s$": "SGD", "sg$": "SGD", "hk$": "HKD", "nt$": "TWD", "mx$": "MXN",
    "r$": "BRL", "cn¥": "CNY", "jp¥": "JPY", "rmb": "CNY", "元": "CNY", "円": "JPY",
    "₹": "INR", "₩": "KRW", "원": "KRW", "₽": "RUB", "руб": "RUB", "₴": "UAH", "грн": "UAH",
    "₺": "TRY", "tl": "TRY", "₪": "ILS", "₫": "VND", "đ": "VND", "฿": "THB", "₱": "PHP",
    "₦": "NGN", "₸": "KZT", "zł": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON", "лв": "BGN",
    "rp": "IDR", "rm": "MYR",
}  # fmt: skip
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
    word = written.strip()
    if is_currency(word.upper()) and word.upper() not in _NO_MONEY:
        return (word.upper(),)
    return tuple(_SYMBOLS.get(word.rstrip(".").casefold(), "").split())
