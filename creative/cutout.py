"""Lifting a product off its backdrop, at the size at which it will be shown."""

import numpy as np
from PIL import Image, ImageFilter

from creative.regions import Flags, Floats
from creative.subject import Subject

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
    reach = max(1.5, 1.2 * size[0] / max(1.0, _proxy_width(subject, crop)))
    mask = _proxy_part(Image.fromarray((subject.mask * 255).astype(np.uint8)), subject, crop, size)
    ground = Image.fromarray((subject.ground * 255 + 0.5).astype(np.uint8))
    behind = _proxy_part(ground, subject, crop, size)
    return _trimmed(_matte(piece, mask, behind, reach))


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


def _proxy_width(subject: Subject, crop: tuple[float, float, float, float]) -> float:
    return (crop[2] - crop[0]) / subject.picture.width * float(subject.mask.shape[1])


def _proxy_part(
    proxy: Image.Image,
    subject: Subject,
    crop: tuple[float, float, float, float],
    size: tuple[int, int],
) -> Image.Image:
    across = proxy.width / subject.picture.width
    down = proxy.height / subject.picture.height
    box = (crop[0] * across, crop[1] * down, crop[2] * across, crop[3] * down)
    return proxy.resize(size, Image.Resampling.BICUBIC, box=box)


def _matte(piece: Image.Image, mask: Image.Image, behind: Image.Image, reach: float) -> Image.Image:
    """Opacity and clean colours in the band around the outline; `reach` is its half width."""
    near = np.asarray(mask.filter(ImageFilter.GaussianBlur(reach)), np.float32) / 255
    deep = np.asarray(mask.filter(ImageFilter.GaussianBlur(4 * reach)), np.float32) / 255 > 0.97
    pixels = np.asarray(piece, np.float32) / 255
    ground = np.asarray(behind, np.float32) / 255
    within, told = _spread(pixels, deep, 4 * reach)
    away = pixels - ground
    plainly = np.einsum("hwc,hwc->hw", away, away) > 0.25**2
    core = near > 0.985
    # A strap or a wire is too thin to have a core; its own colour has to do.
    wire = (near > 0.6) & plainly & ~_beside(core, reach)
    inner = core | wire
    inner = deep | (inner & ~_like_backdrop(pixels, ground, within, told))
    product, beside = _spread(pixels, inner, reach)
    away = product - ground
    apart = np.einsum("hwc,hwc->hw", away, away)
    opacity = np.einsum("hwc,hwc->hw", pixels - ground, away) / np.maximum(apart, 1e-4)
    opacity = np.clip((np.clip(opacity, 0, 1) - 0.1) / 0.8, 0, 1)
    # Where product and backdrop are alike their colours say little, and the outline decides.
    known = np.clip((np.sqrt(apart) - 0.08) / 0.15, 0, 1)
    outline = np.clip((near - 0.5) * 2.5 + 0.35, 0, 1)
    opacity = known * opacity + (1 - known) * outline
    opacity = np.where(inner, 1, opacity * beside * np.clip((near - 0.06) / 0.2, 0, 1))
    _clear_below_the_foot(opacity)
    opacity = _antialiased(opacity)
    clean = (pixels - (1 - opacity[..., None]) * ground) / np.maximum(opacity[..., None], 0.35)
    faith = np.clip(opacity * 1.6 - 0.6, 0, 1)[..., None]
    colors = np.where(inner[..., None], pixels, faith * clean + (1 - faith) * product)
    layers = np.concatenate([colors, opacity[..., None]], axis=2)
    return Image.fromarray((np.clip(layers, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")


def _like_backdrop(pixels: Floats, ground: Floats, product: Floats, told: Flags) -> Flags:
    """Pixels that are bare or shaded backdrop, and unlike the product further in.

    `told` is where the product's colour further in is known. Shade is looked for at the foot, and
    beside what is strongly coloured, where it cannot be a grey part of the product.
    """
    away, other = pixels - ground, pixels - product
    unlike = ~told | (np.einsum("hwc,hwc->hw", other, other) > 0.22**2)
    bare = np.einsum("hwc,hwc->hw", away, away) < 0.03**2
    brightness = np.maximum(np.einsum("hwc,hwc->hw", ground, ground), 1e-3)
    shade = np.einsum("hwc,hwc->hw", pixels, ground) / brightness
    tint = pixels - shade[..., None] * ground
    grey = np.einsum("hwc,hwc->hw", tint, tint) < 0.055**2
    foot = (np.arange(len(pixels)) > 0.88 * len(pixels))[:, None]
    red, green, blue = product[..., 0], product[..., 1], product[..., 2]
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    colored = told & (spread > 0.2)
    shaded = foot & (shade > np.where(told, 0.35, 0.6)) & (shade < 1.1)
    shaded |= colored & (shade > 0.45) & (shade < 0.93)
    like = Image.fromarray(((bare | (grey & shaded)) & unlike).astype(np.uint8) * 255)
    # A pixel alone proves nothing; its neighbours have to agree.
    agreed: Flags = np.asarray(like.filter(ImageFilter.GaussianBlur(1.6))) > 127
    return agreed


def _antialiased(opacity: Floats) -> Floats:
    image = Image.fromarray((np.clip(opacity, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / 255


def _clear_below_the_foot(opacity: Floats) -> None:
    """Take away the outer rim of a shadow, which a gap parts from the product above it."""
    foot = opacity[round(opacity.shape[0] * 0.93) :]
    stood = np.maximum.accumulate(foot > 0.6, axis=0)
    parted = np.maximum.accumulate(stood & (foot < 0.35), axis=0)
    foot[parted] = 0


def _spread(pixels: Floats, inner: Flags, reach: float) -> tuple[Floats, Flags]:
    """The colours of `inner`, carried outwards, and where they got to."""
    blur = ImageFilter.GaussianBlur(reach * 2)
    weight = _weight(inner, reach)[..., None]
    known = Image.fromarray((np.where(inner[..., None], pixels, 0) * 255).astype(np.uint8))
    spread: Floats = np.asarray(known.filter(blur), np.float32) / np.maximum(weight, 1)
    beside = weight[..., 0] > 5
    return np.clip(np.where(beside[..., None], spread, pixels), 0, 1), beside


def _weight(flags: Flags, reach: float) -> Floats:
    image = Image.fromarray(flags.astype(np.uint8) * 255)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(reach * 2)), np.float32)


def _beside(flags: Flags, reach: float) -> Flags:
    beside: Flags = _weight(flags, reach) > 5
    return beside


def _with_color_under_edges(piece: Image.Image) -> Image.Image:
    """A cut-out as it came, its half transparent rim coloured like the product beside it."""
    pixels = np.asarray(piece, np.float32) / 255
    opacity = pixels[..., 3]
    product, _ = _spread(pixels[..., :3], opacity > 0.98, 1.5)
    pale = (opacity < 0.98)[..., None] & (pixels[..., :3].min(axis=2) > 0.94)[..., None]
    colors = np.where(pale, product, pixels[..., :3])
    layers = np.concatenate([colors, opacity[..., None]], axis=2)
    return Image.fromarray((layers * 255 + 0.5).astype(np.uint8), "RGBA")


def _trimmed(piece: Image.Image) -> Image.Image:
    solid = piece.getchannel("A").point(lambda value: 255 if value > 12 else 0)
    return piece.crop(solid.getbbox() or (0, 0, piece.width, piece.height))
