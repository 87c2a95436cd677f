"""Finding the product in a picture: what is backdrop, what is product, and whether they part."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from creative.composing.openings import openings_in, unevenness_of
from creative.composing.regions import (
    Flags,
    Floats,
    flood,
    grow,
    pieces,
    ring,
    smoothed,
    steepness_of,
    step,
)

Kind = Literal["cut", "plain", "scene"]
Side = Literal["left", "top", "right", "bottom"]

PROXY_SIDE = 400
_LONGEST_SIDE = 2400
_TIGHT = 0.035
_EDGE = 0.012
_HARD_EDGE = 0.045
_SOFT_EDGE = 0.02
_MOST_ASTRAY = 0.04
_GATE = 5
_DARKEST_SHADOW = 0.58
_LIGHTEST_POOL = 1.4


@dataclass(frozen=True)
class Subject:
    """A picture, and where its product is.

    `kind` is "cut" when the product can be lifted off its backdrop, "plain" when the backdrop is
    plain but the product melts into it, "scene" when there is no plain backdrop. `picture` is RGB
    or RGBA. `mask` (height × width of a small copy, 0 to 1) is the product; `ground` (height ×
    width × 3, 0 to 1) is the backdrop's colour at each place and empty for a scene or for a
    picture that was cut out already. `box` is the product's box in fractions of the picture, and
    `touches` the sides of the picture that the product runs into.
    """

    kind: Kind
    picture: Image.Image
    mask: Floats
    ground: Floats
    box: tuple[float, float, float, float]
    touches: frozenset[Side]


def find_subject(picture: Image.Image, side: int = PROXY_SIDE) -> Subject:
    """Find the product in `picture` (any mode), working on a copy of at most `side` pixels."""
    upright = plain_modes(picture)
    proxy = shrink(upright, side)
    if upright.mode == "RGBA":
        alpha = np.asarray(proxy.getchannel("A"), np.float32) / 255
        return _subject("cut", upright, alpha, np.empty((0, 0, 3), np.float32))
    pixels = _blurred(proxy)
    ground = _fit_ground(pixels)
    if ground is None:
        whole = np.ones(pixels.shape[:2], np.float32)
        return _subject("scene", upright, whole, np.empty((0, 0, 3), np.float32))
    backdrop = _backdrop_of(pixels, ground)
    ground = _local_ground(pixels, ground, backdrop)
    distance = _apart(pixels, ground)
    product = _without_specks(_with_notches(~backdrop, distance))
    steepness = steepness_of(pixels)
    product &= ~openings_in(product, distance, steepness, unevenness_of(pixels, backdrop))
    if not product.any():
        product = np.ones_like(product)
        return _subject("plain", upright, product.astype(np.float32), ground)
    kind: Kind = "cut" if _parts_cleanly(product, distance, steepness) else "plain"
    return _subject(kind, upright, product.astype(np.float32), ground)


def product_pixels(picture: Image.Image, side: int) -> NDArray[np.uint8]:
    """The product's pixels (count × 3, RGB), from a copy of at most `side` pixels.

    Those of the middle for a picture without a plain backdrop. Openings and shadows are judged
    less finely than by `find_subject`, at a tenth of its time.
    """
    # What is small first need not be brought to plain modes at full size.
    small = shrink(picture, side) if picture.mode in ("RGB", "RGBA", "L") else picture
    proxy = shrink(plain_modes(small), side)
    colors = np.asarray(proxy.convert("RGB"))
    height, width = colors.shape[:2]
    if proxy.mode == "RGBA":
        product = np.asarray(proxy.getchannel("A")) > 153
    else:
        pixels = _blurred(proxy)
        ground = _fit_ground(pixels)
        if ground is None:
            product = np.zeros((height, width), np.bool_)
            product[height // 8 : height - height // 8, width // 8 : width - width // 8] = True
        else:
            product = ~_backdrop_of(pixels, ground)
    return colors[product] if product.any() else colors.reshape(-1, 3)


def _blurred(proxy: Image.Image) -> Floats:
    return np.asarray(proxy.filter(ImageFilter.BoxBlur(0.6)), np.float32) / 255


def plain_modes(picture: Image.Image) -> Image.Image:
    """`picture` as RGB, or as RGBA when a part of it can be seen through and a part cannot.

    A picture of more than 2400 pixels on a side comes back smaller.
    """
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, np.float64)
        peak = 65535.0 if values.max(initial=0) > 255 else 255.0
        picture = Image.fromarray((values.clip(0, peak) / peak * 255).astype(np.uint8))
    picture = shrink(picture, _LONGEST_SIDE) if picture.mode in ("RGB", "RGBA", "L") else picture
    if picture.mode not in ("RGB", "L") and picture.has_transparency_data:
        layered = picture.convert("RGBA")
        low, high = layered.getchannel("A").getextrema()
        if isinstance(low, int) and isinstance(high, int) and low < 250 and high > 127:
            return shrink(layered, _LONGEST_SIDE)
        picture = layered
    return shrink(picture.convert("RGB"), _LONGEST_SIDE)


def shrink(picture: Image.Image, side: int) -> Image.Image:
    """`picture` with no side longer than `side` pixels; a smaller one is returned as it is."""
    scale = side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX, reducing_gap=1.01)


def _fit_ground(pixels: Floats) -> Floats | None:
    """The backdrop's colour everywhere, from the border: a quadratic surface, outliers left out."""
    height, width = pixels.shape[:2]
    if min(height, width) < 8:
        return None
    border = ring(height, width)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    rows, columns = np.nonzero(border)
    across, down = x[0, columns], y[rows, 0]
    places = np.stack(
        [np.ones_like(across), across, down, across * across, down * down, across * down], axis=1
    )
    samples = pixels[border]
    kept = np.abs(samples - np.median(samples, axis=0)).max(axis=1) < 0.16
    residual = np.zeros(len(samples))
    for _ in range(4):
        if kept.mean() < 0.55:
            return None
        surface = _least_squares(places[kept], samples[kept])
        residual = np.abs(np.einsum("nt,tc->nc", places, surface) - samples).max(axis=1)
        kept = residual < max(0.02, 3 * float(np.median(residual[kept])))
    if kept.mean() < 0.6 or residual[kept].mean() > 0.02:
        return None
    ground = np.empty((height, width, 3), np.float32)
    for channel, (one, by_x, by_y, by_xx, by_yy, by_xy) in enumerate(surface.T.astype(np.float32)):
        in_rows, in_columns = one + (by_y + by_yy * y) * y, (by_x + by_xx * x) * x
        ground[..., channel] = in_rows + in_columns + by_xy * y * x
    clipped: Floats = np.clip(ground, 0, 1, out=ground)
    return clipped


