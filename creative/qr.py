"""Codes that lead a phone from the television to the product."""

from dataclasses import dataclass
from functools import lru_cache

import segno

QUIET_ZONE = 4
# Pixels of a 1080-line picture. A module of less than four is lost on the way across a room.
SMALLEST_SIDE = 216
_SMALLEST_MODULE = 4
_LARGEST_CARD = 340
# Any mask can be read; weighing all eight takes four times as long as all the rest.
_MASK = 4


@dataclass(frozen=True)
class Code:
    """A QR code to draw.

    `svg` is its drawing, four modules of quiet zone around it; `side` is how large the code is, in
    pixels of a 1080-line picture, and `card` how large it is with its quiet zone.
    """

    svg: str
    side: float
    card: float


def qr_code(url: str) -> Code | None:
    """The code for an address (ISO/IEC 18004); None for one that is too long for its place.

    What is left out is for the player to offer in another way. Up to some 500 characters fit,
    version 15 of the standard at its lowest level of correction; shorter ones get a higher level.
    """
    svg, modules = _drawn(url)
    module = max(SMALLEST_SIDE / modules, _SMALLEST_MODULE)
    card = module * (modules + 2 * QUIET_ZONE)
    return Code(svg, module * modules, card) if card <= _LARGEST_CARD else None


@lru_cache(maxsize=512)
def _drawn(url: str) -> tuple[str, int]:
    code = segno.make_qr(url, error="l", mask=_MASK)
    svg = code.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass=None, lineclass=None)
    return svg, len(code.matrix)
