"""What a generator is told of one preview, and the contract that every generator keeps."""

from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from catalog.product import ScrapedProduct
from creative.calls import Calls
from creative.prefill import PrefillDraft

Angle = Literal["benefit", "feature", "occasion", "brand", "price"]
Layout = Literal["left", "right", "center"]
Mood = Literal["light", "dark", "vivid"]

ANGLES: tuple[Angle, ...] = ("benefit", "feature", "occasion", "brand", "price")
LAYOUTS: tuple[Layout, ...] = ("left", "right", "center")
MOODS: tuple[Mood, ...] = ("light", "dark", "vivid", "dark", "light")


@dataclass(frozen=True)
class Brief:
    """One preview to make.

    `picture` is the decoded source picture (RGB or RGBA, upright); `position` counts from 0 in
    the batch and decides angle, layout and mood, so that neighbours differ; `seed` decides where
    in the order of layouts, moods and scenes a batch begins. The same brief gives the same
    embedded preview.
    """

    product: ScrapedProduct
    picture: Image.Image
    position: int = 0
    seed: int = 0

    @property
    def angle(self) -> Angle:
        """What the words are about."""
        return ANGLES[self.position % len(ANGLES)]

    @property
    def layout(self) -> Layout:
        """Where the words stand: on the left, on the right, or centred."""
        return LAYOUTS[self.position % len(LAYOUTS)]

    @property
    def mood(self) -> Mood:
        """How the backdrop feels."""
        return MOODS[self.position % len(MOODS)]


class Generator(Protocol):
    """Makes the two halves of a preview; either raises `GenerationError` and fails it alone."""

    name: str

    def background(self, brief: Brief, calls: Calls) -> Image.Image:
        """A background, RGB, for `creative.background.fit_background` to bring to size."""
        ...

    def prefill(self, brief: Brief, calls: Calls) -> PrefillDraft:
        """The words, colours and widgets of the overlay."""
        ...
