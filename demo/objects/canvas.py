"""A layer on which shaded shapes are painted: solid looking parts, shadows, gleams, seams."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from demo.objects.masks import (
    Bounds,
    Floats,
    Mask,
    ball_normals,
    column_normals,
    flat_normals,
    puff_normals,
)
from demo.objects.shapes import Outline, Point, Stroke, spread

Color = tuple[int, int, int]
Form = Literal["puff", "column", "ball", "flat"]


@dataclass(frozen=True)
class Finish:
    """How a surface answers the light; `metal` bends the ramp into bright and dark bands."""

    ambient: float = 0.36
    gloss: float = 0.1
    shininess: float = 14.0
    rim: float = 0.06
    grain: float = 0.0
    metal: bool = False


MATTE = Finish()
SATIN = Finish(gloss=0.28, shininess=22.0, rim=0.1)
GLOSSY = Finish(ambient=0.32, gloss=0.62, shininess=46.0, rim=0.16)
FABRIC = Finish(ambient=0.42, gloss=0.03, shininess=6.0, rim=0.1, grain=0.05)
LEATHER = Finish(ambient=0.36, gloss=0.2, shininess=16.0, rim=0.05, grain=0.03)
METAL = Finish(gloss=0.5, shininess=40.0, rim=0.1, metal=True)

_METAL_BANDS = (0.0, 0.14, 0.3, 0.42, 0.62, 0.78, 0.9, 1.0)
_METAL_LIGHT = (0.22, 0.46, 0.98, 0.7, 0.4, 0.62, 0.94, 0.5)


def mixed(first: Color, second: Color, share: float) -> Color:
    """`first` with `share` (0 to 1) of `second` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(color: Color, share: float = 0.3) -> Color:
    """The colour in shade, slightly cooler."""
    return mixed(color, (24, 18, 40), share)


def lighter(color: Color, share: float = 0.3) -> Color:
    """The colour in warm light."""
    return mixed(color, (255, 248, 238), share)


