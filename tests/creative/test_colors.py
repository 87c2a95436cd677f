"""Palettes follow the product and can be read; inks are repaired."""

import re
from typing import get_args

import numpy as np
import pytest
from coloraide import Color
from PIL import Image, ImageDraw

from creative.colors import Mood, contrast, hue_name, lightness_and_chroma, palette_of, readable_ink
from demo.drawings import draw_product

MOODS: tuple[Mood, ...] = get_args(Mood)


def product_on(ground: str, product: str) -> Image.Image:
    picture = Image.new("RGB", (400, 400), ground)
    ImageDraw.Draw(picture).ellipse((110, 90, 290, 330), fill=product)
    return picture


def hue_of(color: str) -> float:
    return float(Color(color).convert("oklch")["hue"])


def apart(first: float, second: float) -> float:
    return abs((first - second + 180) % 360 - 180)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("ground", ["#FFFFFF", "#3D6FB4", "#101010"])
def test_a_palette_takes_its_hue_from_the_product_and_not_from_the_backdrop(
    ground: str, mood: Mood
) -> None:
    palette = palette_of(product_on(ground, "#C62828"), mood)
    assert apart(palette.hue, hue_of("#C62828")) < 30
    assert apart(hue_of(palette.surface), hue_of("#C62828")) < 35


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("color", ["red", "yellow", "teal", "grey", "pink", "blue"])
def test_every_pair_of_a_palette_can_be_read(color: str, mood: Mood) -> None:
    palette = palette_of(draw_product("mug", color, size=400), mood)
    assert contrast(palette.text, palette.background) >= 4.5
    assert contrast(palette.cta_text, palette.cta_background) >= 4.5
    assert contrast(palette.cta_background, palette.background) >= 2
    for value in (palette.background, palette.text, palette.accent, palette.surface):
        assert re.fullmatch("#[0-9A-F]{6}", value)


def test_moods_set_the_lightness_of_the_ground() -> None:
    picture = draw_product("kettle", "green", size=400)
    light, dark, vivid = (palette_of(picture, mood).background for mood in MOODS)
    assert lightness_and_chroma(light)[0] > 0.85
    assert lightness_and_chroma(dark)[0] < 0.35
    assert lightness_and_chroma(vivid)[1] > 2 * lightness_and_chroma(light)[1]


def test_a_vivid_ground_stands_apart_from_a_bright_and_from_a_dark_product() -> None:
    for product in ("#F2C230", "#1E2430"):
        ground = palette_of(product_on("#FFFFFF", product), "vivid").background
        assert contrast(ground, product) > 2.5


def test_the_two_halves_of_a_preview_get_the_same_palette() -> None:
    picture = draw_product("lamp", "orange", size=500, backdrop="studio")
    assert palette_of(picture, "vivid") == palette_of(picture.copy(), "vivid")


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (60, 60), "white"),
        Image.new("RGB", (1, 1), "black"),
        Image.new("L", (50, 80), 128),
        Image.new("RGBA", (40, 40), (0, 0, 0, 0)),
        Image.fromarray(np.random.default_rng(1).integers(0, 255, (50, 70, 3), dtype=np.uint8)),
    ],
    ids=["white", "one pixel", "grey", "nothing to see", "noise"],
)
def test_any_picture_has_a_palette_that_can_be_read(picture: Image.Image, mood: Mood) -> None:
    palette = palette_of(picture, mood)
    assert contrast(palette.text, palette.background) >= 4.5
    assert contrast(palette.cta_text, palette.cta_background) >= 4.5


def test_a_wish_that_can_be_read_is_kept() -> None:
    assert readable_ink("#FFFFFF", "#1a237e") == "#1A237E"


@pytest.mark.parametrize("ground", ["#FFFFFF", "#000000", "#3D6FB4", "#E0B040"])
def test_a_wish_that_cannot_be_read_is_repaired_in_its_own_hue(ground: str) -> None:
    wish = ground if ground not in ("#FFFFFF", "#000000") else "#8899AA"
    ink = readable_ink(ground, wish)
    assert contrast(ink, ground) >= 4.5
    if lightness_and_chroma(ink)[1] > 0.02:
        assert apart(hue_of(ink), hue_of(wish)) < 15


@pytest.mark.parametrize("level", range(0, 256, 15))
def test_an_ink_without_a_wish_can_be_read_on_every_grey(level: int) -> None:
    ground = f"#{level:02X}{level:02X}{level:02X}"
    assert contrast(readable_ink(ground), ground) >= 4.5


def test_hues_have_everyday_names() -> None:
    assert hue_name(hue_of("#1565C0"), 0.2) == "blue"
    assert hue_name(hue_of("#2E7D32"), 0.2) == "green"
    assert hue_name(123, 0.0) == "neutral"
