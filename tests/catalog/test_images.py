import io
import struct
import zlib

import pytest
from PIL import Image

from catalog.errors import PictureUnreadable, TooLarge
from catalog.images import decode_picture

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