class Canvas:
    """A square transparent layer of `pixels` a side; shapes are given in units of 0 to 100.

    `color` is the product's own colour; `light` points towards the lamp (x right, y down, z to
    the viewer); `rng` decides the details that differ between two drawings of one kind.
    """

    def __init__(
        self, pixels: int, color: Color, light: tuple[float, float, float], seed: int
    ) -> None:
        self.pixels = pixels
        self.color = color
        self.rng = np.random.default_rng(seed)
        self.hero = seed == 0
        self.layer = Image.new("RGBA", (pixels, pixels), (0, 0, 0, 0))
        length = math.sqrt(sum(part * part for part in light))
        self.light = tuple(part / length for part in light)
        self._unit = pixels / 100

    def vary(self, low: float, high: float) -> float:
        """A number between the two, their middle in the hero drawing."""
        number = float(self.rng.uniform(low, high))
        return (low + high) / 2 if self.hero else number

    def chance(self, share: float) -> bool:
        """True in that share of the drawings; in the hero when the share is at least a half."""
        drawn = bool(self.rng.random() < share)
        return share >= 0.5 if self.hero else drawn

    def mask(self, *shapes: Outline | Stroke) -> Mask:
        """The union of the shapes, with edges about one pixel soft."""
        reach = max((max(s.start, s.stop) / 2 for s in shapes if isinstance(s, Stroke)), default=0)
        points = [p for s in shapes for p in (s.points if isinstance(s, Stroke) else s)]
        across, down = [point[0] for point in points], [point[1] for point in points]
        left = math.floor((min(across) - reach) * self._unit) - 3
        top = math.floor((min(down) - reach) * self._unit) - 3
        right = math.ceil((max(across) + reach) * self._unit) + 4
        bottom = math.ceil((max(down) + reach) * self._unit) + 4
        image = Image.new("L", (right - left, bottom - top), 0)
        draw = ImageDraw.Draw(image)
        for shape in shapes:
            if isinstance(shape, Stroke):
                self._stroke(draw, shape, left, top)
            else:
                draw.polygon([self._pixel(point, left, top) for point in shape], fill=255)
        return Mask(image.filter(ImageFilter.GaussianBlur(0.7)), left, top)

    def _pixel(self, point: Point, left: int, top: int) -> Point:
        return point[0] * self._unit - left, point[1] * self._unit - top

    def _stroke(self, draw: ImageDraw.ImageDraw, stroke: Stroke, left: int, top: int) -> None:
        dots = spread(stroke.points, max(0.6 / self._unit, min(stroke.start, stroke.stop) / 12))
        for index, dot in enumerate(dots):
            share = index / max(1, len(dots) - 1)
            radius = (stroke.start + (stroke.stop - stroke.start) * share) / 2 * self._unit
            x, y = self._pixel(dot, left, top)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

    def _visible(self, bounds: Bounds) -> Bounds | None:
        left, top = max(0, bounds[0]), max(0, bounds[1])
        right, bottom = min(self.pixels, bounds[2]), min(self.pixels, bounds[3])
        return (left, top, right, bottom) if left < right and top < bottom else None

    def part(
        self,
        mask: Mask,
        color: Color,
        finish: Finish = MATTE,
        *,
        form: Form = "puff",
        roundness: float = 5.0,
        shadow: float = 0.0,
    ) -> None:
        """Paints a solid: `roundness` is how far in units its edge curves away from the viewer.

        `shadow` (units) is how high it stands over what is painted already, which it shades.
        """
        bounds = self._visible(mask.bounds)
        if bounds is None:
            return
        if shadow:
            self.cast(mask, shadow)
        inside = mask.window(bounds)
        if form == "column":
            normals = column_normals(inside)
        elif form == "ball":
            normals = ball_normals(inside)
        elif form == "flat":
            normals = flat_normals(inside)
        else:
            normals = puff_normals(mask, bounds, roundness * self._unit)
        painted = self._shaded(normals, color, finish)
        painted.putalpha(inside)
        self.layer.alpha_composite(painted, bounds[:2])

    def _shaded(self, normals: Floats, color: Color, finish: Finish) -> Image.Image:
        x, y, z = normals
        lit = np.clip(x * self.light[0] + y * self.light[1] + z * self.light[2], 0, 1)
        if finish.metal:
            place = 0.5 + 0.5 * np.clip(0.8 * x + 0.55 * y, -1, 1)
            level = np.interp(place, _METAL_BANDS, _METAL_LIGHT).astype(np.float32)
        else:
            level = finish.ambient + (0.98 - finish.ambient) * lit
        if finish.grain:
            level = level + self._grain(level.shape, finish.grain)
        image = _ramp(level, color)
        half = np.array([self.light[0], self.light[1], self.light[2] + 1.0])
        half /= np.linalg.norm(half)
        gleam = np.clip(x * half[0] + y * half[1] + z * half[2], 0, 1) ** finish.shininess
        white = finish.gloss * gleam + finish.rim * np.clip(1 - z, 0, 1) ** 3 * lit
        image += (255 - image) * np.clip(white, 0, 1)[..., None]
        return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8), "RGB")

    def _grain(self, shape: tuple[int, ...], strength: float) -> Floats:
        cell = max(1.0, self._unit * 0.22)
        rows, columns = math.ceil(shape[0] / cell), math.ceil(shape[1] / cell)
        noise = self.rng.normal(0, 1, (rows, columns)).astype(np.float32)
        image = Image.fromarray(noise, "F").resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
        return np.asarray(image, dtype=np.float32) * np.float32(strength)

    def cast(self, mask: Mask, height: float, strength: float = 0.5) -> None:
        """Shades what is painted already, as something of that outline `height` units above it."""
        distance = height * self._unit
        left = mask.left - round(self.light[0] * distance)
        top = mask.top - round(self.light[1] * distance)
        self.tint(Mask(mask.image, left, top), (18, 12, 30), strength, blur=height * 0.9)

    def tint(
        self,
        mask: Mask,
        color: Color,
        strength: float,
        blur: float = 0.0,
        within: Mask | None = None,
    ) -> None:
        """Colours what is painted already where the mask lies, softened by `blur` units."""
        if blur:
            mask = mask.softened(blur * self._unit)
        bounds = self._visible(mask.bounds)
        if bounds is None:
            return
        share = mask.window(bounds)
        if within is not None:
            share = ImageChops.multiply(share, within.window(bounds))
        share = share.point(lambda value: round(value * strength))
        region = self.layer.crop(bounds)
        alpha = region.getchannel("A")
        colored = Image.composite(
            Image.new("RGB", region.size, color), region.convert("RGB"), share
        )
        colored.putalpha(alpha)
        self.layer.paste(colored, bounds[:2])

    def gleam(self, shape: Outline | Stroke, strength: float, blur: float, within: Mask) -> None:
        """A soft reflection inside `within`."""
        self.tint(self.mask(shape), (255, 255, 255), strength, blur, within)

    def seam(
        self, points: Outline, color: Color, width: float = 0.5, strength: float = 0.6
    ) -> None:
        """A thin line on the surface, with a hint of light beside it."""
        below = [(x + width * 0.5, y + width * 0.7) for x, y in points]
        self.tint(self.mask(Stroke(below, width, width)), (255, 255, 255), strength * 0.25)
        self.tint(self.mask(Stroke(points, width, width)), color, strength)

    def stitches(self, points: Outline, color: Color, width: float = 0.45) -> None:
        """A dashed seam."""
        dots = spread(points, 0.9)
        dashes = [Stroke(dots[i : i + 2], width, width) for i in range(0, len(dots) - 1, 2)]
        self.tint(self.mask(*dashes), color, 0.75)


def _ramp(level: Floats, color: Color) -> Floats:
    stops = (0.0, 0.3, 0.56, 0.82, 1.05)
    colors = (darker(color, 0.72), darker(color, 0.4), darker(color, 0.12), color, lighter(color))
    channels = [np.interp(level, stops, [shade[i] for shade in colors]) for i in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)