def _least_squares(places: Floats, samples: Floats) -> Floats:
    """The six coefficients per channel, by the normal equations.

    Six unknowns are not worth the threads that the general solver wakes for them.
    """
    gram = np.einsum("ni,nj->ij", places, places, dtype=np.float64) + 1e-6 * np.eye(6)
    wanted = np.einsum("ni,nc->ic", places, samples, dtype=np.float64)
    solved: Floats = np.linalg.solve(gram, wanted)
    return solved


def _backdrop_of(pixels: Floats, ground: Floats) -> Flags:
    """What is reached from the border: the ground's colour, its soft shadows and pools of light.

    A shadow keeps the ground's tint and has no edge. Its way in has to be a few pixels wide, for
    a pale product is often as soft as a shadow at some point of its outline.
    """
    distance = _apart(pixels, ground)
    shade = (pixels * ground).sum(axis=2) / np.maximum((ground**2).sum(axis=2), 1e-3)
    tint = _apart(pixels, shade[..., None] * ground)
    soft = (shade > _DARKEST_SHADOW) & (shade < _LIGHTEST_POOL) & (tint < 0.045)
    steepness, border = steepness_of(pixels), ring(*distance.shape)
    edge = _EDGE + min(0.02, 2 * float(np.median(steepness[border])))
    soft &= (steepness < edge) & (ground.mean(axis=2) > 0.3)
    tight = distance < _TIGHT
    reached = flood(tight, border)
    gate = max(1, round(_GATE * max(distance.shape) / PROXY_SIDE))
    wide = ~grow(~(soft | tight), gate)
    reached |= grow(flood(wide, reached), gate) & (soft | tight)
    # Shadows are steep where the product stands, and only there.
    rows = np.flatnonzero((~reached).any(axis=1))
    foot = rows[-1] - 0.1 * (rows[-1] - rows[0]) if rows.size else 0
    limit = np.where(np.arange(len(shade)) > foot, 3.2, 1.8)[:, None] * edge
    smooth = (tight | soft | ((shade > 0.4) & (shade < 1.1) & (tint < 0.06))) & (steepness < limit)
    for _ in range(2 * gate):
        reached |= step(reached) & smooth
    return ~smoothed(~reached)


