"""What a page says of itself in markup: schema.org in three syntaxes, and OpenGraph."""

import html as entities
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import extruct
from lxml.html import HtmlElement, fromstring
from w3lib.html import remove_tags

_PRODUCT_TYPES = {"product", "productgroup", "productmodel", "individualproduct", "someproducts"}
_NEIGHBOURS = {
    "isrelatedto", "issimilarto", "isaccessoryorsparepartfor", "isconsumablefor", "itemlistelement",
    "review", "reviews", "breadcrumb", "itemoffered",
}  # fmt: skip
_MAX_DEPTH = 12


@dataclass(frozen=True)
class Candidate:
    """A product as one syntax describes it: raw values by schema.org name, all text."""

    read_from: str
    title: str | None = None
    description: str | None = None
    brand: str | None = None
    price: str | None = None
    currency: str | None = None
    availability: str | None = None
    images: tuple[str, ...] = field(default=())


def candidates(html: str, base: str) -> Iterator[Candidate]:
    """The page's product as each syntax describes it, the most reliable syntax first.

    Addresses in microdata and RDFa are made absolute against `base`; others stay as written.
    """
    for syntax in ("json-ld", "microdata", "rdfa"):
        for item in _items(html, base, syntax):
            product = next(_products(item), None)
            if product is not None:
                yield _from_schema_org(syntax, product)
                break
    yield from _from_opengraph(html)


def _items(html: str, url: str, syntax: str) -> Iterator[Mapping[str, Any]]:
    if syntax == "json-ld":
        for script in _scripts(html):
            yield from _extract(script, url, syntax)
    elif syntax == "rdfa":
        if "schema.org" in html and ("typeof=" in html or "property=" in html):
            yield from _joined_rdfa(_extract(html, url, syntax))
    elif "itemscope" in html:
        yield from _extract(html, url, syntax)


def _scripts(html: str) -> Iterator[str]:
    """Each JSON-LD block as a page of its own, so that a broken one leaves the others readable."""
    for script in fromstring(html).iter("script"):
        if "ld+json" in (script.get("type") or "") and script.text:
            text = script.text.replace("</", "<\\/")
            yield f'<script type="application/ld+json">{text}</script>'


def _extract(html: str, url: str, syntax: str) -> list[Mapping[str, Any]]:
    found = extruct.extract(html, base_url=url, syntaxes=[syntax], uniform=True, errors="ignore")
    return list(found.get(syntax, []))


def _joined_rdfa(items: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """RDFa arrives as a flat list of nodes: short names put in, references followed."""
    nodes = {item["@id"]: item for item in items if "@id" in item}

    def joined(value: Any, depth: int = 0) -> Any:
        if isinstance(value, list):
            return [joined(entry, depth) for entry in value]
        if not isinstance(value, Mapping) or depth > _MAX_DEPTH:
            return value
        if "@value" in value:
            return value["@value"]
        whole = nodes.get(value.get("@id"), value)
        short = {key.rsplit("/", 1)[-1].rsplit("#", 1)[-1]: entry for key, entry in whole.items()}
        types = [str(name).rsplit("/", 1)[-1] for name in _listed(short.get("@type"))]
        if not types and set(short) <= {"@id"}:
            return short.get("@id")
        return {key: joined(entry, depth + 1) for key, entry in short.items()} | {"@type": types}

    return [joined(item) for item in items]


def _products(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _products(entry, depth + 1)
    elif isinstance(value, Mapping):
        types = {str(name).rsplit("/", 1)[-1].lower() for name in _listed(value.get("@type"))}
        if types & _PRODUCT_TYPES:
            yield value
            return
        for key, entry in value.items():
            if key.lower() not in _NEIGHBOURS:
                yield from _products(entry, depth + 1)


def _from_schema_org(syntax: str, product: Mapping[str, Any]) -> Candidate:
    variant = _first_mapping(product.get("hasVariant"))
    offer = _first_mapping(product.get("offers")) or _first_mapping(variant.get("offers"))
    nested = _first_mapping(offer.get("offers"))
    priced = _first_mapping(offer.get("priceSpecification"))
    images = _addresses(product.get("image")) or _addresses(variant.get("image"))
    return Candidate(
        read_from=syntax,
        title=_text(product.get("name")) or _text(variant.get("name")),
        description=_text(product.get("description")) or _text(variant.get("description")),
        brand=_name(product.get("brand")) or _name(variant.get("brand"))
        or _name(product.get("manufacturer")),
        price=_text(offer.get("price")) or _text(offer.get("lowPrice"))
        or _text(priced.get("price")) or _text(nested.get("price")),
        currency=_text(offer.get("priceCurrency")) or _text(priced.get("priceCurrency"))
        or _text(nested.get("priceCurrency")),
        availability=_text(offer.get("availability")) or _text(nested.get("availability")),
        images=tuple(images),
    )  # fmt: skip


def _from_opengraph(html: str) -> Iterator[Candidate]:
    page: HtmlElement = fromstring(html)
    tags: dict[str, list[str]] = {}
    for tag in page.iter("meta"):
        name = (tag.get("property") or tag.get("name") or "").lower()
        content = (tag.get("content") or "").strip()
        if content and name.startswith(("og:", "product:", "twitter:")):
            tags.setdefault(name, []).append(content)

    def first(*names: str) -> str | None:
        return next((_text(tags[name][0]) for name in names if name in tags), None)

    is_product = "product" in (first("og:type") or "").lower()
    price = first("product:sale_price:amount", "product:price:amount", "og:price:amount")
    if is_product or price:
        yield Candidate(
            read_from="opengraph",
            title=first("og:title", "twitter:title"),
            description=first("og:description", "twitter:description"),
            brand=first("product:brand", "og:brand"),
            price=price,
            currency=first(
                "product:sale_price:currency", "product:price:currency", "og:price:currency"
            ),
            availability=first("product:availability", "og:availability"),
            images=tuple(
                dict.fromkeys(
                    tags.get("og:image:secure_url", [])
                    + tags.get("og:image", [])
                    + tags.get("twitter:image", [])
                )
            ),
        )


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _first_mapping(value: Any) -> Mapping[str, Any]:
    return next((entry for entry in _listed(value) if isinstance(entry, Mapping)), {})


def _text(value: Any) -> str | None:
    for entry in _listed(value):
        if isinstance(entry, str | int | float) and not isinstance(entry, bool):
            text = remove_tags(entities.unescape(entities.unescape(str(entry))))
            if folded := " ".join(text.split()):
                return folded
    return None


def _name(value: Any) -> str | None:
    for entry in _listed(value):
        found = _text(entry.get("name")) if isinstance(entry, Mapping) else _text(entry)
        if found:
            return found
    return None


def _addresses(value: Any) -> list[str]:
    found: list[str] = []
    for entry in _listed(value):
        if isinstance(entry, Mapping):
            found += _addresses(entry.get("contentUrl") or entry.get("url") or entry.get("@id"))
        elif isinstance(entry, str) and entry.strip():
            found.append(entry.strip())
    return found
