"""A saved page and its address → the product that the page is about."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from catalog.availability import read_availability
from catalog.candidate import Candidate
from catalog.document import Document, read_document
from catalog.errors import CatalogError
from catalog.headings import Titles, is_same_name, main_heading, read_titles, strip_site
from catalog.labels import attribute_candidate, clean_brand, shown_availability, shown_brand
from catalog.markup import candidates, meta_tags
from catalog.no_product import is_error, is_login, is_wall, why_no_product
from catalog.outline import Outline, Part
from catalog.picture_addresses import is_blank, is_decoration
from catalog.pictures import linked_picture, main_picture, merged, shown_pictures
from catalog.price_choice import ChosenPrice, choose_price
from catalog.prices import currency_of, find_money, read_locale, territories, territory_currency
from catalog.product import ScrapedProduct
from catalog.visible_prices import ShownPrice, shown_prices

_CURRENCY_HINT = re.compile(
    r"[\"'](?:priceCurrency|currency|currency_?code|currencyIsoCode|storeCurrency)[\"']\s*[:=,]\s*[\"']([A-Z]{3})[\"']",
    re.IGNORECASE,
)
_BUY = re.compile(
    r"add[-_ ]?to[-_ ]?(shopping[-_ ]?)?(cart|bag|basket|trolley)|addtocart|add2cart|buy[-_ ]?(it[-_ ]?)?now|buybutton|pre-?order now|"
    r"in den (waren|einkaufs)korb|warenkorb legen|jetzt kaufen|ajouter au panier|añadir (al|a la) (carrito|cesta|bolsa)|"
    r"agregar al carr|comprar|aggiungi al carrello|acquista|in (mijn )?winkel(wagen|mand)|do koszyka|dodaj do|do košík|vložit do|"
    r"kúpiť|lägg i (varukorg|kundvagn)|köp\b|legg i handle|læg i kurv|lisää (osto)?kori|kosárba|în coș|in cos|"
    r"в корзину|купить|до кошика|купити|sepete ekle|adicionar (ao|à)|lisa ostukorvi|pievienot grozam|į krepšelį|"
    r"カートに入れる|買い物かご|加入購物車|加入购物车|立即购买|立即購買|장바구니|구매하기|바로구매|הוסף לסל|หยิบใส่|thêm vào giỏ|mua ngay|beli sekarang|masukkan keranjang|أضف إلى",
    re.IGNORECASE,
)
_CARD_SCORE = -0.5
_OWN_SCORE = 2.0


def parse_product(html: bytes, url: str, content_type: str | None = None) -> ScrapedProduct:
    """Read the product that a page is about.

    Markup is weighed against what the page shows: JSON-LD, microdata, RDFa, OpenGraph, then the
    page itself. `read_from` says which of them each field came from. Addresses are made
    absolute, against `<base>` where the page has one.

    Raises:
        BotWall: the page is a check for robots.
        EmptyPage, ErrorPage, LoginPage, ConsentWall, ListPage: it is that, and no product.
        NotAProductPage: it is something else without a product.
    """
    return _Reading(read_document(html, url, content_type)).product()


@dataclass
class _Reading:
    """One page while it is being read; each property is worked out once."""

    document: Document

    def product(self) -> ScrapedProduct:
        """The product. Raises `CatalogError` when the page shows none."""
        title = self.title
        if title is None or not self.is_product:
            raise self.why_not
        price = self.price
        sources: dict[str, str | None] = {
            "title": title[1],
            "price": price.read_from if price else None,
        }
        description, sources["description"] = self.field("description")
        brand, sources["brand"] = self.brand
        category, _ = self.field("category")
        availability, sources["availability"] = self.availability
        images, sources["images"] = self.images
        return ScrapedProduct(
            url=self.document.url,
            title=title[0],
            description=description,
            brand=brand,
            price=price.amount if price else None,
            currency=price.currency if price else None,
            availability=availability,
            locale=self.locale,
            image_urls=tuple(images),
            read_from={name: source for name, source in sources.items() if source},
        )

    @cached_property
    def outline(self) -> Outline:
        return Outline(self.document.tree)

    @cached_property
    def titles(self) -> Titles:
        return read_titles(self.document)

    @cached_property
    def heading(self) -> tuple[Part, str] | None:
        self.outline.mark_elsewhere(None)
        found = main_heading(self.outline, self.titles)
        self.outline.mark_elsewhere(found[0] if found else None)
        return found

    @property
    def heading_part(self) -> Part | None:
        return self.heading[0] if self.heading else None

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        return meta_tags(self.document.tree)

    @cached_property
    def described(self) -> dict[str, list[Candidate]]:
        return candidates(self.document)

    @cached_property
    def own(self) -> list[Candidate]:
        """What describes the page's own product, the most reliable first; OpenGraph is last."""
        marked = [
            each for syntax in ("json-ld", "microdata", "rdfa") for each in self.described[syntax]
        ]
        rated = sorted(
            ((self._belonging(each), -place, each) for place, each in enumerate(marked)),
            key=lambda entry: (-round(entry[0], 1), -entry[1]),
        )
        chosen: list[Candidate] = []
        if rated:
            best, _, first = rated[0]
            names = {each.title.casefold() for each in marked if each.title}
            if best >= 0.6 or (len(names) <= 1 and best > -0.5):
                chosen = [
                    each
                    for score, _, each in rated
                    if each is first
                    or (
                        each.title
                        and first.title
                        and is_same_name(each.title, first.title)
                        and score > best - 0.5
                    )
                    or (each.title is None and len(names) <= 1)
                ]
                order = {"json-ld": 0, "microdata": 1, "rdfa": 2}
                chosen.sort(key=lambda each: (each is not first, order[each.read_from]))
        return chosen

    def _belonging(self, candidate: Candidate) -> float:
        """How much speaks for a described product as the page's own, 0.6 and above is enough."""
        score = 0.2 * candidate.has_offer + 0.1 * bool(candidate.images)
        here = urlsplit(self.document.url).path.rstrip("/")
        canonical = next(iter(self.document.tree.xpath("//link[@rel='canonical']/@href")), "")
        paths = {here, urlsplit(self.document.absolute(canonical)).path.rstrip("/")} - {""}
        if any(
            urlsplit(self.document.absolute(url)).path.rstrip("/") in paths
            for url in candidate.urls
        ):
            score += 0.4
        if candidate.title is None:
            return score - 0.3
        names = [*self.titles.all, *([self.heading[1]] if self.heading else [])]
        folded = candidate.title.casefold()
        agreement = max(
            (
                0.5
                * (
                    fuzz.token_set_ratio(folded, name.casefold())
                    + fuzz.partial_ratio(folded, name.casefold())
                )
                / 100
                for name in names
            ),
            default=0.5,
        )
        return score + 2.0 * (agreement - 0.45)

    @property
    def meta_candidate(self) -> Candidate:
        return self.described["opengraph"][0]

    @cached_property
    def title(self) -> tuple[str, str] | None:
        for candidate in self.own:
            if candidate.title:
                return candidate.title, candidate.read_from
        if self.heading:
            return self._heading_name(self.heading[1]), "html"
        if self.meta_candidate.title:
            return strip_site(self.meta_candidate.title, self.titles.site), "opengraph"
        if self.titles.document:
            return strip_site(self.titles.document, self.titles.site), "html"
        return None

    def _heading_name(self, heading: str) -> str:
        """The heading, or the page's title where the heading holds a price beside the name."""
        name = strip_site(self.titles.document, self.titles.site)
        priced = next(find_money(heading), None) is not None
        return name if priced and len(name) > 3 and name.casefold() in heading.casefold() else heading

    @cached_property
    def likely_currencies(self) -> tuple[str, ...]:
        stated = [each.currency for each in (*self.own, self.meta_candidate) if each.currency]
        hints = Counter(code.upper() for code in _CURRENCY_HINT.findall(self.document.html))
        languages = [
            *self.document.tree.xpath("/html/@lang"),
            *self.meta.get("og:locale", []),
            *self.meta.get("content-language", []),
        ]
        lands = [territory_currency(land) for land in territories(self.document.url, languages)]
        found = [
            currency_of(code) for code in (*stated, *(code for code, _ in hints.most_common(2)))
        ]
        return tuple(dict.fromkeys(code for code in (*found, *lands) if code))

    @cached_property
    def shown(self) -> list[ShownPrice]:
        return shown_prices(self.outline, self.heading_part, self.likely_currencies)

    @cached_property
    def price(self) -> ChosenPrice | None:
        stated = (*self.own, self.meta_candidate, self.attributes)
        return choose_price(stated, self.shown, self.likely_currencies)

    @cached_property
    def attributes(self) -> Candidate:
        return attribute_candidate(self.heading_part)

    def field(self, name: str) -> tuple[str | None, str | None]:
        for candidate in (*self.own, self.meta_candidate):
            if value := getattr(candidate, name):
                return value, candidate.read_from
        if name == "description" and (written := self.meta.get("description")):
            return written[0], "html"
        return None, None

    @cached_property
    def brand(self) -> tuple[str | None, str | None]:
        for candidate in (*self.own, self.meta_candidate):
            if brand := clean_brand(candidate.brand):
                return brand, candidate.read_from
        if brand := clean_brand(self.attributes.brand):
            return brand, self.attributes.read_from
        title = self.title[0] if self.title else ""
        brand = shown_brand(self.outline, self.heading_part, title, self.document.html)
        return (brand, "html") if brand else (None, None)

    @cached_property
    def availability(self) -> tuple[str | None, str | None]:
        for candidate in (*self.own, self.meta_candidate):
            if found := read_availability(candidate.availability):
                return found, candidate.read_from
        found = shown_availability(self.outline, self.heading_part)
        return (found, "html") if found else (None, None)

    @cached_property
    def images(self) -> tuple[list[str], str | None]:
        known: list[str] = []
        source = None
        for candidate in (*self.own, self.meta_candidate):
            urls = self._usable(candidate.images, candidate.read_from == "opengraph")
            if urls and not known:
                known, source = urls, candidate.read_from
        linked = linked_picture(self.document) if not known else []
        shown = shown_pictures(
            self.document,
            self.outline,
            self.heading_part,
            self.title[0] if self.title else "",
            known or linked,
        )
        best = main_picture(shown)
        main = [best] if best and not known else []
        urls = merged(
            known, main, linked[:1] if not main else [], [picture.url for picture in shown]
        )
        return urls, source or ("html" if urls else None)

    def _usable(self, images: Sequence[str], careful: bool) -> list[str]:
        urls = [self.document.absolute(address) for address in images if not is_blank(address)]
        return merged([url for url in urls if not (careful and is_decoration(url))])

    @cached_property
    def locale(self) -> str | None:
        written = next(iter(self.document.tree.xpath("/html/@lang")), "")
        locale = read_locale(written) or read_locale(next(iter(self.meta.get("og:locale", [])), ""))
        if locale is None:
            return None
        return f"{locale.language}-{locale.territory}" if locale.territory else str(locale.language)

    @cached_property
    def is_product(self) -> bool:
        if is_wall(self.document, self.outline, self.titles):
            return False
        if any(each.has_offer or each.images for each in self.own):
            return True
        told = self.heading[1] if self.heading else None
        if is_error(self.titles, told) or is_login(self.document, self.titles, told):
            return False
        if self.meta_candidate.has_offer and self.meta_candidate.title:
            return True
        priced = bool(self.shown) and self.shown[0].score >= _OWN_SCORE
        if self.heading is None and not self.own:
            return priced and self.can_be_bought
        sold = priced or self.can_be_bought or bool(self.own) or self.availability[0] is not None
        evidence = priced + self.can_be_bought + bool(self.own) + bool(self.images[0])
        evidence += self.availability[0] is not None
        return sold and evidence >= (3 if self.cards >= 6 and not priced else 2)

    @cached_property
    def cards(self) -> int:
        """How many amounts belong to something else than the page's own product."""
        return len({price.amount for price in self.shown if price.score < _CARD_SCORE})

    @cached_property
    def can_be_bought(self) -> bool:
        for part in self.outline.parts:
            if part.elsewhere or part.tag not in ("button", "input", "a", "form", "div", "span"):
                continue
            written = " ".join(
                filter(
                    None,
                    (
                        part.marks,
                        part.element.get("value"),
                        part.element.get("name"),
                        part.element.get("action"),
                        part.element.get("aria-label"),
                        self.outline.text(part, 40),
                    ),
                )
            )
            if _BUY.search(written):
                return True
        return False

    @property
    def why_not(self) -> CatalogError:
        return why_no_product(self.document, self.outline, self.titles, self.cards)
