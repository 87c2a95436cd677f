"""What a frame shows: the source picture cropped, carried on or mounted, in the palette's light."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from creative.colors import Palette, lightness_and_chroma, mix
from creative.composing.subject import Subject

LARGEST_SCALE = 1.6
_TINT = 0.62
_STEPS = 9


def covered(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`picture` cropped to `size` around what is most detailed in it."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS, centering=_focus(picture))


def mounted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture that is too small or too long, whole, on a blurred copy of itself."""
    ground = spread_out(picture, size)
    scale = min(0.86 * size[0] / picture.width, 0.8 * size[1] / picture.height, LARGEST_SCALE)
    small = _scaled(picture, scale)
    place = ((size[0] - small.width) // 2, (size[1] - small.height) // 2)
    shadow = Image.new("L", size)
    shadow.paste(120, (place[0] - 2, place[1] + 8, place[0] + small.width + 2,
                       place[1] + small.height + 14))  # fmt: skip
    ground.paste("#000000", (0, 0), shadow.filter(ImageFilter.GaussianBlur(16)))
    ground.paste(small, place)
    return ground


def extended(subject: Subject, picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture with its product at the middle of `size`, its plain ground carried on."""
    left, top, right, bottom = subject.box
    across, down = (right - left) * picture.width, (bottom - top) * picture.height
    scale = min(0.74 * size[0] / across, 0.74 * size[1] / down, 1.5 * LARGEST_SCALE)
    shown = _scaled(picture, scale)
    place = (
        round(size[0] / 2 - (left + right) / 2 * shown.width),
        round(size[1] / 2 - (top + bottom) / 2 * shown.height),
    )
    border = np.concatenate([subject.ground[[0, -1]].reshape(-1, 3),
                             subject.ground[:, [0, -1]].reshape(-1, 3)])  # fmt: skip
    red, green, blue = (round(float(value) * 255) for value in np.median(border, axis=0))
    ground = Image.new("RGB", size, (red, green, blue))
    edge = max(2, round(0.05 * max(shown.size)))
    feather = Image.new("L", shown.size)
    feather.paste(255, (edge, edge, max(edge + 1, shown.width - edge),
                        max(edge + 1, shown.height - edge)))  # fmt: skip
    ground.paste(shown, place, feather.filter(ImageFilter.GaussianBlur(edge / 2.5)))
    return ground


def spread_out(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`picture` cropped to `size`, so blurred that only its colours and its light are left."""
    small = ImageOps.fit(picture, (max(1, size[0] // 16), max(1, size[1] // 16)))
    soft = small.filter(ImageFilter.GaussianBlur(5))
    return soft.resize(size, Image.Resampling.BICUBIC)


def harmonised(picture: Image.Image, palette: Palette) -> Image.Image:
    """`picture` (RGB) with its greys brought to the palette's hue, the more the farther out.

    Walls and tables then belong to the backdrop around the frame. What has a colour of its own
    keeps it, and so does the middle, where the product is; lightness stays as it is.
    """
    _, chroma = lightness_and_chroma(palette.surface)
    tinted = _toned(picture, palette.hue, min(0.06, 0.75 * chroma))
    saturation = picture.convert("HSV").getchannel("S")
    greyness = saturation.point([_greyness(value) for value in range(256)])
    away = np.hypot(*np.meshgrid(np.linspace(-1, 1, 32), np.linspace(-1, 1, 32)))
    outer = Image.fromarray((np.clip(0.35 + 0.65 * away, 0, 1) * 255).astype(np.uint8))
    share = ImageChops.multiply(greyness, outer.resize(picture.size, Image.Resampling.BILINEAR))
    return Image.composite(tinted, picture, share)


def _greyness(saturation: int) -> int:
    colored = min(1.0, max(0.0, (saturation - 30) / 90))
    return round(255 * _TINT * (1 - colored * colored * (3 - 2 * colored)))


def _toned(picture: Image.Image, hue: float, chroma: float) -> Image.Image:
    """The greys of `picture`, all in one hue."""
    steps = np.linspace(0, 1, _STEPS)
    tones = [mix(float(step), chroma * float(1 - abs(2 * step - 1) ** 3), hue) for step in steps]
    table = np.array([[int(tone[at : at + 2], 16) for at in (1, 3, 5)] for tone in tones], float)
    # OKLCH lightness of the greys 0 to 255 (Ottosson), by which the table is read.
    share = np.arange(256) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    planes = [
        picture.convert("L").point(
            [round(value) for value in np.interp(np.cbrt(linear), steps, table[:, channel])]
        )
        for channel in range(3)
    ]
    return Image.merge("RGB", planes)


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _focus(picture: Image.Image) -> tuple[float, float]:
    """The middle of what is most detailed, as shares of width and height."""
    small = picture.convert("L").resize((48, 48), Image.Resampling.BOX)
    edges = np.asarray(small.filter(ImageFilter.FIND_EDGES), np.float64)[2:-2, 2:-2]
    weight = edges**2
    total = weight.sum()
    if total <= 0:
        return (0.5, 0.5)
    places = (np.arange(weight.shape[0]) + 0.5) / weight.shape[0]
    x, y = (weight.sum(axis=0) * places).sum() / total, (weight.sum(axis=1) * places).sum() / total
    return (float(np.clip(x, 0.15, 0.85)), float(np.clip(y, 0.15, 0.85)))
