"""What stands behind a product: plain white, a coloured studio sweep, or a table by a window."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demo.objects.canvas import Color, lighter, mixed

_Floats = NDArray[np.float32]


def paint_backdrop(name: str, color: Color, size: int, ground: float, seed: int) -> Image.Image:
    """A square RGB picture; `ground` is where the product stands, as a share of the height."""
    if name == "studio":
        return _studio(color, size, ground, seed)
    if name == "scene":
        return _scene(color, size, ground, seed)
    return _white(size)


def _image(values: _Floats) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8), "RGB")


def _grid(size: int) -> tuple[_Floats, _Floats]:
    steps = np.linspace(0, 1, size, dtype=np.float32)
    x, y = np.meshgrid(steps, steps)
    return x, y


def _white(size: int) -> Image.Image:
    x, y = _grid(size)
    shade = 254 - 7 * np.clip(np.hypot(x - 0.5, y - 0.5) - 0.35, 0, 1)
    return _image(np.stack([shade, shade, shade - 0.5], axis=-1))


def _studio(color: Color, size: int, ground: float, seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 23])
    x, y = _grid(size)
    tones: tuple[Color, ...] = (
        lighter(color, 0.72),
        (236, 226, 212),
        (216, 226, 228),
        (232, 214, 208),
        (222, 226, 210),
    )
    tone = np.array(tones[int(rng.integers(len(tones)))], dtype=np.float32)
    horizon = min(0.86, ground) - 0.13
    floor = 1 / (1 + np.exp(-(y - horizon) * 26))
    glow = np.exp(-((x - 0.36) ** 2 + (y - 0.34) ** 2) / 0.16)
    level = (
        0.86 + 0.15 * glow + 0.055 * floor - 0.1 * np.clip(np.hypot(x - 0.5, y - 0.5) - 0.4, 0, 1)
    )
    return _image(tone * level[..., None])


def _scene(color: Color, size: int, ground: float, seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 29])
    x, y = _grid(size)
    walls: tuple[Color, ...] = ((228, 220, 206), (206, 216, 208), (222, 206, 194), (204, 212, 222))
    wall = np.array(mixed(walls[int(rng.integers(len(walls)))], color, 0.06), dtype=np.float32)
    edge = min(0.84, ground - 0.11)
    level = 0.84 + 0.12 * (1 - x) - 0.1 * y
    level = level * (1 - 0.12 * np.exp(-np.abs(y - edge) / 0.035))
    picture = wall * level[..., None]
    table = _wood(size, rng)
    depth = np.clip((y - edge) / max(0.05, 1 - edge), 0, 1)
    table = table * (0.82 + 0.26 * depth)[..., None]
    below = np.clip((y - edge) * size, 0, 1)[..., None]
    scene = _image(picture * (1 - below) + table * below)
    return _window_light(scene, edge, rng)


def _wood(size: int, rng: np.random.Generator) -> _Floats:
    woods: tuple[Color, ...] = ((186, 138, 92), (158, 110, 72), (206, 166, 122))
    wood = np.array(woods[int(rng.integers(len(woods)))], dtype=np.float32)
    grain = np.zeros((size, size), dtype=np.float32)
    for rows, columns, weight in ((90, 3, 0.05), (220, 5, 0.04), (30, 2, 0.06)):
        noise = rng.normal(0, 1, (rows, columns)).astype(np.float32)
        image = Image.fromarray(noise, "F").resize((size, size), Image.Resampling.BICUBIC)
        grain += weight * np.asarray(image, dtype=np.float32)
    return (wood * (1 + grain)[..., None]).astype(np.float32)


def _window_light(scene: Image.Image, edge: float, rng: np.random.Generator) -> Image.Image:
    size = scene.width
    mask = Image.new("L", scene.size, 0)
    draw = ImageDraw.Draw(mask)
    left = float(rng.uniform(-0.02, 0.3))
    for u in (0.0, 0.53):
        for v in (0.0, 0.35, 0.7):
            corners = ((u, v), (u + 0.47, v), (u + 0.47, v + 0.3), (u, v + 0.3))
            pane = [
                (left + cu * 0.44 + cv * 0.16, 0.06 + cv * 0.6 - cu * 0.07) for cu, cv in corners
            ]
            draw.polygon([(px * size, py * size) for px, py in pane], fill=255)
    draw.polygon(
        [
            (size * px, size * py)
            for px, py in (
                (left - 0.05, edge + 0.04),
                (left + 0.6, edge + 0.02),
                (left + 0.8, 1.1),
                (left + 0.05, 1.1),
            )
        ],
        fill=150,
    )
    soft = mask.filter(ImageFilter.GaussianBlur(size * 0.012))
    light = Image.new("RGB", scene.size, (255, 240, 208))
    return Image.composite(light, scene, soft.point(lambda value: round(value * 0.3)))
