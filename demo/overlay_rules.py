"""What an overlay has to keep to: sizes of type, the safe area, contrast, the code to scan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from creative.prefill import (
    BRAND_LENGTH,
    CTA_LENGTH,
    HEADLINE_LENGTH,
    SUBTITLE_LENGTH,
    Prefill,
    QRCodeWidget,
)
from creative.qr import QUIET_ZONE, SMALLEST_SIDE, qr_code

WIDTH, HEIGHT = 1920, 1080
SAFE = (96.0, 54.0, 1824.0, 1026.0)
SMALLEST_HEADLINE, SMALLEST_TEXT = 90.0, 48.0
LEAST_CONTRAST = 4.5
_MOST_CHARACTERS = {
    "headline": HEADLINE_LENGTH, "subtitle": SUBTITLE_LENGTH, "cta": CTA_LENGTH,
    "brand": BRAND_LENGTH,
}  # fmt: skip
_CORNER = 14

Boxes = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]
Guard = Callable[[str], list[str]]


@dataclass(frozen=True)
class Shown:
    """One overlay in the browser: what was measured (`overlay_measures.js`), and its pixels."""

    measures: dict[str, Any]
    pixels: Pixels
    bare: Pixels
    prefill: Prefill

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of text, each with `part`, `text`, `box`, `size` and `color`."""
        lines: list[dict[str, Any]] = self.measures["lines"]
        return lines


def broken_rules(shown: Shown, guard: Guard | None = None) -> Iterator[str]:
    """What is wrong with an overlay, a sentence each.

    Args:
        shown: the overlay in a window of 1920 × 1080 pixels.
        guard: tells the claims in a text that the product's page does not support.
    """
    yield from _of_text(shown)
    yield from _of_overlaps(shown)
    yield from _of_contrast(shown)
    yield from _of_code(shown)
    if guard is not None:
        prefill = shown.prefill
        for text in (prefill.headline, prefill.subtitle, prefill.cta.text):
            for claim in guard(text):
                yield f"{claim!r} is not said by the product's page."


def _of_text(shown: Shown) -> Iterator[str]:
    for line in shown.lines:
        least = SMALLEST_HEADLINE if line["part"] == "headline" else SMALLEST_TEXT
        if line["size"] < least - 0.1:
            yield f"The {line['part']} is {line['size']:.0f} px; {least:.0f} px are the least."
        left, top, right, bottom = line["box"]
        # The box of a line is that of its font, which is higher than its letters.
        room = 0.07 * line["size"]
        if not _inside((left, top + room, right, bottom - room), SAFE):
            yield f"The {line['part']} leaves the safe area: {_told(line['box'])}."
    for part, most in _MOST_CHARACTERS.items():
        said = next((line["text"] for line in shown.lines if line["part"] == part), "")
        if len(said) > most:
            yield f"The {part} has {len(said)} characters; {most} are the most."
    for part in shown.measures["hidden"]:
        yield f"Something of .{part} is cut off."
    said = _folded(" ".join(line["text"] for line in shown.lines))
    prefill = shown.prefill
    for name, text in (
        ("headline", prefill.headline), ("subtitle", prefill.subtitle),
        ("button", prefill.cta.text), ("price", prefill.price or ""),
    ):  # fmt: skip
        if _folded(text) not in said:
            yield f"The {name} is not shown whole: {text!r}."


def _of_overlaps(shown: Shown) -> Iterator[str]:
    parts: dict[str, Boxes] = {}
    for line in shown.lines:
        if line["part"] != "cta":
            parts[line["part"]] = _around(parts.get(line["part"], line["box"]), line["box"])
    parts["button"] = shown.measures["button"]
    if shown.measures["code"]:
        parts["code"] = shown.measures["code"]
    for (one, first), (other, second) in combinations(parts.items(), 2):
        across = min(first[2], second[2]) - max(first[0], second[0])
        down = min(first[3], second[3]) - max(first[1], second[1])
        # Boxes of lines hold room above and below the letters.
        if across > 1 and down > 10:
            yield f"The {one} and the {other} overlap."
    for name in ("button", "code"):
        if name in parts and not _inside(parts[name], SAFE):
            yield f"The {name} leaves the safe area: {_told(parts[name])}."


def _of_contrast(shown: Shown) -> Iterator[str]:
    for line in shown.lines:
        left, top, right, bottom = (round(value) for value in line["box"])
        behind = shown.bare[max(0, top) : bottom, max(0, left) : right].reshape(-1, 3)
        if not len(behind):
            yield f"The {line['part']} is out of sight."
            continue
        color, opacity = line["color"][:3], (*line["color"], 1.0)[3]
        if opacity < 1:
            yield f"The {line['part']} can be seen through."
        ratios = _contrast(_light(behind), _light(np.array(color)))
        least = float(np.percentile(ratios, 1))
        if least < LEAST_CONTRAST:
            yield f"The {line['part']} has a contrast of {least:.1f}:1: {line['text']!r}."


def _of_code(shown: Shown) -> Iterator[str]:
    urls = [one.url for one in shown.prefill.widgets if isinstance(one, QRCodeWidget)]
    box = shown.measures["code"]
    if not urls or qr_code(urls[0]) is None:
        if box:
            yield "A code is shown that the prefill does not have."
        return
    if not box:
        yield "The code is missing."
        return
    left, top, right, bottom = (round(value) for value in box)
    card = shown.pixels[top:bottom, left:right].max(axis=2).copy()
    for rows in (slice(0, _CORNER), slice(-_CORNER, None)):
        for columns in (slice(0, _CORNER), slice(-_CORNER, None)):
            card[rows, columns] = 255
    dark = np.argwhere(card < 128)
    if not len(dark):
        yield "The code cannot be seen."
        return
    module = (right - left) / shown.measures["modules"]
    height = dark[:, 0].max() + 1 - dark[:, 0].min()
    if height < SMALLEST_SIDE - 1:
        yield f"The code is {height} px high; {SMALLEST_SIDE} px are the least."
    rim = min(*dark.min(axis=0), right - left - 1 - dark[:, 1].max())
    if rim < QUIET_ZONE * module - 1.5:
        yield f"The code's quiet zone is {rim / module:.1f} modules; {QUIET_ZONE} are needed."
    for width, height in ((WIDTH, HEIGHT), (1280, 720)):
        picture = Image.fromarray(shown.pixels).resize((width, height), Image.Resampling.BICUBIC)
        found = [code.text for code in zxingcpp.read_barcodes(np.asarray(picture))]
        if found != [urls[0]]:
            yield f"The code cannot be read at {width} × {height} pixels."


def _inside(box: Boxes, around: Boxes) -> bool:
    return (
        box[0] >= around[0] - 1 and box[1] >= around[1] - 1
        and box[2] <= around[2] + 1 and box[3] <= around[3] + 1
    )  # fmt: skip


def _around(one: Boxes, other: Boxes) -> Boxes:
    return (
        min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]),
    )  # fmt: skip


def _told(box: Boxes) -> str:
    return "{:.0f}, {:.0f} to {:.0f}, {:.0f}".format(*box)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _light(colors: NDArray[Any]) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2, *relative luminance*) of sRGB colours, 0 to 255."""
    share = np.asarray(colors, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    light: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return light


def _contrast(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return ratio
