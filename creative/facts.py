"""The fact guard: what copy claims, and what of it the product's page does not say."""

from dataclasses import dataclass
from typing import Literal

from catalog.product import ScrapedProduct

Kind = Literal["number", "price", "rating", "percentage", "discount", "superlative"]


@dataclass(frozen=True)
class Claim:
    """Something that copy claims: its kind, and its words as they stand in the copy."""

    kind: Kind
    text: str


def unsupported_claims(text: str, product: ScrapedProduct) -> tuple[Claim, ...]:
    """The claims in `text` that the product's data does not say, in the order of the text."""
    return ()
