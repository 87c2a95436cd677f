"""Pictures that a shop page carries beside its product: logo, badges, size chart, banner."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from demo.objects.canvas import Color

_NAMES = (
    "NORRLAND",
    "Fieldhouse",
    "MAISON OLE",
    "Halden & Co",
    "Lumen Works",
    "ATELIER 9",
    "Korb",
    "TIDEWATER",
)
_INKS: tuple[Color, ...] = ((28, 30, 36), (34, 60, 92), (120, 44, 40), (38, 82, 62), (92, 60, 120))


def _text(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    words: str,
    size: float,
    ink: Color,
    anchor: str = "lm",
) -> None:
    draw.text(place, words, fill=ink, font=ImageFont.load_default(size), anchor=anchor)


def _logo(seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 41])
    ink = _INKS[seed % len(_INKS)]
    dark = seed % 3 == 2
    paper, ink = (ink, (250, 248, 244)) if dark else ((255, 255, 255), ink)
    image = Image.new("RGB", (640, 200), paper)
    draw = ImageDraw.Draw(image)
    mark = int(rng.integers(3))
    if mark == 0:
        draw.ellipse((36, 50, 136, 150), outline=ink, width=12)
        draw.polygon([(86, 70), (116, 128), (56, 128)], fill=ink)
    elif mark == 1:
        draw.rounded_rectangle((36, 50, 136, 150), 26, fill=ink)
        draw.arc((58, 72, 114, 128), 30, 330, fill=paper, width=12)
    else:
        for step in range(3):
            draw.line((40, 70 + step * 30, 132, 70 + step * 30 - step * 8), fill=ink, width=14)
    _text(draw, (166, 100), _NAMES[int(rng.integers(len(_NAMES)))], 62, ink)
    return image


def _payment_badges(seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 43])
    names = ["PAY", "CARD", "wallet", "bank", "24h", "SSL", "express", "INVOICE"]
    rng.shuffle(names)
    image = Image.new("RGB", (800, 180), (255, 255, 255) if seed % 2 == 0 else (244, 245, 247))
    draw = ImageDraw.Draw(image)
    grounds: tuple[Color, ...] = (
        (22, 52, 110),
        (255, 255, 255),
        (236, 96, 44),
        (24, 24, 28),
        (0, 120, 110),
    )
    for index, name in enumerate(names[:5]):
        left = 22 + index * 155
        ground = grounds[(index + int(rng.integers(5))) % 5]
        draw.rounded_rectangle(
            (left, 40, left + 136, 140), 14, fill=ground, outline=(208, 210, 216), width=3
        )
        ink: Color = (34, 44, 70) if sum(ground) > 500 else (255, 255, 255)
        _text(draw, (left + 68, 78), name, 30, ink, "mm")
        draw.rounded_rectangle((left + 22, 102, left + 54, 126), 5, fill=(232, 190, 96))
        draw.line((left + 66, 114, left + 114, 114), fill=ink, width=5)
    return image


def _size_chart(seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 47])
    rows, columns = int(rng.integers(6, 10)), int(rng.integers(4, 7))
    image = Image.new("RGB", (800, 700), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    ink = _INKS[seed % len(_INKS)]
    _text(draw, (40, 56), ("Size chart", "Sizes in cm", "Find your size")[seed % 3], 40, ink)
    width, height = 720 / columns, 580 / (rows + 1)
    heads = ["Size", "EU", "UK", "US", "cm", "inch"]
    for row in range(rows + 1):
        top = 100 + row * height
        fill: Color = ink if row == 0 else ((244, 245, 247) if row % 2 else (255, 255, 255))
        draw.rectangle((40, top, 760, top + height), fill=fill, outline=(206, 208, 214), width=2)
        for column in range(columns):
            words = heads[column] if row == 0 else f"{30 + row * 1.5 + column * 4.5 + seed % 5:g}"
            color: Color = (255, 255, 255) if row == 0 else (52, 54, 62)
            _text(draw, (40 + (column + 0.5) * width, top + height / 2), words, 26, color, "mm")
    return image


def _shipping_banner(seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 53])
    ground = _INKS[int(rng.integers(len(_INKS)))]
    image = Image.new("RGB", (1000, 240), ground)
    draw = ImageDraw.Draw(image)
    white: Color = (255, 252, 246)
    draw.rounded_rectangle((60, 76, 170, 150), 8, fill=white)
    draw.polygon([(176, 96), (214, 96), (236, 124), (236, 150), (176, 150)], fill=white)
    for x in (92, 202):
        draw.ellipse((x - 17, 136, x + 17, 170), fill=ground, outline=white, width=7)
    lines = ("Free shipping over 50", "Delivered in two days", "Returns within 30 days")
    _text(draw, (280, 102), lines[seed % 3], 52, white)
    _text(draw, (280, 164), "No code needed at the checkout", 28, white)
    return image


DECOYS: dict[str, Callable[[int], Image.Image]] = {
    "logo": _logo,
    "payment_badges": _payment_badges,
    "size_chart": _size_chart,
    "shipping_banner": _shipping_banner,
}
