"""One page while it is being read: each field from the source that deserves belief."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from urllib.parse import urlsplit

from catalog.errors import CatalogError
from catalog.product import ScrapedProduct
from catalog.reading.buying import can_be_bought, is_advertised
from catalog.reading.candidate import Candidate
from catalog.reading.document import Document
from catalog.reading.headings import (
    Titles,
    is_same_name,
    main_heading,
    names_shop,
    read_titles,
    strip_site,
)
from catalog.reading.json_ld import Node, json_ld_nodes
from catalog.reading.labels import (
    attribute_candidate,
    clean_brand,
    shop_brand,
    shown_availability,
    shown_brand,
)
from catalog.reading.locality import likely_currencies, locale_tag
from catalog.reading.markup import candidates, meta_tags
from catalog.reading.no_product import (
    is_article,
    is_error,
    is_login,
    is_wall,
    serves_shopping,
    why_no_product,
)
from catalog.reading.outline import Outline, Part
from catalog.reading.own_product import own_product
from catalog.reading.picture_addresses import is_blank, is_decoration
from catalog.reading.pictures import (
    better_than_shared,
    is_logo,
    linked_picture,
    main_picture,
    merged,
    shown_pictures,
)
from catalog.reading.price_choice import ChosenPrice, choose_price
from catalog.reading.prices import find_money
from catalog.reading.schema_org import breadcrumbs
from catalog.reading.scripted_pictures import pictures_beside, scripted_pictures
from catalog.reading.visible_prices import ShownPrice, shown_prices
from catalog.vocabulary import availability

_OWN_SCORE = 2.0
_STRONG_SCORE = 3.0
_SEVERAL = 3
_MANY_CARDS = 6
_SYNTAXES = ("json-ld", "microdata", "rdfa")

_NUMBER_ALONE = re.compile(r"[A-Za-z]{0,4}[\W_]?\w*\d[\w./-]*")
_Found = tuple[str, str]  # a value, and the source that it was read from


class PageReader:
    """Reads one page; what several fields need is worked out once, when it is first asked for."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def product(self) -> ScrapedProduct:
        """The product of the page. Raises `CatalogError` when it shows none."""
        if self._title is None or not self._is_product:
            raise self._why_not()
        images, images_source = self._images
        price = self._price
        found = {
            "title": self._title,
            "description": self._first("description") or self._meta_description(),
            "brand": self._brand(),
            "category": self._first("category") or self._breadcrumbs(),
            "availability": self._availability,
        }
        sources = {name: value[1] for name, value in found.items() if value}
        if price:
            sources["price"] = price.read_from
        if images_source:
            sources["images"] = images_source
        return ScrapedProduct(
            url=self._document.url,
            **{name: value[0] if value else None for name, value in found.items()},
            price=price.amount if price else None,
            currency=price.currency if price else None,
            locale=locale_tag(self._document, self._meta),
            image_urls=tuple(images),
            read_from=sources,
        )

    # What the page is made of.

    @cached_property
    def _outline(self) -> Outline:
        return Outline(self._document.tree)

    @cached_property
    def _titles(self) -> Titles:
        return read_titles(self._document)

    @cached_property
    def _meta(self) -> dict[str, list[str]]:
        return meta_tags(self._document.tree)

    @cached_property
    def _described(self) -> dict[str, list[Candidate]]:
        return candidates(self._document, self._nodes)

    @cached_property
    def _nodes(self) -> list[Node]:
        return json_ld_nodes(self._document.tree)

    @cached_property
    def _heading(self) -> tuple[Part, str] | None:
        self._outline.mark_elsewhere(None)
        found = main_heading(self._outline, self._titles)
        self._outline.mark_elsewhere(found[0] if found else None)
        return found

    @property
    def _heading_part(self) -> Part | None:
        return self._heading[0] if self._heading else None

    @cached_property
    def _own(self) -> list[Candidate]:
        shop = self._titles.site
        names = [strip_site(name, shop) for name in self._titles.all]
        names += [self._heading[1]] if self._heading else []
        return own_product(self._described, self._document, names, shop)

    @property
    def _opengraph(self) -> Candidate:
        return self._described["opengraph"][0]

    @cached_property
    def _attributes(self) -> Candidate:
        return attribute_candidate(self._heading_part)

    @cached_property
    def _currencies(self) -> tuple[str, ...]:
        stated = [each.currency for each in (*self._own, self._opengraph)]
        return likely_currencies(self._document, self._meta, stated)

    @cached_property
    def _shown_prices(self) -> list[ShownPrice]:
        return shown_prices(self._outline, self._heading_part, self._currencies)

    # The fields.

    @cached_property
    def _title(self) -> _Found | None:
        named = next(((each.title, each.read_from) for each in self._own if each.title), None)
        return named or next(self._shown_titles(), None)

    def _shown_titles(self) -> Iterator[_Found]:
        """What the page calls its product without markup; never by the name of its shop."""
        site = self._titles.site
        told = (
            (self._heading_name(self._heading[1]) if self._heading else "", "html"),
            (strip_site(self._opengraph.title or "", site), "opengraph"),
            (strip_site(self._titles.document, site), "html"),
        )
        for name, source in told:
            if name and not names_shop(name, site):
                yield name, source

    def _heading_name(self, heading: str) -> str:
        """The heading; or the page's title, where the heading holds a price beside the name, or
        nothing but a number of the shop's."""
        name = strip_site(self._titles.document, self._titles.site)
        one, other = name.casefold(), heading.casefold()
        if len(one) > 3 and find_money(heading) and one in other:
            return name
        return name if other in one and _NUMBER_ALONE.fullmatch(heading) else heading

    @cached_property
    def _price(self) -> ChosenPrice | None:
        stated = (*self._own, self._opengraph, self._attributes)
        return choose_price(stated, self._shown_prices, self._currencies)

    def _first(self, name: str) -> _Found | None:
        for candidate in (*self._own, self._opengraph):
            if value := getattr(candidate, name):
                return value, candidate.read_from
        return None

    def _meta_description(self) -> _Found | None:
        written = self._meta.get("description")
        return (written[0], "html") if written else None

    def _breadcrumbs(self) -> _Found | None:
        """The way to the product, without the shop's front page and the product itself."""
        names = breadcrumbs(self._nodes)[1:]
        kinds = [name for name in names if not is_same_name(name, self._name)]
        return (" > ".join(kinds), "json-ld") if kinds else None

    def _brand(self) -> _Found | None:
        for candidate in (*self._own, self._opengraph, self._attributes):
            if brand := clean_brand(candidate.brand):
                return brand, candidate.read_from
        brand = shown_brand(self._outline, self._heading_part, self._name, self._document.html)
        brand = brand or shop_brand(self._name, self._titles.site)
        return (brand, "html") if brand else None

    @property
    def _name(self) -> str:
        return self._title[0] if self._title else ""

    @cached_property
    def _availability(self) -> _Found | None:
        for candidate in (*self._own, self._opengraph):
            if found := availability(candidate.availability):
                return found, candidate.read_from
        found = shown_availability(self._outline, self._heading_part)
        if found is None and self._price and (self._is_buyable or is_advertised(self._outline)):
            found = "in_stock"
        return (found, "html") if found else None

    @cached_property
    def _is_buyable(self) -> bool:
        return can_be_bought(self._outline)

    @cached_property
    def _images(self) -> tuple[list[str], str | None]:
        """The page's pictures, the main one first, and what named the main one."""
        known, source = next(self._named_images(), ([], None))
        linked = linked_picture(self._document) if not known else []
        shop = self._titles.site
        name = strip_site(self._name, shop)
        shown = shown_pictures(
            self._document, self._outline, self._heading_part, name, shop, known or linked
        )
        if source == "opengraph" and (main := better_than_shared(known, shown, name)):
            leading, source = [main], "html"
        else:
            main = main_picture(shown) if not known else None
            leading = known or ([main] if main else linked[:1])
        beside = pictures_beside(self._document, leading[0]) if leading else []
        urls = merged(leading, [picture.url for picture in shown], beside)
        urls = urls or scripted_pictures(self._document, self._name)
        return urls, source or ("html" if urls else None)

    def _named_images(self) -> Iterator[tuple[list[str], str]]:
        for candidate in (*self._own, self._opengraph):
            careful = candidate.read_from == "opengraph"
            if urls := self._usable(candidate.images, careful):
                yield urls, candidate.read_from

    def _usable(self, images: Sequence[str], careful: bool) -> list[str]:
        urls = [self._document.absolute(address) for address in images if not is_blank(address)]
        shop = self._titles.site
        name = strip_site(self._name, shop)
        kept = [url for url in urls if not is_logo(url, shop, name)]
        return merged([url for url in kept if not (careful and is_decoration(url))])

    # Whether there is a product at all.

    @cached_property
    def _is_product(self) -> bool:
        if is_wall(self._document, self._outline, self._titles):
            return False
        if any(each.has_offer or each.images for each in self._own):
            return True
        told = self._heading[1] if self._heading else None
        if is_error(self._titles, told) or is_login(self._document, self._titles, told):
            return False
        if serves_shopping(self._document, self._titles, told):
            return False
        shared = self._opengraph.has_offer and bool(self._opengraph.title)
        if (
            shared
            and not self._lists_products
            and (self._opengraph.prices or self._cards < _SEVERAL)
        ):
            return True
        return self._shows_product()

    @property
    def _lists_products(self) -> bool:
        """Whether the markup describes several products, none of which is the page's own."""
        found = (each for syntax in _SYNTAXES for each in self._described[syntax])
        return not self._own and len({each.title for each in found}) >= _SEVERAL

    def _shows_product(self) -> bool:
        """Whether a page without markup shows enough of what makes a product page."""
        best = self._shown_prices[0] if self._shown_prices else None
        priced = best is not None and best.score >= _OWN_SCORE
        priced = priced and best is not None and not best.is_in_card
        priced = priced and best is not None and (best.repeats < _SEVERAL or best.is_in_table)
        buyable = self._is_buyable
        if self._heading is None and not self._own:
            return priced and buyable
        stocked = self._availability is not None
        evidence = priced + buyable + stocked + bool(self._own) + bool(self._images[0])
        is_sold = priced or buyable or stocked or bool(self._own)
        told = best is not None and (
            best.score >= _STRONG_SCORE
            or best.is_named
            or (priced and not is_article(self._document))
        )
        if not (buyable or stocked or told) or (self._is_home and not buyable):
            return False
        if self._lists_products and not priced:
            return False
        return is_sold and evidence >= (3 if self._cards >= _MANY_CARDS and not priced else 2)

    @property
    def _is_home(self) -> bool:
        parts = urlsplit(self._document.url)
        return not parts.query and parts.path.strip("/") in ("", "index.html", "index.php")

    @cached_property
    def _cards(self) -> int:
        """How many amounts belong to something else than the page's own product."""
        prices = self._shown_prices
        return len({each.amount for each in prices if each.is_in_card or each.is_elsewhere})

    def _why_not(self) -> CatalogError:
        described = sum(len(self._described[syntax]) for syntax in _SYNTAXES)
        others = max(self._cards, described)
        return why_no_product(self._document, self._outline, self._titles, others)
