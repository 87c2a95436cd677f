"""The code to scan: large enough for a room, and read back by a reader of codes."""

import re

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from creative.qr import QUIET_ZONE, SMALLEST_SIDE, Code, qr_code

SHORT = "https://shop.example/p/luna"
TYPICAL = "https://www.shop.example/de/kueche/halden-pour-over-kettle-forest-green?variant=4711"
LONG = "https://shop.example/" + "a1-" * 150


def drawn(code: Code, scale: int = 4) -> NDArray[np.uint8]:
    """The drawing as pixels: runs of dark modules, relative to each other, on white."""
    size = re.search(r'viewBox="0 0 (\d+) \1"', code.svg)
    path = re.search(r' d="([^"]+)"', code.svg)
    assert size
    assert path
    pixels = np.full((int(size.group(1)),) * 2, 255, np.uint8)
    x, y = 0.0, 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", path.group(1)):
        if step == "h":
            pixels[int(y), int(x) : int(x + float(first))] = 0
            x += float(first)
        else:
            x = float(first) + (0 if step == "M" else x)
            y = float(second) + (0 if step == "M" else y)
    return pixels.repeat(scale, 0).repeat(scale, 1)


@pytest.mark.parametrize("url", [SHORT, TYPICAL, LONG, "https://shop.example/käse?q=1&r=2"])
def test_a_reader_finds_the_address(url: str) -> None:
    code = qr_code(url)
    assert code
    [found] = zxingcpp.read_barcodes(drawn(code))
    assert found.text == url


@pytest.mark.parametrize("url", [SHORT, TYPICAL, LONG])
def test_it_is_large_enough_and_has_a_quiet_zone_of_four_modules(url: str) -> None:
    code = qr_code(url)
    assert code
    pixels = drawn(code, 1)
    dark = np.argwhere(pixels == 0)
    assert dark.min() == QUIET_ZONE == 4
    assert dark.max() == len(pixels) - 1 - QUIET_ZONE
    modules = len(pixels) - 2 * QUIET_ZONE
    assert code.side >= SMALLEST_SIDE == 216
    assert code.side / modules >= 4
    assert code.card == pytest.approx(code.side * len(pixels) / modules)


def test_a_long_address_gets_a_larger_code() -> None:
    short, long = qr_code(SHORT), qr_code(LONG)
    assert short
    assert long
    assert long.side > short.side


def test_an_address_too_long_for_its_place_is_left_to_the_player() -> None:
    assert qr_code("https://shop.example/" + "a" * 700) is None
    assert qr_code("https://shop.example/" + "a" * 2000) is None
