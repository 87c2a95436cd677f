"""Backgrounds side by side, in one picture that is small enough to be sent along with words."""

import io
import math
from collections.abc import Iterable

from PIL import Image, ImageOps

from creative.encoding import PictureFile

LARGEST_SHEET = 40_000
_WIDTH = 960
_SPACE = 8
# Of what cannot be shown: a pale frame, on light ground and on dark.
_GAP = (128, 128, 128, 60)
_QUALITIES = (70, 55, 40, 25)
_SMALLER = 0.75


def contact_sheet(pictures: Iterable[Image.Image | None], count: int) -> PictureFile:
    """The pictures in rows, in their order, as a WebP of 40 kB at most.

    Args:
        pictures: of any mode and size, taken one at a time; each is shown at 16:9, cut where it
            is not. None leaves a gap.
        count: how many there are, 1 or more.

    Returns:
        A picture 960 pixels wide, or less where it is of noise that would not fit; what is between
        the pictures is transparent.

    Raises:
        ValueError: there is no picture, or `count` is not how many there are.
    """
    if count < 1:
        raise ValueError("a contact sheet needs at least one picture")
    sheet = _laid_out(pictures, count)
    while True:
        for quality in _QUALITIES:
            body = io.BytesIO()
            sheet.save(body, "WEBP", quality=quality, method=4)
            if body.tell() <= LARGEST_SHEET:
                return PictureFile(body.getvalue(), ".webp")
        size = (round(sheet.width * _SMALLER), round(sheet.height * _SMALLER))
        sheet = sheet.resize(size, Image.Resampling.LANCZOS)


def _laid_out(pictures: Iterable[Image.Image | None], count: int) -> Image.Image:
    columns = count if count <= 3 else math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    width = (_WIDTH - _SPACE * (columns - 1)) // columns
    height = width * 9 // 16
    sheet = Image.new("RGBA", (_WIDTH, height * rows + _SPACE * (rows - 1)))
    for number, picture in zip(range(count), pictures, strict=True):
        row, column = divmod(number, columns)
        at = (column * (width + _SPACE), row * (height + _SPACE))
        sheet.paste(_tile(picture, (width, height)), at)
    return sheet


def _tile(picture: Image.Image | None, size: tuple[int, int]) -> Image.Image:
    if picture is None:
        return Image.new("RGBA", size, _GAP)
    return ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.BICUBIC)
