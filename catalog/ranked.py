"""What a ranking says of each picture, and which pictures are taken for previews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PAGE_ORDER = "page order"


class Role(StrEnum):
    """What a picture is to its product, in the order in which they are ranked."""

    PRODUCT = "product"
    DUPLICATE = "duplicate"
    DECORATION = "decoration"
    UNLOADED = "unloaded"


@dataclass(frozen=True)
class ScoredImage:
    """A picture's address, what it is, and its scores.

    `score` is the cosine of the picture and the product's text, and `decoration_score` the highest
    one of the picture and the texts of what is no product picture; both are None for a picture
    that could not be loaded, and for all of a product that is left in page order.
    """

    url: str
    role: Role
    score: float | None = None
    decoration_score: float | None = None
    duplicate_of: str | None = None

    def as_dict(self) -> dict[str, object]:
        """The fields by name, as they are kept with the product."""
        return {
            "url": self.url,
            "role": self.role.value,
            "score": self.score,
            "decoration_score": self.decoration_score,
            "duplicate_of": self.duplicate_of,
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "ScoredImage":
        """The value that `as_dict` gave; one that was kept before roles were has score or none."""
        role = kept.get("role") or (Role.UNLOADED if kept["score"] is None else Role.PRODUCT)
        return cls(**{**kept, "role": Role(role)})


@dataclass(frozen=True)
class Ranking:
    """The pictures of a product, the best first, and what ranked them: a model, or `PAGE_ORDER`."""

    images: tuple[ScoredImage, ...]
    ranked_by: str


def in_order(images: Sequence[ScoredImage]) -> tuple[ScoredImage, ...]:
    """Best first within each role, the roles in their order; without a score as they are given."""
    roles = list(Role)
    return tuple(sorted(images, key=lambda image: (roles.index(image.role), -(image.score or 0))))


def choose_images(ranked: Sequence[ScoredImage], count: int) -> list[str]:
    """`count` addresses in ranked order, starting again from the best.

    Each shows the product in another way; where a page has nothing but decoration, that is taken.
    Empty when no picture could be loaded.
    """
    for role in (Role.PRODUCT, Role.DECORATION):
        usable = [image.url for image in ranked if image.role == role]
        if usable:
            return [usable[index % len(usable)] for index in range(count)]
    return []
