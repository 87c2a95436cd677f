"""What all backgrounds share: their size, and where on them the words and the product stand."""

from typing import NamedTuple

from PIL import Image, ImageOps

from creative.prefill import Layout

BACKGROUND_SIZE = (1920, 1080)
SAFE_MARGIN = (96, 54)


class Box(NamedTuple):
    """A rectangle in pixels of the background; `right` and `bottom` lie just outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top


_WORDS: dict[Layout, Box] = {
    "left": Box(96, 54, 936, 1026),
    "right": Box(984, 54, 1824, 1026),
    "center": Box(96, 716, 1824, 1026),
}
_PRODUCT: dict[Layout, Box] = {
    "left": Box(992, 84, 1832, 984),
    "right": Box(88, 84, 928, 984),
    "center": Box(360, 64, 1560, 668),
}


def words_area(layout: Layout) -> Box:
    """Where the words stand: a side's half for "left" and "right", the lower third for "center".

    It lies inside the 5 % safe area of a television picture, and a background keeps it calm.
    """
    return _WORDS[layout]


def product_area(layout: Layout) -> Box:
    """Where the product stands; it never meets the words' area."""
    return _PRODUCT[layout]


def fit_background(image: Image.Image) -> Image.Image:
    """`image` (any mode and size) as a background: RGB, 1920×1080, the overhang cropped evenly.

    What can be seen through is laid on white.
    """
    image = without_transparency(image)
    if image.size == BACKGROUND_SIZE:
        return image
    return ImageOps.fit(image, BACKGROUND_SIZE, Image.Resampling.LANCZOS)


def without_transparency(image: Image.Image) -> Image.Image:
    """`image` (any mode) as RGB; what can be seen through is laid on white."""
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        image = Image.alpha_composite(ground, layered)
    return image.convert("RGB")
