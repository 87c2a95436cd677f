"""What one source on a page says of the product: raw text, not yet judged."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Candidate:
    """A product as one markup describes it, as written there.

    `prices` are in the order in which they would be believed; `list_prices` are those that the
    markup itself calls a former or recommended price.
    """

    read_from: str
    title: str | None = None
    description: str | None = None
    brand: str | None = None
    category: str | None = None
    prices: tuple[str, ...] = ()
    list_prices: tuple[str, ...] = ()
    currency: str | None = None
    availability: str | None = None
    images: tuple[str, ...] = field(default=())
    urls: tuple[str, ...] = ()
    has_offer: bool = False
