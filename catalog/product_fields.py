"""The fields of sources and of handed-over products: what each takes, and what it becomes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import ErrorDetails
from w3lib.url import canonicalize_url, url_query_cleaner

from catalog import written
from catalog.vocabulary import AVAILABILITIES, availability, currency

MAX_URL_LENGTH = 2048
MAX_TITLE_LENGTH = 500
MAX_DESCRIPTION_LENGTH = 10_000
MAX_BRAND_LENGTH = 200
MAX_CATEGORY_LENGTH = 750  # as long as the specification lets `product_type` be
MAX_IMAGES = 100
_LONGEST_MARKUP = 100_000
_OWN_WORDS = {
    "missing": "this is needed",
    "extra_forbidden": "there is no such field",
    "model_attributes_type": "it must be an object",
    "model_type": "it must be an object",
    "dict_type": "it must be an object",
    "list_type": "it must be a list",
}
_TRACKING_PARAMETERS = (
    "utm_source utm_medium utm_campaign utm_term utm_content utm_id gclid gbraid wbraid dclid "
    "fbclid msclkid ttclid twclid yclid igshid mc_cid mc_eid _ga"
).split()


def canonical_url(url: str) -> str:
    """The address under which a product is known: no fragment, no tracking parameters.

    Query parameters are sorted and escapes made uniform, as `w3lib.url.canonicalize_url` does.
    """
    cleaned = url_query_cleaner(url, _TRACKING_PARAMETERS, remove=True)
    return str(canonicalize_url(cleaned))


def complaint(problem: ErrorDetails) -> str:
    """What is wrong with the value of a field, and the value, cut where it is long."""
    value = problem["input"]
    try:
        given = str(value) if isinstance(value, Decimal) else repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        given = "a number of very many digits"
    shown = given if len(given) <= 80 else given[:79] + "…"
    what = _OWN_WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    if problem["loc"] and problem["loc"][-1] == "batch_size":
        what = "the number of previews must be a whole number from 1 to 10"
    if problem["type"] == "missing":
        return f"{what}."
    return f"{what[0].lower()}{what[1:]} (given: {shown})."


def none_when_empty(value: object) -> object:
    """None for text of nothing but white space, which is how forms and rows leave a field out."""
    return None if isinstance(value, str) and not value.strip() else value


def territory_of(locale: object) -> str | None:
    """The territory of `de-DE`; None for `de` and for what is no text."""
    return locale.partition("-")[2] or None if isinstance(locale, str) else None


def _require_http(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or " " in url or not url.isprintable():
        raise ValueError("the address must be a whole one that begins with http:// or https://")
    if len(canonical_url(url)) > MAX_URL_LENGTH:
        raise ValueError(f"the address is longer than {MAX_URL_LENGTH} characters when escaped")
    return url


def _plain(length: int) -> AfterValidator:
    def check(text: str) -> str:
        plain = written.plain_text(text) if len(text) <= _LONGEST_MARKUP else text
        if len(plain) > length:
            raise ValueError(f"the text is longer than {length:,} characters")
        return plain

    return AfterValidator(check)


def _filled(text: str) -> str:
    if not text:
        raise ValueError("the text is empty")
    return text


def _locale(value: object) -> object:
    value = none_when_empty(value)
    return written.read_locale(value) if isinstance(value, str) else value


def _currency(value: object) -> object:
    code = currency(value) if isinstance(value, str) else None
    if code is None and none_when_empty(value) is not None:
        raise ValueError("the currency must be a code of ISO 4217, such as EUR")
    return code


def _price(value: object, info: ValidationInfo) -> object:
    if none_when_empty(value) is None:
        return None
    if "currency" not in info.data:  # it is wrong, which is told already
        return None
    code = info.data["currency"]
    if isinstance(value, str):
        return written.read_price(value, code, territory_of(info.data.get("locale")))[0]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError('the price must be a number, or text such as "1299.00 EUR"')
    if code is None:
        raise ValueError('the price needs its currency, such as "1299.00 EUR"')
    return written.rounded(Decimal(str(value) if isinstance(value, float) else value), code)


def _availability(value: object) -> object:
    word = availability(value) if isinstance(value, str) else None
    if word is None and none_when_empty(value) is not None:
        raise ValueError(f"the availability must be one of {', '.join(AVAILABILITIES)}")
    return word


def _listed(addresses: object) -> object:
    if not isinstance(addresses, Sequence) or isinstance(addresses, str):
        raise ValueError("the pictures must be a list of addresses")
    if not 1 <= len(addresses) <= MAX_IMAGES:
        raise ValueError(f"from 1 to {MAX_IMAGES} pictures are taken, not {len(addresses):,}")
    return addresses


def _each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


WebAddress = Annotated[str, AfterValidator(_require_http), Field(max_length=MAX_URL_LENGTH)]
Title = Annotated[str, _plain(MAX_TITLE_LENGTH), AfterValidator(_filled)]
Description = Annotated[
    Annotated[str, _plain(MAX_DESCRIPTION_LENGTH)] | None, AfterValidator(none_when_empty)
]
Brand = Annotated[Annotated[str, _plain(MAX_BRAND_LENGTH)] | None, AfterValidator(none_when_empty)]
Category = Annotated[
    Annotated[str, _plain(MAX_CATEGORY_LENGTH)] | None, AfterValidator(none_when_empty)
]
LocaleName = Annotated[str | None, BeforeValidator(_locale)]
CurrencyCode = Annotated[str | None, BeforeValidator(_currency)]
# Reads the fields `currency` and `locale` of its model, which have to stand before it.
Price = Annotated[Decimal | None, BeforeValidator(_price)]
Availability = Annotated[str | None, BeforeValidator(_availability)]
ImageUrls = Annotated[
    tuple[WebAddress, ...],
    BeforeValidator(_listed),
    AfterValidator(_each_once),
]
