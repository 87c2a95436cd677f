"""Backgrounds of the embedded generator, judged by their pixels."""

import itertools
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from creative import local
from creative.background import (
    BACKGROUND_SIZE,
    Box,
    fit_background,
    product_area,
    words_area,
)
from creative.brief import LAYOUTS, SETTINGS, SHAPES, Brief
from creative.colors import contrast, lightness_and_chroma, palette_of
from creative.local import LocalGenerator
from demo.drawings import draw_product
from tests.creative.pictures import (
    POSITIONS,
    SOURCES,
    background,
    batch,
    disc,
    made,
    scene,
    shown,
)
from tests.sparing import mostly_long


def luminance(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2) of colours 0 to 255."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


def test_a_background_is_a_full_hd_rgb_picture() -> None:
    for picture in batch("mug") + batch("scene"):
        assert picture.size == (1920, 1080)
        assert picture.mode == "RGB"


def test_the_same_brief_gives_the_same_pixels() -> None:
    for source, position in (("mug", 0), ("mug", 3), ("scene", 1)):
        again = background(SOURCES[source].copy(), position)
        assert again.tobytes() == made(source, position, 0).tobytes()


def test_no_more_backgrounds_are_composed_at_once_than_there_are_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composing, most, lock = 0, 0, threading.Lock()

    def compose(brief: Brief) -> Image.Image:
        nonlocal composing, most
        with lock:
            composing += 1
            most = max(most, composing)
        time.sleep(0.05)
        with lock:
            composing -= 1
        return brief.picture

    monkeypatch.setattr(local, "_compose", compose)
    callers = 4 * (os.cpu_count() or 1)
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(lambda position: background(SOURCES["mug"], position), range(callers)))
    assert most == os.cpu_count()


@pytest.mark.parametrize("source", mostly_long(["mug", "scene", "shadowed", "close up"]))
def test_no_two_positions_look_alike(source: str) -> None:
    small = [picture.resize((96, 54), Image.Resampling.BOX) for picture in batch(source)]
    for first, second in itertools.combinations(POSITIONS, 2):
        difference = ImageStat.Stat(ImageChops.difference(small[first], small[second]))
        assert max(difference.mean) > 6, (first, second)


@pytest.mark.long
def test_a_seed_changes_what_a_position_looks_like() -> None:
    small = [
        background(SOURCES["mug"], 0, seed).resize((96, 54), Image.Resampling.BOX)
        for seed in (0, 7, 100, 200, 300)
    ]
    for first, second in itertools.combinations(small, 2):
        assert max(ImageStat.Stat(ImageChops.difference(first, second)).mean) > 6


