"""A saved page and its address → the product that the page is about."""

from catalog.product import ScrapedProduct
from catalog.reading.document import read_document
from catalog.reading.reader import PageReader


def parse_product(html: bytes, url: str, content_type: str | None = None) -> ScrapedProduct:
    """Read the product that a page is about.

    Markup is weighed against what the page shows: JSON-LD, microdata, RDFa, OpenGraph, then the
    page itself. `read_from` says which of them each field came from. Addresses are made
    absolute, against `<base>` where the page has one.

    Args:
        html: the body of the answer, in any charset.
        url: the address after redirects.
        content_type: the header of that name.

    Raises:
        BotWall: the page is a check for robots.
        EmptyPage, ErrorPage, LoginPage, ConsentWall, ListPage: it is that, and no product.
        NotAProductPage: it is something else without a product.
    """
    return PageReader(read_document(html, url, content_type)).product()
