"""What a page is made of; each fact is worked out once, when it is first asked for."""

from functools import cached_property

from catalog.reading.buying import can_be_bought
from catalog.reading.candidate import Candidate
from catalog.reading.document import Document
from catalog.reading.headings import Titles, main_heading, read_titles
from catalog.reading.json_ld import Node, json_ld_nodes
from catalog.reading.labels import attribute_candidate
from catalog.reading.locality import likely_currencies
from catalog.reading.markup import candidates, meta_tags
from catalog.reading.outline import Outline, Part
from catalog.reading.own_product import own_product
from catalog.reading.visible_prices import ShownPrice, shown_prices


class PageFacts:
    """The facts of one page, from which its fields are chosen."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @cached_property
    def outline(self) -> Outline:
        """The page in reading order."""
        return Outline(self.document.tree)

    @cached_property
    def titles(self) -> Titles:
        """What the page calls itself."""
        return read_titles(self.document)

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """Its meta tags."""
        return meta_tags(self.document.tree)

    @cached_property
    def described(self) -> dict[str, list[Candidate]]:
        """Per syntax the products that its markup describes."""
        return candidates(self.document, self.nodes)

    @cached_property
    def nodes(self) -> list[Node]:
        """Its JSON-LD."""
        return json_ld_nodes(self.document.tree)

    @cached_property
    def heading(self) -> tuple[Part, str] | None:
        """The part that shows the product's name, with its text."""
        self.outline.mark_elsewhere(None)
        found = main_heading(self.outline, self.titles)
        self.outline.mark_elsewhere(found[0] if found else None)
        return found

    @property
    def heading_part(self) -> Part | None:
        """The part that shows the product's name."""
        return self.heading[0] if self.heading else None

    @cached_property
    def own(self) -> list[Candidate]:
        """What describes the page's own product, the most reliable first."""
        heading = self.heading[1] if self.heading else None
        return own_product(self.described, self.document, self.titles, heading)

    @property
    def opengraph(self) -> Candidate:
        """What its meta tags say of the product."""
        return self.described["opengraph"][0]

    @cached_property
    def attributes(self) -> Candidate:
        """What attributes around the heading say to the page's scripts."""
        return attribute_candidate(self.heading_part)

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that its prices may be in, the likeliest first."""
        stated = [each.currency for each in (*self.own, self.opengraph)]
        return likely_currencies(self.document, self.meta, stated)

    @cached_property
    def shown_prices(self) -> list[ShownPrice]:
        """Every amount that it shows, best first."""
        return shown_prices(self.outline, self.heading_part, self.currencies)

    @cached_property
    def is_buyable(self) -> bool:
        """Whether a control of the page buys its product."""
        return can_be_bought(self.outline)
