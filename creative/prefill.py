"""The prefill: the JSON that fills the overlay of one preview, and the rules that it keeps."""

import unicodedata
from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from creative.colors import MINIMUM_CONTRAST, contrast
from creative.errors import HeadlinesUsedUp

HexColor = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$", to_upper=True)]
Line = StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")
# Postgres keeps no NUL, in JSON either.
WEB_ADDRESS = r"^https?://[^\s\x00-\x1f\x7f]+$"
Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")]
Address = Annotated[str, Field(min_length=1, max_length=16_384, pattern=r"^[^\x00]+$")]
Layout = Literal["left", "right", "center"]

HEADLINE_LENGTH = 30
SUBTITLE_LENGTH = 90
CTA_LENGTH = 20
BRAND_LENGTH = 25
KEY_LENGTH = 120

_DANGLING = " ,;:–—-/|(&+"
_JOINERS = "\u200d\ufe0f"
CONNECTING = frozenset(
    """
    a an and as at by for from in into of on or so that the this to up with your
    am an auf aus bei das dein deine dem den der des die ein eine einem einen einer für ihr ihre
    im in mit oder so und vom von vor zu zum zur
    au aux avec dans de des du en et la le les ou par pour sa ses son sur un une votre
    al con como del el en las los o para por que su sus tu un una y
    alla come da dal della delle di e ed gli i il lo nel nella per sul tra una
    aan bij de een en het je met naar of om op te uit van voor
    """.split()
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CallToAction(_Strict):
    """The button: its words and where it leads."""

    text: Annotated[
        str, Line,
        Field(max_length=CTA_LENGTH, description="What the button says: an invitation to act."),
    ]  # fmt: skip
    url: Annotated[
        str, Field(pattern=WEB_ADDRESS, max_length=2048, description="Where the button leads.")
    ]


class Colors(_Strict):
    """The overlay's colours, `#RRGGBB`.

    Text on background and cta_text on cta_background reach 4.5:1 (WCAG 2.2, 1.4.3).
    """

    background: Annotated[HexColor, Field(description="The ground under the words.")]
    text: Annotated[HexColor, Field(description="The words, at least 4.5:1 on the background.")]
    accent: Annotated[HexColor, Field(description="Small ornaments, such as a line or a badge.")]
    cta_background: Annotated[HexColor, Field(description="The button.")]
    cta_text: Annotated[
        HexColor, Field(description="The button's words, at least 4.5:1 on the button.")
    ]

    @model_validator(mode="after")
    def _readable(self) -> "Colors":
        pairs = (
            ("text", self.text, self.background),
            ("cta_text", self.cta_text, self.cta_background),
        )
        for name, ink, ground in pairs:
            if contrast(ink, ground) < MINIMUM_CONTRAST:
                raise ValueError(
                    f"{name} {ink} on {ground} has a contrast of {contrast(ink, ground):.1f}:1; "
                    f"{MINIMUM_CONTRAST}:1 is the least that can be read"
                )
        return self


class QRCodeWidget(_Strict):
    """A code that leads a phone to the product."""

    type: Literal["qr_code"] = "qr_code"
    url: Annotated[str, Field(pattern=WEB_ADDRESS, max_length=2048)]


class PriceTagWidget(_Strict):
    """The price, as shown."""

    type: Literal["price_tag"] = "price_tag"
    text: Annotated[str, Line, Field(max_length=30)]


class RatingWidget(_Strict):
    """A rating that the page gave, out of `best`."""

    type: Literal["rating"] = "rating"
    value: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
    best: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 5
    count: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None


class BadgeWidget(_Strict):
    """A short remark that the page supports, such as "In stock"."""

    type: Literal["badge"] = "badge"
    text: Annotated[str, Line, Field(max_length=20)]


Widget = Annotated[
    QRCodeWidget | PriceTagWidget | RatingWidget | BadgeWidget, Field(discriminator="type")
]


class GeneratedBy(_Strict):
    """Who made the preview: the generator and, where it has them, its models."""

    generator: Literal["local", "gemini"]
    image_model: Text | None = None
    text_model: Text | None = None


class Words(_Strict):
    """What a preview says in large and in small."""

    headline: Annotated[
        str, Line,
        Field(max_length=HEADLINE_LENGTH, description="The one thought that is read from afar."),
    ]  # fmt: skip
    subtitle: Annotated[
        str, Line,
        Field(max_length=SUBTITLE_LENGTH,
              description="One sentence; what the headline leaves open."),
    ]  # fmt: skip


class _Content(Words):
    """All that a prefill says, but for where its pictures are.

    `scrim` is how much of the ground's own colour the overlay lays under its words, 0 to 1, so
    that they can be read on the picture behind them. `corrections` are sentences, each on
    something that was changed because it broke a rule.
    """

    cta: CallToAction
    brand: Annotated[str, Line, Field(max_length=BRAND_LENGTH)] | None = None
    price: Annotated[str, Line, Field(max_length=30)] | None = None
    colors: Colors
    scrim: Annotated[float, Field(ge=0, le=1)] = 1.0
    widgets: Annotated[tuple[Widget, ...], Field(max_length=20)] = ()
    visual_vibe: Annotated[
        str, Line,
        Field(max_length=80, description="How the picture feels: its colour, scene and light."),
    ]  # fmt: skip
    layout: Layout
    angle: Text
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
    generated_by: GeneratedBy
    corrections: Annotated[tuple[Text, ...], Field(max_length=200)] = ()


class PrefillDraft(_Content):
    """A prefill before its two background addresses are known.

    `alternatives` are other words for the same preview, best first, for when its headline is
    taken in its batch already.
    """

    alternatives: tuple[Words, ...] = ()

    def complete(self, original_background_url: str, generated_background_url: str) -> "Prefill":
        """The whole prefill, with the addresses of the source picture and of the background."""
        return Prefill(
            **{name: value for name, value in self if name != "alternatives"},
            original_background_url=original_background_url,
            generated_background_url=generated_background_url,
        )


class Prefill(_Content):
    """The JSON that fills the overlay of one preview (SPEC: *Prefill fields*)."""

    original_background_url: Address
    generated_background_url: Address


def cut_at_a_word(text: str, length: int) -> str:
    """`text` with its white space folded, at most `length` characters, never cut inside a word.

    Dangling punctuation and connecting words at the cut are dropped. A single word that is longer
    than `length` is the one thing that has to be cut, and then ends in an ellipsis.
    """
    folded = " ".join(text.split())
    if len(folded) <= length:
        return folded
    words = folded[: length + 1].split(" ")[:-1]
    while len(words) > 1 and words[-1].strip(_DANGLING).casefold() in CONNECTING:
        words.pop()
    return " ".join(words).rstrip(_DANGLING) or folded[: length - 1].rstrip(_JOINERS) + "…"


def headline_key(text: str) -> str:
    """What two headlines share that a reader would call equal.

    NFKC and case are folded, white space too; punctuation at the end does not count. It has at
    most 120 characters: what goes beyond are signs that stand for whole phrases.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    bare = folded
    while bare and (bare[-1].isspace() or unicodedata.category(bare[-1]).startswith("P")):
        bare = bare[:-1]
    return (bare or folded)[:KEY_LENGTH]


def choose_words(draft: PrefillDraft, taken: Collection[str]) -> PrefillDraft:
    """`draft` with the first of its own words and its alternatives whose headline is free.

    `taken` holds the `headline_key` of every headline that its batch has already. That it had to
    move on is told in `corrections`.

    Raises:
        HeadlinesUsedUp: all of them are taken.
    """
    if headline_key(draft.headline) not in taken:
        return draft
    for words in draft.alternatives:
        if headline_key(words.headline) not in taken:
            moved = (
                f"headline: “{draft.headline}” is taken by another preview of this batch; "
                f"it was replaced by “{words.headline}”."
            )
            changed = {
                "headline": words.headline,
                "subtitle": words.subtitle,
                "corrections": (*draft.corrections, moved),
            }
            return draft.model_copy(update=changed)
    raise HeadlinesUsedUp(
        f"All {len(draft.alternatives) + 1} headlines for this product are taken by other "
        "previews of the same batch: ask for fewer previews of it."
    )
