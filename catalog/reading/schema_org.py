"""schema.org items, in whatever syntax they were written → the products that they describe.

The vocabulary: https://schema.org/Product, https://schema.org/Offer, and its forerunner
data-vocabulary.org, whose names for an offer differ.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from catalog.reading.candidate import Candidate
from catalog.reading.items import Item, addresses, listed, named, normal, text_of, type_names
from catalog.reading.json_ld import MAX_DEPTH

_PRODUCTS = frozenset("product productgroup productmodel individualproduct someproducts".split())
_SOLD_LIKE_PRODUCTS = frozenset(
    "vehicle car motorcycle bicycle boat book audiobook musicalbum videogame event musicevent "
    "theaterevent sportsevent softwareapplication mobileapplication service apartment house "
    "accommodation residence singlefamilyresidence realestatelisting course menuitem trip "
    "touristtrip drug creativework".split()
)
_NEIGHBOURS = frozenset(
    "isrelatedto issimilarto isaccessoryorsparepartfor isconsumablefor itemlistelement review "
    "reviews breadcrumb hasvariant isvariantof itemreviewed additionalproperty "
    "aggregaterating hasoffercatalog containsplace subevent superevent".split()
)
_FORMER_PRICES = re.compile("list|strike|msrp|srp|suggested|regular|minimumadvertised", re.I)
_MOST_PRODUCTS = 200
_MOST_IMAGES = 100
_LONGEST_NAME = 400
_LONGEST_DESCRIPTION = 20_000


def products(items: Iterable[Any], syntax: str, url: str) -> list[Candidate]:
    """Every product that the items describe, those of neighbours left out, in page order.

    Of variants and offers, those that the page's address names come first.
    """
    found: list[Candidate] = []
    for item in items:
        for product in _products(normal(item)):
            found.append(_candidate(product, syntax, url))
            if len(found) >= _MOST_PRODUCTS:
                return found
    return found


def _products(value: Any, depth: int = 0) -> Iterator[Item]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _products(entry, depth + 1)
    elif isinstance(value, Mapping):
        types = type_names(value)
        if types & _PRODUCTS or (types & _SOLD_LIKE_PRODUCTS and _offers(value)):
            yield value
            return
        offered = listed(value.get("itemoffered"))
        is_offer = bool(types & {"offer", "aggregateoffer"})
        if is_offer and len(offered) == 1 and isinstance(offered[0], Mapping):
            rest = {key: entry for key, entry in value.items() if key != "itemoffered"}
            yield {**offered[0], "offers": [rest, *listed(offered[0].get("offers"))]}
            return
        for key, entry in value.items():
            if key not in _NEIGHBOURS:
                yield from _products(entry, depth + 1)


def _candidate(product: Item, syntax: str, url: str) -> Candidate:
    variants = [entry for entry in listed(product.get("hasvariant")) if isinstance(entry, Mapping)]
    whole = [product, *variants]
    chosen = [entry for entry in variants if _is_named_by(entry, url)]
    offers = [offer for entry in (*chosen, *whole) for offer in _offers(entry)]
    offers = sorted(offers, key=lambda offer: not _is_named_by(offer, url))
    prices, former = _prices(offers)
    return Candidate(
        read_from=syntax,
        title=_bounded(_first(text_of(entry.get("name")) for entry in whole), _LONGEST_NAME),
        description=_bounded(
            _first(text_of(entry.get("description")) for entry in whole), _LONGEST_DESCRIPTION
        ),
        brand=_first(_brand(entry) for entry in whole),
        category=_bounded(_first(_category(entry) for entry in whole), _LONGEST_NAME),
        prices=tuple(dict.fromkeys(prices or _texts(product, "price", "lowprice"))),
        list_prices=tuple(dict.fromkeys(former)),
        currency=_first(
            text_of(entry.get(name))
            for entry in (*offers, *_specifications(offers), product)
            for name in ("pricecurrency", "currency")
        ),
        availability=_availability(offers, product),
        images=tuple(
            dict.fromkeys(
                address for entry in (*chosen, *whole) for address in _product_images(entry)
            )
        )[:_MOST_IMAGES],
        urls=tuple(
            address
            for entry in (product, *offers)
            for name in ("url", "@id", "mainentityofpage")
            for address in addresses(entry.get(name))
        ),
        has_offer=bool(offers),
    )


def _is_named_by(entry: Item, url: str) -> bool:
    """Whether a page's address picks this variant or offer: by its own address, or its number."""
    parts = urlsplit(url)
    chosen = {value for _, value in parse_qsl(parts.query)} | {parts.fragment} - {""}
    if any(text_of(entry.get(name)) in chosen for name in ("sku", "mpn", "productid", "@id")):
        return True
    for address in addresses(entry.get("url")):
        try:
            query = urlsplit(address).query
        except ValueError:
            continue
        if query and parts.query and set(parse_qsl(query)) <= set(parse_qsl(parts.query)):
            return True
    return False


