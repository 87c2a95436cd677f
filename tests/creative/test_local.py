"""Backgrounds of the embedded generator, judged by their pixels."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from catalog.product import ScrapedProduct
from creative import local
from creative.background import (
    BACKGROUND_SIZE,
    Box,
    fit_background,
    product_area,
    words_area,
)
from creative.brief import Brief
from creative.colors import contrast, palette_of
from creative.cutout import cut_out
from creative.local import LocalGenerator
from creative.subject import find_subject
from demo.drawings import draw_product

PRODUCT = ScrapedProduct(url="https://shop.example/p/1", title="Luna Stoneware Mug")
POSITIONS = range(10)


def background(picture: Image.Image, position: int = 0) -> Image.Image:
    return LocalGenerator().background(Brief(PRODUCT, picture, position))


def luminance(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2) of colours 0 to 255."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


def disc(size: int = 600, color: str = "#B02020", ground: str = "#FFFFFF") -> Image.Image:
    large = Image.new("RGB", (size * 2, size * 2), ground)
    ImageDraw.Draw(large).ellipse((size // 2, size // 2, size * 3 // 2, size * 3 // 2), fill=color)
    return large.resize((size, size), Image.Resampling.LANCZOS)


def scene() -> Image.Image:
    rng = np.random.default_rng(5)
    coarse = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8))
    return coarse.resize((1280, 960), Image.Resampling.BICUBIC)


def white_on_white() -> Image.Image:
    picture = Image.new("RGB", (800, 800), "white")
    ImageDraw.Draw(picture).ellipse((200, 200, 600, 600), fill="#FBFBFB")
    return picture


@pytest.fixture(scope="module")
def mug() -> Image.Image:
    return draw_product("mug", "teal", size=900)


@pytest.fixture(scope="module")
def batch(mug: Image.Image) -> list[Image.Image]:
    return [background(mug, position) for position in POSITIONS]


@pytest.mark.parametrize("position", POSITIONS)
def test_a_background_is_a_full_hd_rgb_picture(batch: list[Image.Image], position: int) -> None:
    assert batch[position].size == (1920, 1080)
    assert batch[position].mode == "RGB"


def test_the_same_brief_gives_the_same_pixels(mug: Image.Image, batch: list[Image.Image]) -> None:
    for position in (0, 3):
        assert background(mug.copy(), position).tobytes() == batch[position].tobytes()


def test_no_more_backgrounds_are_composed_at_once_than_there_are_cores(
    mug: Image.Image, monkeypatch: pytest.MonkeyPatch
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
        list(pool.map(lambda position: background(mug, position), range(callers)))
    assert most == os.cpu_count()


def test_no_two_positions_look_alike(batch: list[Image.Image]) -> None:
    small = [picture.resize((96, 54), Image.Resampling.BOX) for picture in batch]
    for first in POSITIONS:
        for second in range(first):
            difference = ImageStat.Stat(ImageChops.difference(small[first], small[second]))
            assert max(difference.mean) > 6, (second, first)


def words_are_calm(picture: Image.Image, position: int, source: Image.Image) -> None:
    brief = Brief(PRODUCT, source, position)
    area = picture.crop(words_area(brief.layout))
    blocks = np.asarray(
        area.convert("L").resize((area.width // 8, area.height // 8), Image.Resampling.BOX), float
    )
    steps = np.concatenate([np.abs(np.diff(blocks, axis=axis)).ravel() for axis in (0, 1)])
    assert np.percentile(steps, 99) < 8
    assert steps.max() < 22
    text = palette_of(source, brief.mood).text
    ink = luminance(np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], float))
    ground = luminance(np.asarray(area, float))
    ratio = (np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)
    assert (ratio >= 4.5).mean() > 0.99


@pytest.mark.parametrize("position", POSITIONS)
def test_words_stand_on_calm_ground_and_can_be_read(
    mug: Image.Image, batch: list[Image.Image], position: int
) -> None:
    words_are_calm(batch[position], position, mug)


@pytest.mark.parametrize("position", [0, 1, 2, 6, 8])
@pytest.mark.parametrize("make", [scene, white_on_white], ids=["scene", "white on white"])
def test_words_stand_on_calm_ground_beside_a_framed_picture(make: object, position: int) -> None:
    picture = make()  # type: ignore[operator]
    words_are_calm(background(picture, position), position, picture)


@pytest.mark.parametrize("position", POSITIONS)
def test_the_product_stands_in_its_own_area_and_nowhere_else(position: int) -> None:
    picture = disc(color="#B02020")
    brief = Brief(PRODUCT, picture, position)
    pixels = np.asarray(background(picture, position), float)
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


def test_the_prefill_names_the_colour_that_the_words_stand_on(mug: Image.Image) -> None:
    for position in (0, 1, 2, 3, 4):
        brief = Brief(PRODUCT, mug, position)
        colors = LocalGenerator().prefill(brief).colors
        area = background(mug, position).crop(words_area(brief.layout))
        mean = "#" + "".join(f"{round(value):02X}" for value in ImageStat.Stat(area).mean)
        assert contrast(mean, colors.background) < 1.35


def test_a_cut_edge_carries_no_rim_of_the_backdrop() -> None:
    cut = cut_out(find_subject(disc(color="#401010")), 400)
    pixels = np.asarray(cut, float)
    visible = pixels[pixels[..., 3] > 40]
    assert len(visible) > 0.7 * 400 * 400 * np.pi / 4
    assert visible[:, :3].max() < 100


def test_the_inside_of_a_ring_is_cut_out() -> None:
    picture = disc(color="#205090")
    ImageDraw.Draw(picture).ellipse((220, 220, 380, 380), fill="white")
    alpha = np.asarray(cut_out(find_subject(picture), 400).getchannel("A"))
    assert alpha[200, 200] == 0
    assert alpha[200, 40] == 255


def test_a_pale_label_deep_inside_is_kept() -> None:
    picture = Image.new("RGB", (900, 900), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((150, 60, 750, 840), fill="#205030")
    draw.rectangle((330, 300, 570, 600), fill="white")
    alpha = np.asarray(cut_out(find_subject(picture), 500).getchannel("A"))
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255


def test_a_soft_shadow_does_not_come_along() -> None:
    picture = Image.new("RGB", (800, 800), "white")
    shadow = Image.new("L", picture.size)
    ImageDraw.Draw(shadow).ellipse((220, 560, 700, 660), fill=90)
    picture.paste("black", (0, 0), shadow.filter(ImageFilter.GaussianBlur(24)))
    ImageDraw.Draw(picture).rectangle((250, 200, 550, 610), fill="#1E7A50")
    cut = cut_out(find_subject(picture), 300)
    assert 290 <= cut.width <= 312
    assert abs(cut.height - 410) < 14


def test_what_cannot_be_told_from_its_backdrop_is_not_cut() -> None:
    assert find_subject(white_on_white()).kind == "plain"
    assert find_subject(disc(color="#FFFDF0")).kind == "plain"
    assert find_subject(scene()).kind == "scene"
    assert find_subject(disc()).kind == "cut"


def test_a_small_product_is_not_blown_up() -> None:
    pixels = np.asarray(background(disc(size=120), 1), float)
    red = np.abs(pixels - np.array([0xB0, 0x20, 0x20])).max(axis=2) < 30
    columns = np.flatnonzero(red.sum(axis=0) > 2)
    assert columns.size
    assert columns[-1] - columns[0] <= 60 * 1.6 + 4


def test_a_scene_is_shown_whole_enough_to_be_recognised() -> None:
    picture = Image.new("RGB", (900, 900), "#2A6F4E")
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 90, (90, 90, 3), dtype=np.uint8)).resize((900, 900))
    picture = ImageChops.add(picture, noise)
    ImageDraw.Draw(picture).ellipse((300, 300, 600, 600), fill="#F04090")
    for position in POSITIONS:
        pixels = np.asarray(background(picture, position), float)
        pink = np.abs(pixels - np.array([0xF0, 0x40, 0x90])).max(axis=2) < 12
        assert pink.sum() > 10_000, position


def test_a_picture_that_was_cut_out_already_stands_free() -> None:
    picture = Image.new("RGBA", (500, 500))
    ImageDraw.Draw(picture).ellipse((100, 100, 400, 400), fill=(20, 60, 200, 255))
    pixels = np.asarray(background(picture, 4), float)
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


@pytest.mark.parametrize("name", ODD)
def test_an_odd_picture_still_gives_a_background(name: str) -> None:
    for position in (0, 1, 2, 3):
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


def test_a_background_of_the_right_size_is_left_as_it_is(batch: list[Image.Image]) -> None:
    assert fit_background(batch[0]).tobytes() == batch[0].tobytes()


def test_gradients_do_not_band(batch: list[Image.Image]) -> None:
    flat = np.asarray(batch[1].convert("L").crop(Box(1500, 100, 1800, 400)), float)
    assert 0.3 < np.abs(np.diff(flat, axis=1)).mean() < 4
