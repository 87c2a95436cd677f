import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from catalog import images
from catalog.errors import PictureUnreadable, TooLarge
from catalog.images import decode_picture, decode_thumbnail, load_picture, load_thumbnail
from catalog.pixels import on_white
from tests.pages import Pages

URL = "https://shop.example/a"
MANY = 40_000_000


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    body = io.BytesIO()
    picture.save(body, form, **options)
    return body.getvalue()


def vast_png() -> bytes:
    """A few bytes that claim 20,000 × 20,000 pixels (PNG specification, *IHDR*)."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    whole = struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + whole + b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_usual_formats_are_read(form: str) -> None:
    body = encoded(Image.new("RGB", (40, 30), "navy"), form)
    picture = decode_picture(body, URL, max_pixels=MANY)
    assert (picture.size, picture.mode) == ((40, 30), "RGB")


def test_transparency_is_kept() -> None:
    body = encoded(Image.new("RGBA", (40, 30), (0, 0, 0, 0)), "PNG")
    assert decode_picture(body, URL, max_pixels=MANY).mode == "RGBA"


def test_a_picture_is_turned_upright() -> None:
    sideways = Image.new("RGB", (40, 30))
    exif = Image.Exif()
    exif[0x0112] = 6
    body = encoded(sideways, "JPEG", exif=exif)
    assert decode_picture(body, URL, max_pixels=MANY).size == (30, 40)


@pytest.mark.parametrize("max_pixels", [MANY, 200_000_000, 500_000_000])
def test_a_picture_with_too_many_pixels_is_refused_before_they_are_read(max_pixels: int) -> None:
    with pytest.raises((TooLarge, PictureUnreadable)) as caught:
        decode_picture(vast_png(), URL, max_pixels=max_pixels)
    if max_pixels == MANY:
        assert type(caught.value) is TooLarge


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>not a picture</html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(Image.new("RGB", (400, 300)), "JPEG")[:200],
        encoded(Image.new("RGB", (40, 30)), "BMP"),
        encoded(Image.new("RGB", (40, 30)), "TIFF"),
    ],
    ids=["empty", "html", "svg", "cut", "bmp", "tiff"],
)
def test_what_is_no_allowed_picture_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(PictureUnreadable, match=r"\w+ \w+"):
        decode_picture(body, URL, max_pixels=MANY)


def corners(size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Four quarters of four colours, so that a turn, a swap or a lost channel shows."""
    picture = Image.new("RGB", size, (200, 40, 40))
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.rectangle((width // 2, 0, width, height // 2), (40, 200, 40))
    draw.rectangle((0, height // 2, width // 2, height), (40, 40, 200))
    draw.rectangle((width // 2, height // 2, width, height), (230, 230, 120))
    return picture


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(corners(), "JPEG", exif=exif, quality=95)


def sixteen_bits() -> bytes:
    ramp = np.linspace(0, 65_535, 800).astype(np.uint16)
    return encoded(Image.fromarray(np.tile(ramp, (600, 1))), "PNG")


def clear_half() -> Image.Image:
    picture = corners().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 400, 600))
    return picture


def palette_with_a_clear_colour() -> bytes:
    picture = corners().quantize(8)
    return encoded(picture, "PNG", transparency=int(np.asarray(picture)[0, 0]))


FILES = {
    "jpeg": encoded(corners(), "JPEG", quality=95),
    "progressive": encoded(corners(), "JPEG", quality=95, progressive=True),
    "turned": turned(),
    "grey jpeg": encoded(corners().convert("L"), "JPEG", quality=95),
    "cmyk": encoded(corners().convert("CMYK"), "JPEG", quality=95),
    "png": encoded(corners(), "PNG"),
    "palette": encoded(corners().quantize(16), "PNG"),
    "clear colour": palette_with_a_clear_colour(),
    "gif": encoded(corners().quantize(16), "GIF"),
    "16 bits": sixteen_bits(),
    "1 bit": encoded(corners().convert("1", dither=Image.Dither.NONE), "PNG"),
    "clear": encoded(clear_half(), "PNG"),
    "clear webp": encoded(clear_half(), "WEBP", lossless=True),
    "grey and clear": encoded(clear_half().convert("LA"), "PNG"),
    "webp": encoded(corners(), "WEBP", quality=95),
    "avif": encoded(corners(), "AVIF", quality=95),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_cheap_way_shows_what_the_whole_way_shows(kind: str) -> None:
    whole = on_white(decode_picture(FILES[kind], URL, max_pixels=MANY))
    small = decode_thumbnail(FILES[kind], URL, 100, max_pixels=MANY)
    assert (small.width, small.height) == whole.size
    assert small.picture.mode == "RGB"
    assert 100 <= min(small.picture.size) < 200
    seen, wanted = (
        np.asarray(picture.resize((20, 15), Image.Resampling.BOX), dtype=int)
        for picture in (small.picture, whole)
    )
    assert np.abs(seen - wanted).max() <= 12


def test_sixteen_bits_keep_their_shades() -> None:
    picture = decode_picture(FILES["16 bits"], URL, max_pixels=MANY)
    shades = np.asarray(picture.convert("L"))[0]
    assert (shades[0], shades[-1]) == (0, 255)
    assert abs(int(shades[400]) - 128) <= 1


def test_what_is_clear_is_white() -> None:
    for kind in ("clear", "clear webp", "clear colour"):
        small = decode_thumbnail(FILES[kind], URL, 100, max_pixels=MANY).picture
        assert small.getpixel((5, 5)) == (255, 255, 255), kind


def test_a_jpeg_is_decoded_no_larger_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []

    def noted(picture: Image.Image, side: int) -> Image.Image:
        sizes.append(picture.size)
        return picture

    monkeypatch.setattr(images, "reduced", noted)
    body = encoded(corners((1600, 1200)), "JPEG")
    for side in (100, 224, 700):
        decode_thumbnail(body, URL, side, max_pixels=MANY)
    assert sizes == [(200, 150), (400, 300), (1600, 1200)]


def test_a_small_picture_stays_as_it_is() -> None:
    body = encoded(corners((80, 60)), "PNG")
    assert decode_thumbnail(body, URL, 224, max_pixels=MANY).picture.size == (80, 60)


def test_the_cheap_way_has_the_same_bounds() -> None:
    with pytest.raises(TooLarge):
        decode_thumbnail(vast_png(), URL, 224, max_pixels=MANY)
    with pytest.raises(PictureUnreadable):
        decode_thumbnail(FILES["jpeg"][:2_000], URL, 224, max_pixels=MANY)


def test_a_picture_that_was_ranked_is_not_downloaded_again(pages: Pages) -> None:
    url = f"{pages.url}/mug-2.jpg?once"
    pages.pictures["/mug-2.jpg?once"] = FILES["jpeg"]
    assert load_thumbnail(url, 100).picture.size == (200, 150)
    assert load_picture(url).size == (800, 600)
    assert pages.hits["/mug-2.jpg?once"] == 1
