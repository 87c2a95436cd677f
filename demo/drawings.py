"""Product pictures that the project draws itself, and the decoration that a shop page carries."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from demo.backdrops import paint_backdrop
from demo.decoys import DECOYS
from demo.objects import PAINTERS
from demo.objects.canvas import Canvas, Color

KINDS: tuple[str, ...] = tuple(PAINTERS)
BACKDROPS: tuple[str, ...] = ("white", "studio", "scene")
DECOY_KINDS: tuple[str, ...] = tuple(DECOYS)
COLORS: dict[str, Color] = {
    "red": (196, 58, 44),
    "orange": (236, 128, 44),
    "yellow": (236, 188, 60),
    "green": (52, 112, 72),
    "teal": (28, 150, 150),
    "blue": (40, 80, 160),
    "purple": (112, 66, 146),
    "pink": (232, 146, 168),
    "grey": (104, 109, 117),
    "brown": (122, 78, 48),
}

_LYING = frozenset({"wristwatch"})
_CLOSE_UP = 1.75
_FOCUS: dict[str, tuple[float, float]] = {
    "mug": (0.5, 0.36),
    "kettle": (0.58, 0.4),
    "lamp": (0.5, 0.3),
    "armchair": (0.42, 0.42),
    "backpack": (0.5, 0.58),
    "sneaker": (0.6, 0.5),
    "headphones": (0.76, 0.62),
    "wristwatch": (0.5, 0.5),
    "bottle": (0.5, 0.3),
    "camera": (0.55, 0.52),
}
_SHADE: Color = (38, 30, 44)
_FILL = 0.75
_SUPERSAMPLING = 2
_LARGEST_LAYER = 2200


@dataclass(frozen=True)
class Pose:
    """How a product stands in its picture; sizes and offsets are shares of the picture's side."""

    turn: float = 0.0
    stretch: float = 1.0
    fill: float = _FILL
    shift: tuple[float, float] = (0.0, 0.0)
    mirror: bool = False
    light: tuple[float, float, float] = (-0.5, -0.62, 0.62)


def draw_product(
    kind: str,
    color: str,
    *,
    seed: int = 0,
    size: int = 1200,
    backdrop: str = "white",
    close_up: bool = False,
    details: int | None = None,
) -> Image.Image:
    """One picture of a product, RGB, `size` pixels a side, the same for the same arguments.

    `seed` varies pose, proportions, light and details; 0 is the hero, upright and centred.
    Several views of one and the same thing share their `details`, which are the seed's own unless
    given. `backdrop` is one of `BACKDROPS`; `close_up` shows a part of the product only.

    Raises:
        ValueError: a kind, colour or backdrop is not known.
    """
    for name, value, known in (
        ("kind", kind, KINDS),
        ("color", color, tuple(COLORS)),
        ("backdrop", backdrop, BACKDROPS),
    ):
        if value not in known:
            raise ValueError(f"{name} {value!r} is not one of {', '.join(known)}")
    pose = _pose(seed, upright=backdrop != "white" and kind not in _LYING)
    zoom = _CLOSE_UP if close_up else 1.0
    specimen = seed if details is None else details
    tint = _tinted(COLORS[color], specimen)
    product = _cut_out(kind, tint, pose, round(size * zoom), specimen)
    across, down = _focus(kind, pose) if close_up else (0.5, 0.5)
    left = round(size * (0.5 + pose.shift[0]) - product.width * across)
    top = round(size * (0.5 + pose.shift[1]) - product.height * down)
    ground = -1.0 if kind in _LYING else (top + product.height) / size
    picture = paint_backdrop(backdrop, COLORS[color], size, ground, seed)
    shade = _drop_shadow if kind in _LYING else _standing_shadow
    shade(picture, product, (left, top), pose)
    picture.paste(product, (left, top), product)
    return picture


def draw_decoy(kind: str, seed: int = 0) -> Image.Image:
    """A picture of a shop page that shows no product, RGB; `kind` is one of `DECOY_KINDS`."""
    if kind not in DECOYS:
        raise ValueError(f"kind {kind!r} is not one of {', '.join(DECOY_KINDS)}")
    return DECOYS[kind](seed)


