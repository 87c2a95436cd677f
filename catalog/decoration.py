"""What stands on a product page among its pictures and shows no product: how it is told."""

from catalog.duplicates import Fingerprint

# A picture that is nearer to one of the second than to the product's own text and to all of the
# first is decoration.
PRODUCT_TEXTS = ("a product photo", "a photo of a product")
DECORATION_TEXTS = (
    "a logo",
    "the logo of a shop",
    "a size chart",
    "a table of sizes",
    "payment badges",
    "a row of payment badges",
    "a shipping banner",
    "a banner about delivery",
    "a banner with text",
    "an icon",
    "a screenshot of text",
)
MARGIN = 0.02

_LEAST_SIDE = 50  # pixels
_LONGEST_SHAPE = 4.0
_LEAST_CONTRAST = 4.0  # of 255, as the standard deviation


def looks_like_decoration(fingerprint: Fingerprint, width: int, height: int) -> bool:
    """Whether a picture of this size is an icon, a strip, or next to nothing but one colour."""
    if min(width, height) < _LEAST_SIDE:
        return True
    if max(width, height) > _LONGEST_SHAPE * min(width, height):
        return True
    spread = float(fingerprint.light.std()), float(fingerprint.hue.std(axis=(0, 1)).max())
    return max(spread) < _LEAST_CONTRAST


def is_decoration(product_score: float, decoration_score: float) -> bool:
    """Whether CLIP takes a picture for decoration; both are its highest cosines."""
    return decoration_score > product_score + MARGIN
