"""What a generator is told of one preview, and the contract that every generator keeps."""

from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from catalog.product import ScrapedProduct
from creative.calls import Calls
from creative.colors import Mood
from creative.prefill import PrefillDraft

Angle = Literal["benefit", "feature", "occasion", "brand", "price"]
Layout = Literal["left", "right", "center"]
Setting = Literal["niche", "podium", "sun", "fluted", "rings", "window", "contours", "terrazzo"]
Shape = Literal["arch", "panel", "card", "circle", "spread"]

ANGLES: tuple[Angle, ...] = ("benefit", "feature", "occasion", "brand", "price")
LAYOUTS: tuple[Layout, ...] = ("left", "right", "center")
# Seven, so that a mood that comes again does so in another layout; no two neighbours are alike.
MOODS: tuple[Mood, ...] = ("light", "dark", "vivid", "light", "dark", "light", "vivid")
SETTINGS: tuple[Setting, ...] = (
    "niche",
    "podium",
    "sun",
    "fluted",
    "rings",
    "window",
    "contours",
    "terrazzo",
)
SAME_LAYOUT = 6
"""Seeds that differ by a multiple of it give a position the same layout."""
SHAPES: tuple[Shape, ...] = ("arch", "panel", "card", "circle", "spread")


@dataclass(frozen=True)
class Brief:
    """One preview to make.

    `picture` is the decoded source picture (RGB or RGBA, upright). `position` counts from 0 in
    the batch and alone decides the angle; together with `seed`, which says where in their orders
    a batch begins, it decides layout, mood, setting and shape. Neighbours in a batch differ in
    all of these, and no two of ten positions agree in them. The same brief gives the same
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
        return LAYOUTS[self._place(len(LAYOUTS), 1, (1, 2))]

    @property
    def mood(self) -> Mood:
        """How the backdrop feels."""
        return MOODS[self._place(len(MOODS), 6, (1, 6))]

    @property
    def setting(self) -> Setting:
        """The scene in which a product that can be cut out is shown."""
        return SETTINGS[self._place(len(SETTINGS), 84, (1, 3, 5, 7))]

    @property
    def shape(self) -> Shape:
        """The frame in which a picture is shown whose product cannot be cut out."""
        return SHAPES[self._place(len(SHAPES), 2688, (1, 2, 3, 4))]

    def _place(self, count: int, unit: int, steps: tuple[int, ...]) -> int:
        """A place in an order of `count`: where the seed begins, and as many steps as positions.

        The seed is read as a number of mixed digits; the two of this order begin at `unit`. A
        step shares no divisor with `count`, so the order comes round once before it repeats.
        """
        begin, step = self.seed // unit, self.seed // (unit * count)
        return (begin + self.position * steps[step % len(steps)]) % count


class Generator(Protocol):
    """Makes the two halves of a preview; either raises `GenerationError` and fails it alone."""

    name: str

    def background(self, brief: Brief, calls: Calls) -> Image.Image:
        """A background, RGB, for `creative.background.fit_background` to bring to size."""
        ...

    def prefill(self, brief: Brief, calls: Calls) -> PrefillDraft:
        """The words, colours and widgets of the overlay."""
        ...