def _pose(seed: int, upright: bool) -> Pose:
    if seed == 0:
        return Pose()
    rng = np.random.default_rng([seed, 7])
    turn = float(rng.uniform(-8, 8))
    return Pose(
        turn=0.0 if upright else turn,
        stretch=float(rng.uniform(0.9, 1.08)),
        fill=float(rng.uniform(0.62, 0.82)),
        shift=(float(rng.uniform(-0.06, 0.06)), float(rng.uniform(-0.02, 0.06))),
        mirror=bool(rng.random() < 0.5),
        light=(float(rng.uniform(-0.7, 0.1)), float(rng.uniform(-0.75, -0.45)), 0.62),
    )


def _focus(kind: str, pose: Pose) -> tuple[float, float]:
    across, down = _FOCUS[kind]
    return (1 - across if pose.mirror else across), down


def _tinted(color: Color, seed: int) -> Color:
    if seed == 0:
        return color
    rng = np.random.default_rng([seed, 11])
    red, green, blue = (int(np.clip(part + rng.integers(-9, 10), 0, 255)) for part in color)
    return red, green, blue


def _cut_out(kind: str, color: Color, pose: Pose, size: int, seed: int) -> Image.Image:
    side = min(round(size * pose.fill * _SUPERSAMPLING * 1.15), _LARGEST_LAYER)
    canvas = Canvas(side, color, pose.light, seed)
    PAINTERS[kind](canvas)
    layer = canvas.layer
    if pose.mirror:
        layer = ImageOps.mirror(layer)
    if pose.turn:
        layer = layer.rotate(pose.turn, Image.Resampling.BICUBIC, expand=True)
    bounds = layer.getchannel("A").point(lambda value: 255 if value > 20 else 0).getbbox()
    layer = layer.crop(bounds)
    wide, tall = layer.width * pose.stretch, float(layer.height)
    slender = 1.08 if wide < tall * 0.5 else 1.0
    scale = size * pose.fill * slender / max(wide, tall)
    return layer.resize((round(wide * scale), round(tall * scale)), Image.Resampling.LANCZOS)


def _drop_shadow(
    picture: Image.Image,
    product: Image.Image,
    corner: tuple[int, int],
    pose: Pose,
) -> None:
    size = picture.width
    for distance, blur, strength in ((0.03, 0.02, 0.3), (0.008, 0.006, 0.36)):
        place = (
            corner[0] - round(pose.light[0] * size * distance),
            corner[1] - round(pose.light[1] * size * distance),
        )
        _darken(picture, product.getchannel("A"), place, blur, strength)


def _standing_shadow(
    picture: Image.Image,
    product: Image.Image,
    corner: tuple[int, int],
    pose: Pose,
) -> None:
    size, bottom = picture.width, corner[1] + product.height
    alpha = product.getchannel("A")
    lower = alpha.crop((0, round(product.height * 0.62), product.width, product.height))
    flat = lower.resize((round(product.width * 1.04), max(2, product.height // 12)))
    slide = round(-pose.light[0] * product.width * 0.12)
    # A turned product would balance on a corner, so it is shown hovering instead.
    hover = round(size * min(0.035, abs(pose.turn) * 0.006)) if abs(pose.turn) > 1.5 else 0
    place = (corner[0] + slide, bottom - round(flat.height * 0.66) + hover)
    _darken(picture, flat, place, 0.02, 0.3)
    if not hover:
        feet = alpha.crop((0, round(product.height * 0.94), product.width, product.height))
        tight = feet.resize((feet.width, max(3, size // 55)))
        _darken(picture, tight, (corner[0], bottom - size // 80), 0.008, 0.55)


def _darken(
    picture: Image.Image, shape: Image.Image, corner: tuple[int, int], blur: float, strength: float
) -> None:
    mask = Image.new("L", picture.size, 0)
    mask.paste(shape, corner)
    soft = mask.filter(ImageFilter.GaussianBlur(picture.width * blur))
    picture.paste(_SHADE, (0, 0), soft.point(lambda value: round(value * strength)))