def _local_ground(pixels: Floats, ground: Floats, backdrop: Flags) -> Floats:
    """The backdrop's colour everywhere: the mean of what is near, or `ground` where nothing is."""
    flags = Image.fromarray(backdrop.astype(np.uint8) * 255)
    known = Image.fromarray((np.where(backdrop[..., None], pixels, 0) * 255).astype(np.uint8))
    for reach in (0.09, 0.02):
        blur = ImageFilter.BoxBlur(max(2, round(reach * max(backdrop.shape))))
        weight = np.asarray(flags.filter(blur), np.float32)[..., None]
        mean = np.asarray(known.filter(blur), np.float32) / np.maximum(weight, 1)
        share = np.clip(weight / 255 * 4, 0, 1)
        ground = share * mean + (1 - share) * ground
    return ground


def _apart(first: Floats, second: Floats) -> Floats:
    distance: Floats = np.sqrt(((first - second) ** 2).sum(axis=2))
    return distance


def _with_notches(product: Flags, distance: Floats) -> Flags:
    """`product` with what was bitten out of a pale edge: narrow bays not quite of the ground."""
    reach = max(1, round(0.012 * max(product.shape)))
    closed = ~grow(~grow(product, reach), reach)
    rows = np.flatnonzero(product.any(axis=1))
    if rows.size:
        closed[round(rows[0] + 0.9 * (rows[-1] - rows[0])) :] = False
    return product | (closed & (distance > 0.45 * _TIGHT))


def _without_specks(product: Flags) -> Flags:
    core = ~grow(~product, max(1, round(0.006 * max(product.shape))))
    return flood(product, core) if core.any() else product


def _parts_cleanly(product: Flags, distance: Floats, steepness: Floats) -> bool:
    """Whether the outline is one that a cut may follow: whole, and standing out from the ground.

    Hard edges in what was taken for backdrop are what is left of a part that melted into it; an
    outline that follows no edge of the picture was bitten out of a glowing part, or round a shadow.
    """
    if not 0.004 < float(product.mean()) < 0.9:
        return False
    reach = max(2, round(0.025 * max(product.shape)))
    closed = ~grow(~grow(product, reach), reach)
    if pieces(closed | product) < pieces(product):
        return False
    inside = ~grow(~product, 2)
    rim = inside & grow(~inside, 2)
    remains = ~grow(product, 4) & (steepness > _HARD_EDGE)
    if not rim.any() or remains.sum() > 0.008 * rim.sum():
        return False
    outline = product & grow(~product, 1) & ~ring(*product.shape)
    soft_edge = _SOFT_EDGE * PROXY_SIDE / max(product.shape)
    astray = outline & ~grow(steepness > soft_edge, 2)
    if astray.sum() > _MOST_ASTRAY * outline.sum():
        return False
    return bool((distance[rim] > 0.07).mean() > 0.72)


def _subject(kind: Kind, picture: Image.Image, mask: Floats, ground: Floats) -> Subject:
    height, width = mask.shape
    solid = mask > 0.1
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    edge = max(1, round(0.006 * max(height, width)))
    sides: dict[Side, bool] = {
        "left": left < edge,
        "top": top < edge,
        "right": right > width - edge,
        "bottom": bottom > height - edge,
    }
    touches = frozenset(side for side, reached in sides.items() if reached)
    box = (left / width, top / height, right / width, bottom / height)
    return Subject(kind, picture, mask, ground, box, touches)
