"""The fields of the product that one page is about, each from the source that deserves belief."""

import re
from collections.abc import Iterator
from functools import cached_property

from catalog.product import ScrapedProduct
from catalog.reading.buying import is_advertised
from catalog.reading.document import Document
from catalog.reading.headings import is_same_name, names_shop, strip_site
from catalog.reading.items import breadcrumbs
from catalog.reading.labels import clean_brand, shop_brand, shown_availability, shown_brand
from catalog.reading.locality import locale_tag
from catalog.reading.page_facts import PageFacts
from catalog.reading.picture_addresses import is_blank, is_decoration, is_picture_address
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
from catalog.reading.product_page import is_product_page, why_not
from catalog.reading.scripted_pictures import pictures_beside, scripted_pictures
from catalog.vocabulary import availability

_NUMBER_ALONE = re.compile(r"[A-Za-z]{0,4}[\W_]?\w*\d[\w./-]*")
_Found = tuple[str, str]  # a value, and the source that it was read from


class PageReader:
    """Reads one page: each field from the source of it that is believed most."""

    def __init__(self, document: Document) -> None:
        self._facts = PageFacts(document)

    def product(self) -> ScrapedProduct:
        """The product of the page. Raises `CatalogError` when it shows none."""
        if self._title is None or not self._is_product():
            raise why_not(self._facts)
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
            url=self._facts.document.url,
            **{name: value[0] if value else None for name, value in found.items()},
            price=price.amount if price else None,
            currency=price.currency if price else None,
            locale=locale_tag(self._facts.document, self._facts.meta),
            image_urls=tuple(images),
            read_from=sources,
        )

    @cached_property
    def _title(self) -> _Found | None:
        named = next(((each.title, each.read_from) for each in self._facts.own if each.title), None)
        return named or next(self._shown_titles(), None)

    def _shown_titles(self) -> Iterator[_Found]:
        """What the page calls its product without markup; never by the name of its shop."""
        site = self._facts.titles.site
        told = (
            (self._heading_name(self._facts.heading[1]) if self._facts.heading else "", "html"),
            (strip_site(self._facts.opengraph.title or "", site), "opengraph"),
            (strip_site(self._facts.titles.document, site), "html"),
        )
        for name, source in told:
            if name and not names_shop(name, site):
                yield name, source

    def _heading_name(self, heading: str) -> str:
        """The heading; or the page's title, where the heading holds a price beside the name, or
        nothing but a number of the shop's."""
        name = strip_site(self._facts.titles.document, self._facts.titles.site)
        one, other = name.casefold(), heading.casefold()
        if len(one) > 3 and find_money(heading) and one in other:
            return name
        return name if other in one and _NUMBER_ALONE.fullmatch(heading) else heading

    @cached_property
    def _price(self) -> ChosenPrice | None:
        stated = (*self._facts.own, self._facts.opengraph, self._facts.attributes)
        return choose_price(stated, self._facts.shown_prices, self._facts.currencies)

    def _first(self, name: str) -> _Found | None:
        for candidate in (*self._facts.own, self._facts.opengraph):
            if value := getattr(candidate, name):
                return value, candidate.read_from
        return None

    def _meta_description(self) -> _Found | None:
        written = self._facts.meta.get("description")
        return (written[0], "html") if written else None

    def _breadcrumbs(self) -> _Found | None:
        """The way to the product, without the shop's front page and the product itself."""
        names = breadcrumbs(self._facts.nodes)[1:]
        kinds = [name for name in names if not is_same_name(name, self._name)]
        return (" > ".join(kinds), "json-ld") if kinds else None

    def _brand(self) -> _Found | None:
        for candidate in (*self._facts.own, self._facts.opengraph, self._facts.attributes):
            if brand := clean_brand(candidate.brand):
                return brand, candidate.read_from
        brand = shown_brand(
            self._facts.outline, self._facts.heading_part, self._name, self._facts.document.html
        )
        brand = brand or shop_brand(self._name, self._facts.titles.site)
        return (brand, "html") if brand else None

    @property
    def _name(self) -> str:
        return self._title[0] if self._title else ""

    @cached_property
    def _availability(self) -> _Found | None:
        for candidate in (*self._facts.own, self._facts.opengraph):
            if found := availability(candidate.availability):
                return found, candidate.read_from
        found = shown_availability(self._facts.outline, self._facts.heading_part)
        if (
            found is None
            and self._price
            and (self._facts.is_buyable or is_advertised(self._facts.outline))
        ):
            found = "in_stock"
        return (found, "html") if found else None

    @cached_property
    def _images(self) -> tuple[list[str], str | None]:
        """The page's pictures, the main one first, and what named the main one."""
        known, source = next(self._named_images(), ([], None))
        linked = linked_picture(self._facts.document) if not known else []
        shop = self._facts.titles.site
        name = strip_site(self._name, shop)
        shown = shown_pictures(
            self._facts.document,
            self._facts.outline,
            self._facts.heading_part,
            name,
            shop,
            known or linked,
        )
        if source == "opengraph" and (main := better_than_shared(known, shown, name)):
            leading, source = [main], "html"
        else:
            main = main_picture(shown) if not known else None
            leading = known or ([main] if main else linked[:1])
        if not leading:
            leading, source = next(self._named_images(doubtful=True), ([], None))
        beside = pictures_beside(self._facts.document, leading[0]) if leading else []
        urls = merged(leading, [picture.url for picture in shown], beside)
        urls = urls or scripted_pictures(self._facts.document, self._name)
        return urls, source or ("html" if urls else None)

    def _named_images(self, *, doubtful: bool = False) -> Iterator[tuple[list[str], str]]:
        """The pictures that markup names; what looks like decoration never leads.

        Where markup names nothing else, they are left out unless `doubtful`.
        """
        shop = self._facts.titles.site
        name = strip_site(self._name, shop)
        for candidate in (*self._facts.own, self._facts.opengraph):
            written = [address for address in candidate.images if not is_blank(address)]
            absolute = [self._facts.document.absolute(address) for address in written]
            urls = [url for url in absolute if is_picture_address(url)]
            sure = [
                url
                for url in urls
                if not (is_logo(url, shop, name) or is_decoration(url, name=name))
            ]
            if candidate.read_from != "opengraph" and sure:
                sure = [*sure, *urls]
            if kept := merged(urls if doubtful else sure):
                yield kept, candidate.read_from

    def _is_product(self) -> bool:
        return is_product_page(
            self._facts,
            is_stocked=self._availability is not None,
            has_pictures=bool(self._images[0]),
        )