def _bounded(text: str | None, longest: int) -> str | None:
    return text[:longest].strip() if text else None


def _offers(product: Item, depth: int = 0) -> list[Item]:
    found: list[Item] = []
    if depth > 3:
        return found
    for name in ("offers", "offer", "offerdetails"):
        for entry in listed(product.get(name)):
            if isinstance(entry, Mapping):
                found.append(entry)
                found += _offers(entry, depth + 1)
            elif isinstance(entry, str | int | float) and text_of(entry):
                found.append({"price": entry})
    return found


def _specifications(offers: Iterable[Item]) -> list[Item]:
    return [
        entry
        for offer in offers
        for entry in listed(offer.get("pricespecification"))
        if isinstance(entry, Mapping)
    ]


def _prices(offers: list[Item]) -> tuple[list[str], list[str]]:
    prices: list[str] = []
    former: dict[str, None] = {}
    highest: list[str] = []
    in_stock = [offer for offer in offers if not _is_sold_out(offer)]
    for offer in in_stock + [offer for offer in offers if _is_sold_out(offer)]:
        specifications = _specifications([offer])
        for entry in specifications:
            if _FORMER_PRICES.search(str(entry.get("pricetype") or "")):
                former |= dict.fromkeys(_texts(entry, "price"))
        prices += _texts(offer, "price")
        prices += [
            price
            for entry in sorted(specifications, key=_distance_from_price)
            if "validformembertier" not in entry
            for price in _texts(entry, "price", "minprice")
            if price not in former
        ]
        prices += _texts(offer, "lowprice")
        if "price" in offer:
            former |= dict.fromkeys(_texts(offer, "highprice"))
        else:
            highest += _texts(offer, "highprice")
    return prices + highest, list(former)


def _distance_from_price(specification: Item) -> int:
    if "referencequantity" in specification or "billingduration" in specification:
        return 2
    return 0 if "sale" in str(specification.get("pricetype") or "").lower() else 1


def _is_sold_out(offer: Item) -> bool:
    written = (text_of(offer.get("availability")) or "").lower()
    return any(sign in written for sign in ("outofstock", "soldout", "discontinued"))


def _availability(offers: list[Item], product: Item) -> str | None:
    in_stock = [offer for offer in offers if not _is_sold_out(offer)]
    for entry in (*in_stock, *offers, product):
        for written in listed(entry.get("availability")):
            found = text_of(written.get("@id")) if isinstance(written, Mapping) else None
            if found := found or text_of(written):
                return found
    return None


def _brand(product: Item) -> str | None:
    return _first(named(product.get(name)) for name in ("brand", "manufacturer"))


def _category(product: Item) -> str | None:
    kind = named(product.get("category"))
    return kind if kind and any(sign.isalpha() for sign in kind) else None


def _product_images(product: Item) -> Iterator[str]:
    for name in ("image", "images", "photo", "primaryimageofpage"):
        yield from addresses(product.get(name))


def _texts(item: Item, *names: str) -> list[str]:
    values = (entry for name in names for entry in listed(item.get(name)))
    return [text for value in values if (text := text_of(value))]


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
