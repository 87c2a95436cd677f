"""A saved page and its address → the product that the page is about."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import NoReturn
from urllib.parse import urljoin

from babel.core import Locale, UnknownLocaleError
from babel.numbers import is_currency
from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from price_parser import Price
from w3lib.encoding import html_to_unicode

from catalog.errors import BotWall, NotAProductPage
from catalog.markup import Candidate, candidates
from catalog.plain_html import page_images, plain_html_candidate
from catalog.product import ScrapedProduct

_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "zł": "PLN", "Kč": "CZK"}
_AVAILABILITY = {
    "instock": "in_stock", "in stock": "in_stock", "available": "in_stock",
    "onlineonly": "in_stock", "limitedavailability": "in_stock", "instoreonly": "in_stock",
    "outofstock": "out_of_stock", "out of stock": "out_of_stock", "oos": "out_of_stock",
    "soldout": "out_of_stock", "preorder": "preorder", "presale": "preorder",
    "backorder": "backorder", "discontinued": "discontinued",
}  # fmt: skip
_WALL_TITLES = (
    "just a moment", "attention required", "access denied", "robot check", "are you a robot",
    "are you human", "pardon our interruption", "security check", "please verify",
    "captcha", "bot verification", "human verification",
)  # fmt: skip
_WALL_TEXTS = (
    "checking your browser", "verify you are human", "enable javascript and cookies to continue",
    "unusual traffic", "press and hold", "complete the security check",
)  # fmt: skip
_LONGEST_WALL = 3_000


def parse_product(html: bytes, url: str, content_type: str | None = None) -> ScrapedProduct:
    """Read the product that a page is about.

    Each field comes from the first of JSON-LD, microdata, RDFa, OpenGraph and plain HTML that
    has it; `read_from` says which. Addresses are made absolute, against `<base>` where the page
    has one.

    Raises:
        BotWall: the page is a check for robots.
        NotAProductPage: no product is described on it.
    """
    _, text = html_to_unicode(content_type, html)
    text = text.replace("\x00", "")
    try:
        page: HtmlElement = document_fromstring(text.encode(), parser=HTMLParser(encoding="utf-8"))
    except (ParserError, ValueError):
        raise NotAProductPage(url, "The page is empty.") from None
    base = urljoin(url, next(iter(page.xpath("//base/@href")), ""))
    found = list(candidates(text, base)) or plain_html_candidate(page)
    title = _first(found, "title")
    if title is None:
        _raise_why_not(page, url)
    price, currency = _price(found)
    images = _absolute(_images(found) or page_images(page), base)
    fields = ("title", "description", "brand", "price", "images")
    return ScrapedProduct(
        url=url,
        title=title,
        description=_first(found, "description") or _meta_description(page),
        brand=_first(found, "brand"),
        price=price,
        currency=currency,
        availability=_availability(_first(found, "availability")),
        locale=_locale(page),
        image_urls=tuple(images),
        read_from={
            name: candidate.read_from
            for name in fields
            if (candidate := next((each for each in found if getattr(each, name)), None))
        },
    )


def _first(found: Sequence[Candidate], field: str) -> str | None:
    return next((value for each in found if (value := getattr(each, field))), None)


def _price(found: Sequence[Candidate]) -> tuple[Decimal | None, str | None]:
    for candidate in found:
        if candidate.price is None:
            continue
        try:
            amount: Decimal | None = Decimal(candidate.price)
            symbol = None
        except InvalidOperation:
            parsed = Price.fromstring(candidate.price, currency_hint=candidate.currency)
            amount, symbol = parsed.amount, parsed.currency
        if amount is not None and amount.is_finite() and amount > 0:
            currency = _currency(candidate.currency or symbol) or _currency(
                _first(found, "currency")
            )
            return amount, currency
    return None, None


def _currency(written: str | None) -> str | None:
    if written is None:
        return None
    code = _SYMBOLS.get(written.strip(), written.strip().upper())
    return code if is_currency(code) else None


def _availability(written: str | None) -> str | None:
    if written is None:
        return None
    return _AVAILABILITY.get(written.rsplit("/", 1)[-1].strip().lower())


def _locale(page: HtmlElement) -> str | None:
    written = next(iter(page.xpath("/html/@lang")), "").strip()
    try:
        locale = Locale.parse(written.replace("_", "-"), sep="-") if written else None
    except (ValueError, UnknownLocaleError):
        return None
    if locale is None:
        return None
    return f"{locale.language}-{locale.territory}" if locale.territory else str(locale.language)


def _images(found: Sequence[Candidate]) -> list[str]:
    return next((list(each.images) for each in found if each.images), [])


def _absolute(addresses: Sequence[str], base: str) -> list[str]:
    joined = (urljoin(base, address.strip()) for address in addresses)
    return list(dict.fromkeys(url for url in joined if url.startswith(("http://", "https://"))))


def _meta_description(page: HtmlElement) -> str | None:
    written = " ".join(next(iter(page.xpath("//meta[@name='description']/@content")), "").split())
    return written or None


def _raise_why_not(page: HtmlElement, url: str) -> NoReturn:
    title = " ".join(page.xpath("string(//title)").split()).lower()
    text = " ".join(page.text_content().split()).lower()
    told = any(sign in title for sign in _WALL_TITLES)
    shown = len(text) < _LONGEST_WALL and any(sign in text for sign in _WALL_TEXTS)
    if told or shown:
        raise BotWall(
            url,
            "The shop answered with a check for robots in place of the product page; ask the "
            "shop to let this project in, or hand over the product's data instead.",
        )
    raise NotAProductPage(url, "No product was found on the page.")
