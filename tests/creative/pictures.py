"""Pictures that several tests look at."""

import numpy as np
from PIL import Image, ImageDraw


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
