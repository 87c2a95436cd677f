"""Shadows and reflections of a product that stands or floats in a backdrop."""

import numpy as np
from PIL import Image, ImageFilter

from creative.background import Box
from creative.composing.paint import (
    WHOLE,
    Canvas,
    Floats,
    clip_to_canvas,
    coverage,
    grid,
    pool,
    soften,
)

_COARSE = 4


def stand_on(
    canvas: Canvas, product: Image.Image, box: Box, strength: float, ink: str, face: Box = WHOLE
) -> None:
    """Where a standing product meets the floor: a thin dark line, and a soft stain around it.

    `ink` is the shadow's colour; nothing falls beside or below `face`, on which the product stands.
    """
    base = _base_of(product, box)
    width = max(40.0, base[1] - base[0])
    middle = (base[0] + base[1]) / 2 + 0.05 * width
    reach = 1.5 * width + 80
    around = clip_to_canvas(
        max(min(box.left - 70, middle - reach), face.left),
        box.bottom - max(0.16 * box.height, 0.2 * width) - 60,
        min(max(box.right + 70, middle + reach), face.right),
        min(box.bottom + 70 + 0.2 * width, face.bottom + 2),
    )  # fmt: skip
    x, y = grid(around)
    cut = coverage(y - np.float32(face.bottom), 2.0)
    stain = pool(x, y, (middle, box.bottom + 3), (0.6 * width, max(14.0, 0.07 * width)))
    canvas.darken(stain * cut, 0.5 * strength, ink, around)
    line = _contact_line(product, box, around)
    for radius, share in ((5, 0.5), (18, 0.6)):
        soft = soften(line, radius)
        peak = max(float(soft.max()), 0.02)
        canvas.darken(soft / np.float32(peak) * cut, share * strength, ink, around)


def hover_over(canvas: Canvas, box: Box, strength: float, gap: int, ink: str) -> None:
    """The soft shadow on the floor, `gap` pixels below a product that does not touch it."""
    middle = ((box.left + box.right) / 2 + 20, box.bottom + gap)
    reach = (max(60.0, 0.42 * box.width), max(12.0, 0.06 * box.width))
    around = clip_to_canvas(
        middle[0] - 3 * reach[0], middle[1] - 3 * reach[1],
        middle[0] + 3 * reach[0], middle[1] + 3 * reach[1],
    )  # fmt: skip
    canvas.darken(pool(*grid(around), middle, reach), 0.55 * strength, ink, around)


def cast_along(
    canvas: Canvas, product: Image.Image, box: Box, strength: float, ink: str,
    length: float, lean: float,
) -> None:  # fmt: skip
    """A long shadow on the floor, to the right: `length` of the height, `lean` sideways."""
    height = max(2, round(box.height * length))
    slide = round(lean * height)
    around = clip_to_canvas(box.left - 60, box.bottom - height - 40, box.right + slide + 90,
                            box.bottom + 40)  # fmt: skip
    flat = product.getchannel("A").resize(
        (max(1, box.width // _COARSE), max(2, height // _COARSE)), Image.Resampling.BILINEAR
    )
    sheared = flat.transform(
        (flat.width + slide // _COARSE + 1, flat.height),
        Image.Transform.AFFINE, (1, lean, -lean * flat.height, 0, 1, 0), Image.Resampling.BILINEAR,
    )  # fmt: skip
    coarse = Image.new("L", (-(-around.width // _COARSE), -(-around.height // _COARSE)))
    top = (box.bottom - around.top) // _COARSE - flat.height + 1
    coarse.paste(sheared, ((box.left - around.left) // _COARSE, top))
    near = _full(coarse.filter(ImageFilter.GaussianBlur(2)), around)
    far = _full(coarse.filter(ImageFilter.GaussianBlur(7)), around)
    _, y = grid(around)
    fade = np.clip((y - (box.bottom - height)) / height, 0, 1) ** 1.4
    canvas.darken((near * fade + far * (1 - fade)) * fade, strength, ink, around)


def float_before(
    canvas: Canvas, product: Image.Image, box: Box, strength: float, ink: str,
    offset: tuple[int, int],
) -> None:  # fmt: skip
    """The shadow that a product throws on a wall close behind it."""
    around = clip_to_canvas(box.left - 130, box.top - 130, box.right + 160, box.bottom + 180)
    coarse = Image.new("L", (-(-around.width // _COARSE), -(-around.height // _COARSE)))
    size = (max(1, box.width // _COARSE), max(1, box.height // _COARSE))
    place = (box.left + offset[0] - around.left, box.top + offset[1] - around.top)
    alpha = product.getchannel("A").resize(size, Image.Resampling.BILINEAR)
    coarse.paste(alpha, (place[0] // _COARSE, place[1] // _COARSE))
    far = _full(coarse.filter(ImageFilter.GaussianBlur(13)), around)
    near = _full(coarse.filter(ImageFilter.GaussianBlur(5)), around)
    canvas.darken(0.62 * far + 0.38 * near, strength, ink, around)


def reflect_below(canvas: Canvas, product: Image.Image, box: Box, strength: float,
                  until: float) -> None:  # fmt: skip
    """The product mirrored in a polished face, fading out before the row `until`."""
    depth = round(min(box.height * 0.26, until - box.bottom))
    if depth < 4:
        return
    mirrored = product.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, box.width, depth))
    blurred = mirrored.filter(ImageFilter.GaussianBlur(2))
    fade = np.linspace(1, 0, depth, dtype=np.float32)[:, None] ** 1.5 * strength
    canvas.lay(blurred, box.left, box.bottom - 2, fade * np.ones((1, box.width), np.float32))


def stands(product: Image.Image) -> bool:
    """Whether a product has something to stand on: its lowest rows are not just a tip."""
    solid = np.asarray(product.getchannel("A")) > 128
    foot = max(2, round(0.035 * product.height))
    reach = np.flatnonzero(solid[-foot:].any(axis=0))
    return bool(reach.size and reach[-1] - reach[0] > 0.24 * product.width)


def _base_of(product: Image.Image, box: Box) -> tuple[float, float]:
    solid = np.asarray(product.getchannel("A")) > 128
    foot = max(2, round(0.06 * product.height))
    reach = np.flatnonzero(solid[-foot:].any(axis=0))
    if not reach.size:
        return (float(box.left), float(box.right))
    return (box.left + float(reach[0]), box.left + float(reach[-1]))


def _contact_line(product: Image.Image, box: Box, around: Box) -> Floats:
    """The lowest edge of the product, weaker the higher it lies above the floor."""
    solid = np.asarray(product.getchannel("A")) > 128
    lowest = box.height - 1 - np.argmax(solid[::-1], axis=0)
    lift = (box.height - 1 - lowest) / max(1.0, 0.13 * box.height)
    weight = np.where(solid.any(axis=0), np.clip(1 - lift, 0, 1) ** 1.5, 0)
    _, y = grid(around)
    line = np.zeros((around.height, around.width), np.float32)
    first, last = max(box.left, around.left), min(box.right, around.right)
    columns = slice(first - box.left, last - box.left)
    near = np.abs(y - (box.top + lowest[None, columns])) < 7
    line[:, first - around.left : last - around.left] = near * weight[columns]
    return line


def _full(coarse: Image.Image, around: Box) -> Floats:
    values = Image.fromarray(np.asarray(coarse, np.float32) / 255)
    size = (coarse.width * _COARSE, coarse.height * _COARSE)
    full = np.asarray(values.resize(size, Image.Resampling.BILINEAR), np.float32)
    return full[: around.height, : around.width]