def words_are_calm(picture: Image.Image, brief: Brief) -> None:
    """Few and small steps, text that can be read, and the ground that the prefill names."""
    area = picture.crop(words_area(brief.layout))
    blocks = np.asarray(
        area.convert("L").resize((area.width // 8, area.height // 8), Image.Resampling.BOX), float
    )
    steps = np.concatenate([np.abs(np.diff(blocks, axis=axis)).ravel() for axis in (0, 1)])
    assert np.percentile(steps, 99) < 8
    assert steps.max() < 22
    palette = palette_of(brief.picture, brief.mood)
    ink = luminance(np.array([int(palette.text[i : i + 2], 16) for i in (1, 3, 5)], float))
    ground = luminance(np.asarray(area, float))
    ratio = (np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)
    assert (ratio >= 4.5).mean() > 0.99
    mean = "#" + "".join(f"{round(value):02X}" for value in ImageStat.Stat(area).mean)
    assert contrast(mean, palette.background) < 1.35
    assert LocalGenerator().prefill(brief).colors.background == palette.background


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("layout", mostly_long(LAYOUTS))
def test_words_stand_on_calm_ground_beside_a_product(layout: str, setting: str) -> None:
    brief, picture = shown("red", layout=layout, setting=setting)
    words_are_calm(picture, brief)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", mostly_long(LAYOUTS, kept=[2]))
@pytest.mark.parametrize("source", ["scene", "white on white"])
def test_words_stand_on_calm_ground_beside_a_frame(source: str, layout: str, shape: str) -> None:
    brief, picture = shown(source, layout=layout, shape=shape)
    words_are_calm(picture, brief)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("layout", mostly_long(LAYOUTS))
def test_the_product_stands_in_its_own_area_and_nowhere_else(layout: str, setting: str) -> None:
    brief, picture = shown("red", layout=layout, setting=setting)
    pixels = np.asarray(picture, float)
    red = np.abs(pixels - np.array([0xB0, 0x20, 0x20])).max(axis=2) < 12
    area = product_area(brief.layout)
    inside = red[area.top : area.bottom, area.left : area.right]
    assert inside.sum() > 90_000
    assert red.sum() - inside.sum() < 0.02 * inside.sum()


def test_words_and_product_areas_keep_apart_and_inside_the_safe_margin() -> None:
    for layout in ("left", "right", "center"):
        words, product = words_area(layout), product_area(layout)
        assert (
            words.right <= product.left
            or product.right <= words.left
            or product.bottom <= words.top
        )
        assert words.left >= 96
        assert words.top >= 54
        assert words.right <= 1920 - 96
        assert words.bottom <= 1080 - 54


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_dark_product_does_not_melt_into_the_dark(setting: str) -> None:
    _, picture = shown("black", layout="left", mood="dark", setting=setting)
    pixels = np.asarray(picture, float)
    black = np.abs(pixels - np.array([0x1C, 0x1E, 0x22])).max(axis=2) < 5
    inside = np.flatnonzero(black[:, 1352:1472].all(axis=1))
    top = inside[np.argmax(np.diff(inside, prepend=-9) > 1)]
    # A disc's edge is higher at its middle than 60 pixels beside it.
    above = pixels[top - 60 : top - 24, 1352:1472].mean(axis=(0, 1))
    level = lightness_and_chroma("#" + "".join(f"{round(part):02X}" for part in above))[0]
    assert level > lightness_and_chroma("#1C1E22")[0] + 0.12


@pytest.mark.parametrize("setting", ["fluted", "contours", "terrazzo"])
def test_some_settings_have_a_pattern_beside_the_product(setting: str) -> None:
    def detail(name: str) -> float:
        """How much of the ground on the product's side is fine detail."""
        _, picture = shown("red", layout="left", mood="light", setting=name)
        grey = picture.convert("L")
        sharp, blurred = (
            np.asarray(grey.filter(ImageFilter.GaussianBlur(reach)), float) for reach in (1.5, 6)
        )
        fine = np.abs(sharp - blurred) > 2
        red = np.abs(np.asarray(picture, float) - np.array([0xB0, 0x20, 0x20])).max(axis=2) < 12
        near = Image.fromarray(red).convert("L").filter(ImageFilter.BoxBlur(45))
        return float(fine[60:1060, 1000:1910][np.asarray(near)[60:1060, 1000:1910] == 0].mean())

    assert detail(setting) > 3 * detail("podium")


def test_a_small_product_is_not_blown_up() -> None:
    pixels = np.asarray(background(disc(size=120), 1), float)
    red = np.abs(pixels - np.array([0xB0, 0x20, 0x20])).max(axis=2) < 30
    columns = np.flatnonzero(red.sum(axis=0) > 2)
    assert columns.size
    assert columns[-1] - columns[0] <= 60 * 2.4 + 4


def test_a_picture_that_was_cut_out_already_stands_free() -> None:
    picture = Image.new("RGBA", (500, 500))
    ImageDraw.Draw(picture).ellipse((100, 100, 400, 400), fill=(20, 60, 200, 255))
    pixels = np.asarray(background(picture, 3), float)
    blue = np.abs(pixels - np.array([20, 60, 200])).max(axis=2) < 10
    rows, columns = np.flatnonzero(blue.any(axis=1)), np.flatnonzero(blue.any(axis=0))
    corner = pixels[rows[0] + 4, columns[0] + 4]
    assert corner.min() > 100


def test_a_product_cut_off_by_its_picture_rises_from_the_lower_edge() -> None:
    picture = draw_product("backpack", "purple", size=900).crop((0, 0, 900, 600))
    pixels = np.asarray(background(picture, 0), float)
    last = pixels[-1, 1000:1900]
    assert np.ptp(last, axis=0).max() > 60


ODD = {
    "one pixel": Image.new("RGB", (1, 1), "red"),
    "a thread": Image.new("RGB", (3, 2400), "navy"),
    "a ribbon": Image.new("RGB", (2400, 3), "navy"),
    "tiny": draw_product("mug", "blue", size=100),
    "panorama": scene().resize((3000, 400)),
    "all white": Image.new("RGB", (700, 700), "white"),
    "nothing to see": Image.new("RGBA", (300, 300), (9, 9, 9, 0)),
    "half transparent": Image.new("RGBA", (300, 200), (200, 30, 30, 128)),
    "greyscale": draw_product("sneaker", "red", size=500).convert("L"),
    "palette": draw_product("lamp", "red", size=400).convert("P"),
    "print colours": draw_product("lamp", "green", size=400).convert("CMYK"),
    "sixteen bits": Image.fromarray(np.full((90, 120), 40_000, np.uint16)),
    "one bit": Image.new("1", (200, 200), 1),
    "a line": Image.new("RGB", (600, 600), "white"),
}
ImageDraw.Draw(ODD["a line"]).line((300, 0, 300, 600), fill="black", width=6)


@pytest.mark.parametrize(("number", "name"), list(enumerate(ODD)))
def test_an_odd_picture_still_gives_a_background(number: int, name: str) -> None:
    for position in (number % 10, (number + 3) % 10):
        result = background(ODD[name], position)
        assert result.size == BACKGROUND_SIZE
        assert result.mode == "RGB"


@pytest.mark.parametrize(
    ("size", "mode"), [((1344, 768), "RGB"), ((500, 2000), "RGBA"), ((64, 64), "L")]
)
def test_any_picture_is_fitted_to_the_background_size(size: tuple[int, int], mode: str) -> None:
    fitted = fit_background(Image.new(mode, size))
    assert fitted.size == (1920, 1080)
    assert fitted.mode == "RGB"


def test_fitting_crops_evenly_and_lays_what_is_clear_on_white() -> None:
    wide = Image.new("RGBA", (4000, 1080), (0, 0, 0, 0))
    ImageDraw.Draw(wide).rectangle((1990, 0, 2010, 1080), fill="black")
    fitted = fit_background(wide)
    assert fitted.getpixel((960, 540)) == (0, 0, 0)
    assert fitted.getpixel((5, 5)) == (255, 255, 255)


def test_a_background_of_the_right_size_is_left_as_it_is() -> None:
    picture = made("mug", 0, 0)
    assert fit_background(picture).tobytes() == picture.tobytes()


def test_gradients_do_not_band() -> None:
    _, picture = shown("mug", layout="right", mood="dark", setting="podium")
    flat = np.asarray(picture.convert("L").crop(Box(1500, 100, 1800, 400)), float)
    assert 0.3 < np.abs(np.diff(flat, axis=1)).mean() < 4
