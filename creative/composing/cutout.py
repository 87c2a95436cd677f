"""Lifting a product off its backdrop, at the size at which it will be shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from creative.composing.regions import Flags, Floats
from creative.composing.subject import Subject

_MARGIN = 0.02


def cut_out(subject: Subject, width: int) -> Image.Image:
    """The product alone, RGBA and about `width` pixels wide, trimmed to what can be seen of it.

    The edge's opacity is worked out from the product's and the backdrop's colours beside it, and
    the backdrop's colour is taken out of it, so that no rim of it comes along. `subject` is of
    the kind "cut".
    """
    crop = _crop_box(subject)
    scale = width / max(1.0, (subject.box[2] - subject.box[0]) * subject.picture.width)
    size = (max(1, round((crop[2] - crop[0]) * scale)), max(1, round((crop[3] - crop[1]) * scale)))
    piece = subject.picture.resize(size, Image.Resampling.LANCZOS, box=crop, reducing_gap=2.0)
    if piece.mode == "RGBA":
        return _trimmed(_with_color_under_edges(piece))
    return _trimmed(_matte(piece, subject, crop))


def _crop_box(subject: Subject) -> tuple[float, float, float, float]:
    width, height = subject.picture.size
    left, top, right, bottom = subject.box
    margin = _MARGIN * max(right - left, bottom - top)
    return (
        max(0.0, left - margin) * width,
        max(0.0, top - margin) * height,
        min(1.0, right + margin) * width,
        min(1.0, bottom + margin) * height,
    )


def _proxy_part(
    proxy: Image.Image, crop: tuple[float, float, float, float], subject: Subject,
    size: tuple[int, int],
) -> NDArray[np.uint8]:  # fmt: skip
    across = proxy.width / subject.picture.width
    down = proxy.height / subject.picture.height
    box = (crop[0] * across, crop[1] * down, crop[2] * across, crop[3] * down)
    return np.asarray(proxy.resize(size, Image.Resampling.BILINEAR, box=box))


@dataclass(frozen=True)
class _Band:
    """The pixels around an outline, where opacity has to be worked out; all others are clear.

    `where` are they (height × width), `near` how far inside the outline they lie, 0 to 1; `pixels`
    and `ground` (count × 3, 0 to 1) are the colours seen, and the backdrop's.
    """

    where: Flags
    near: Floats
    pixels: Floats
    ground: Floats


def _matte(
    piece: Image.Image, subject: Subject, crop: tuple[float, float, float, float]
) -> Image.Image:
    """Opacity and clean colours in the band around the outline."""
    scale = piece.width / (crop[2] - crop[0]) * subject.picture.width / subject.mask.shape[1]
    reach = max(1.5, 1.2 * scale)
    mask = Image.fromarray((subject.mask * 255).astype(np.uint8))
    blurred = [mask.filter(ImageFilter.GaussianBlur(far * reach / scale)) for far in (1, 4)]
    near, far_inside = (_proxy_part(one, crop, subject, piece.size) for one in blurred)
    deep = far_inside > 0.97 * 255
    where = (near > 0) & ~deep
    behind = Image.fromarray((subject.ground * 255 + 0.5).astype(np.uint8))
    ground = _proxy_part(behind, crop, subject, piece.size)
    seen = np.array(piece)
    band = _Band(where, _shares(near[where]), _shares(seen[where]), _shares(ground[where]))
    inner = _inner_of(piece, band, deep, near > 0.985 * 255, reach)
    product, beside = _spread(piece, inner, reach, where)
    own = inner[where]
    opacity = inner.astype(np.float32)
    opacity[where] = np.where(own, 1, _opacity_of(band, product) * beside)
    _clear_below_the_foot(opacity)
    opacity = _antialiased(opacity)
    share = opacity[where][:, None]
    clean = (band.pixels - (1 - share) * band.ground) / np.maximum(share, 0.35)
    faith = np.clip(share * 1.6 - 0.6, 0, 1)
    colors = np.where(own[:, None], band.pixels, faith * clean + (1 - faith) * product)
    seen[where] = (np.clip(colors, 0, 1) * 255 + 0.5).astype(np.uint8)
    matted = Image.fromarray(seen)
    matted.putalpha(Image.fromarray((opacity * 255 + 0.5).astype(np.uint8)))
    return matted


def _inner_of(piece: Image.Image, band: _Band, deep: Flags, core: Flags, reach: float) -> Flags:
    """What is product for certain: its depth, and of the band what is unlike the backdrop."""
    within, told = _spread(piece, deep, 4 * reach, band.where)
    plainly = _squares(band.pixels - band.ground) > 0.25**2
    # A strap or a wire is too thin to have a core; its own colour has to do.
    wire = (band.near > 0.6) & plainly & ~_beside(core, reach)[band.where]
    like = np.zeros_like(deep)
    like[band.where] = _like_backdrop(band, within, told)
    # A pixel alone proves nothing; its neighbours have to agree.
    agreed = _blur(like, 1.6)[band.where] > 127
    inner = deep.copy()
    inner[band.where] = (core[band.where] | wire) & ~agreed
    return inner


def _opacity_of(band: _Band, product: Floats) -> Floats:
    """How much of each pixel of the band is product, whose colour there is `product`."""
    away = product - band.ground
    apart = _squares(away)
    opacity = np.einsum("nc,nc->n", band.pixels - band.ground, away) / np.maximum(apart, 1e-4)
    opacity = np.clip((np.clip(opacity, 0, 1) - 0.1) / 0.8, 0, 1)
    # Where product and backdrop are alike their colours say little, and the outline decides.
    known = np.clip((np.sqrt(apart) - 0.08) / 0.15, 0, 1)
    outline = np.clip((band.near - 0.5) * 2.5 + 0.35, 0, 1)
    opacity = known * opacity + (1 - known) * outline
    decided: Floats = opacity * np.clip((band.near - 0.06) / 0.2, 0, 1)
    return decided


def _like_backdrop(band: _Band, product: Floats, told: Flags) -> Flags:
    """Pixels that are bare or shaded backdrop, and unlike the product further in.

    `told` is where the product's colour further in is known. Shade is looked for at the foot, and
    beside what is strongly coloured, where it cannot be a grey part of the product.
    """
    pixels, ground = band.pixels, band.ground
    unlike = ~told | (_squares(pixels - product) > 0.22**2)
    bare = _squares(pixels - ground) < 0.03**2
    shade = np.einsum("nc,nc->n", pixels, ground) / np.maximum(_squares(ground), 1e-3)
    grey = _squares(pixels - shade[:, None] * ground) < 0.055**2
    rows = np.nonzero(band.where)[0]
    foot = rows > 0.88 * len(band.where)
    colored = told & (np.ptp(product, axis=1) > 0.2)
    shaded = foot & (shade > np.where(told, 0.35, 0.6)) & (shade < 1.1)
    shaded |= colored & (shade > 0.45) & (shade < 0.93)
    alike: Flags = (bare | (grey & shaded)) & unlike
    return alike


def _squares(values: Floats) -> Floats:
    squares: Floats = np.einsum("nc,nc->n", values, values)
    return squares


def _shares(values: NDArray[np.uint8]) -> Floats:
    return values.astype(np.float32) / 255


def _blur(flags: Flags, radius: float) -> NDArray[np.uint8]:
    return np.asarray(_mask(flags).filter(ImageFilter.GaussianBlur(radius)))


def _antialiased(opacity: Floats) -> Floats:
    image = Image.fromarray((np.clip(opacity, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / 255


def _clear_below_the_foot(opacity: Floats) -> None:
    """Take away the outer rim of a shadow, which a gap parts from the product above it."""
    foot = opacity[round(opacity.shape[0] * 0.93) :]
    stood = np.maximum.accumulate(foot > 0.6, axis=0)
    parted = np.maximum.accumulate(stood & (foot < 0.35), axis=0)
    foot[parted] = 0


def _spread(piece: Image.Image, inner: Flags, reach: float, where: Flags) -> tuple[Floats, Flags]:
    """The colours of `inner`, carried outwards to the pixels `where`, and which they got to.

    Worked out on a smaller copy, for they are soft.
    """
    step = max(1, min(6, round(reach)))
    size = (-(-piece.width // step), -(-piece.height // step))
    mask = _mask(inner)
    known = Image.composite(piece, Image.new("RGB", piece.size), mask)
    # Four planes that no resampling weighs by each other, unlike those of RGBA.
    planes = Image.merge("CMYK", (*known.split(), mask)).resize(size, Image.Resampling.BOX)
    soft = planes.filter(ImageFilter.GaussianBlur(2 * reach / step))
    found = np.asarray(soft.resize(piece.size, Image.Resampling.BILINEAR))[where]
    colors, weight = found[:, :3], found[:, 3]
    beside = weight > 5
    spread = colors.astype(np.float32) / np.maximum(weight, 1)[:, None].astype(np.float32)
    seen = _shares(np.asarray(piece)[where])
    return np.clip(np.where(beside[:, None], spread, seen), 0, 1), beside


def _mask(flags: Flags) -> Image.Image:
    return Image.fromarray(flags.view(np.uint8) * np.uint8(255))


def _beside(flags: Flags, reach: float) -> Flags:
    small = _mask(flags).reduce(2).filter(ImageFilter.GaussianBlur(reach))
    size = (flags.shape[1], flags.shape[0])
    beside: Flags = np.asarray(small.resize(size, Image.Resampling.BILINEAR)) > 5
    return beside


def _with_color_under_edges(piece: Image.Image) -> Image.Image:
    """A cut-out as it came, its half transparent rim coloured like the product beside it."""
    pixels = np.asarray(piece, np.float32) / 255
    opacity = pixels[..., 3]
    everywhere = np.ones(opacity.shape, np.bool_)
    product, _ = _spread(piece.convert("RGB"), opacity > 0.98, 1.5, everywhere)
    product = product.reshape(*opacity.shape, 3)
    pale = (opacity < 0.98)[..., None] & (pixels[..., :3].min(axis=2) > 0.94)[..., None]
    colors = np.where(pale, product, pixels[..., :3])
    layers = np.concatenate([colors, opacity[..., None]], axis=2)
    return Image.fromarray((layers * 255 + 0.5).astype(np.uint8), "RGBA")


def _trimmed(piece: Image.Image) -> Image.Image:
    solid = piece.getchannel("A").point(lambda value: 255 if value > 12 else 0)
    return piece.crop(solid.getbbox() or (0, 0, piece.width, piece.height))
