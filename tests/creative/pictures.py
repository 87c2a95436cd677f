"""Source pictures that several tests look at, and the backgrounds made of them, each once."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from catalog.product import ScrapedProduct
from creative.brief import Brief
from creative.local import LocalGenerator
from demo.drawings import draw_product


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


def shadowed(size: int = 800) -> Image.Image:
    """A dark product on white whose hard shadow cannot be told from it."""
    picture, shadow = Image.new("RGB", (size, size), "white"), Image.new("L", (size, size))
    at = [round(share * size) for share in (0.3, 0.82, 0.74, 0.89)]
    ImageDraw.Draw(shadow).ellipse(at, fill=110)
    picture.paste("#333333", (0, 0), shadow.filter(ImageFilter.GaussianBlur(size / 55)))
    box = [round(share * size) for share in (0.3, 0.38, 0.7, 0.86)]
    ImageDraw.Draw(picture).ellipse(box, fill="#26262A")
    return picture


PRODUCT = ScrapedProduct(url="https://shop.example/p/1", title="Luna Stoneware Mug")
POSITIONS = range(10)
SOURCES = {
    "mug": draw_product("mug", "teal", size=900),
    "red": disc(color="#B02020"),
    "black": disc(color="#1C1E22"),
    "scene": scene(),
    "white on white": white_on_white(),
    "shadowed": shadowed(),
    "close up": draw_product(
        "backpack", "teal", seed=5, size=700, backdrop="studio", close_up=True
    ),
}


def brief_of(source: str, **wanted: str) -> Brief:
    """A brief with the layout, mood, setting or shape that is wanted, by some seed."""
    briefs = (Brief(PRODUCT, SOURCES[source], 0, seed) for seed in range(60_000))
    return next(
        brief
        for brief in briefs
        if all(getattr(brief, name) == value for name, value in wanted.items())
    )


@cache
def made(source: str, position: int, seed: int) -> Image.Image:
    return LocalGenerator().background(Brief(PRODUCT, SOURCES[source], position, seed))


def shown(source: str, **wanted: str) -> tuple[Brief, Image.Image]:
    brief = brief_of(source, **wanted)
    return brief, made(source, brief.position, brief.seed)


def batch(source: str) -> list[Image.Image]:
    return [made(source, position, 0) for position in POSITIONS]


def background(picture: Image.Image, position: int = 0, seed: int = 0) -> Image.Image:
    return LocalGenerator().background(Brief(PRODUCT, picture, position, seed))
