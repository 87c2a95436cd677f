"""Pictures in frames: their edges, their ground and their colours, judged by pixels."""

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from creative.colors import Mood, palette_of
from creative.composing.photo import harmonised
from tests.creative.pictures import SOURCES, background, brief_of, shown


@pytest.mark.parametrize(("layout", "edge"), [("left", 996), ("right", 924)])
def test_a_full_picture_ends_in_an_edge_and_not_in_a_band(layout: str, edge: int) -> None:
    _, picture = shown("scene", layout=layout, shape="panel")
    away = 1 if layout == "left" else -1
    row = np.asarray(picture, float)[400:680]
    photo = row[:, edge + 8 * away], row[:, edge + 60 * away]
    ground = row[:, edge - 34 * away], row[:, edge - 90 * away]
    assert np.abs(np.diff(photo[0], axis=0)).mean() > 0.5
    for pixels in ground:
        assert np.ptp(pixels, axis=0).max() < 24
    assert np.abs(photo[0] - photo[1]).max() > 20
    assert np.abs(photo[0] - ground[0]).mean() > 25


def test_a_picture_is_carried_on_over_the_whole_background() -> None:
    rng = np.random.default_rng(2)
    light = np.linspace(230, 30, 800)[:, None, None] + rng.normal(0, 25, (800, 800, 3))
    picture = Image.fromarray(light.clip(0, 255).astype(np.uint8))
    brief = brief_of("scene", layout="left", shape="spread")
    pixels = np.asarray(background(picture, 0, brief.seed).convert("L"), float)
    beside, words = pixels[:, 1860:1915].mean(axis=1), pixels[:, 96:800].mean(axis=1)
    assert beside[60:260].mean() > beside[820:1020].mean() + 30
    assert abs(words[60:260].mean() - words[820:1020].mean()) < 20
    middle = pixels[440:640, 1300:1500]
    assert np.abs(np.diff(middle, axis=1)).mean() > 4


@pytest.mark.parametrize("mood", ["light", "dark", "vivid"])
def test_the_greys_of_a_framed_picture_take_the_hue_of_its_ground(mood: Mood) -> None:
    palette = palette_of(SOURCES["mug"], mood)
    picture = Image.new("RGB", (400, 400), "#9A9A9A")
    ImageDraw.Draw(picture).rectangle((10, 10, 90, 90), fill="#C02020")
    toned = harmonised(picture, palette)
    red, green, blue = toned.getpixel((390, 390))  # type: ignore[misc]
    assert green > red + 8
    assert blue > red + 8
    assert abs(toned.convert("L").getpixel((390, 390)) - 0x9A) < 8  # type: ignore[operator]
    assert max(np.abs(np.subtract(toned.getpixel((390, 390)), toned.getpixel((200, 200))))) > 5
    assert toned.getpixel((50, 50)) == (0xC0, 0x20, 0x20)


def test_a_scene_is_shown_whole_enough_to_be_recognised() -> None:
    picture = Image.new("RGB", (900, 900), "#2A6F4E")
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 90, (90, 90, 3), dtype=np.uint8)).resize((900, 900))
    picture = ImageChops.add(picture, noise)
    ImageDraw.Draw(picture).ellipse((300, 300, 600, 600), fill="#F04090")
    for position in range(5):
        pixels = np.asarray(background(picture, position), float)
        pink = np.abs(pixels - np.array([0xF0, 0x40, 0x90])).max(axis=2) < 12
        assert pink.sum() > 10_000, position
