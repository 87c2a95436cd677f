import gzip
import io
import struct
import threading
import time
import zlib
from typing import Any

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


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_the_cap_on_pixels_is_exact(form: str) -> None:
    body = encoded(Image.new("RGB", (100, 50)), form)
    assert decode_picture(body, URL, max_pixels=5_000).size == (100, 50)
    with pytest.raises(TooLarge, match="100×50"):
        decode_picture(body, URL, max_pixels=4_999)


@pytest.mark.parametrize("size", [(12_001, 1), (1, 12_001)])
def test_no_side_is_longer_than_12_000_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge, match=r"12001"):
        decode_picture(encoded(Image.new("L", size), "PNG"), URL, max_pixels=MANY)
    edge = tuple(min(side, 12_000) for side in size)
    assert decode_picture(encoded(Image.new("L", edge), "PNG"), URL, max_pixels=MANY).size == edge


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        check = struct.pack(">I", zlib.crc32(name + data))
        body += struct.pack(">I", len(data)) + name + data + check
    return body


def vast_webp() -> bytes:
    """The greatest size that a WebP can claim: 16,384 × 16,384 (RFC 9649, *VP8X*)."""
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x00" * 4 + (16_383).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


VAST = {
    "png": png(13_000, 3_000, (b"IDAT", zlib.compress(b"\0" * 1_000))),
    "png-of-2-gigapixels": png(0x7FFF_FFFF, 1, (b"IDAT", b"")),
    "png-bomb": png(6_400, 6_400, (b"IDAT", zlib.compress(b"\0" * 6_400 * 3 * 6_400))),
    "gif": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\xf0\0\0" + b"\0" * 6
    + b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x44\x01\0;",
    "gif-frame-beyond-its-screen": b"GIF89a" + struct.pack("<HH", 1, 1) + b"\xf0\0\0"
    + b"\0" * 6 + b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x44\x01\0;",
    "jpeg": encoded(Image.new("L", (8, 8)), "JPEG").replace(
        struct.pack(">HH", 8, 8), struct.pack(">HH", 65_500, 65_500)
    ),
    "webp": vast_webp(),
}  # fmt: skip


@pytest.mark.parametrize("name", VAST)
def test_a_bomb_is_refused_before_it_takes_memory(name: str) -> None:
    before = Image.core.get_stats()["new_count"]
    with pytest.raises((TooLarge, PictureUnreadable)):
        decode_picture(VAST[name], URL, max_pixels=MANY)
    assert Image.core.get_stats()["new_count"] == before


def test_text_that_unpacks_to_much_is_refused() -> None:
    text = b"Comment\0\0" + zlib.compress(b"0" * 80_000_000)
    whole = png(1, 1, (b"zTXt", text), (b"IDAT", zlib.compress(b"\0\0\0\0")))
    with pytest.raises(PictureUnreadable):
        decode_picture(whole, URL, max_pixels=MANY)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_many_frames_only_the_first_is_decoded(form: str) -> None:
    frames = [Image.new("RGB", (300, 300), color) for color in ("navy", "red")] * 150
    body = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    began = time.process_time()
    picture = decode_picture(body, URL, max_pixels=MANY)
    assert time.process_time() - began < 0.2
    assert (picture.size, picture.mode) == ((300, 300), "RGB")
    red, green, blue = picture.getpixel((0, 0))  # type: ignore[misc]
    assert blue > 90
    assert max(red, green) < 40


def test_a_picture_that_is_also_a_page_is_read_as_a_picture_alone() -> None:
    whole = encoded(Image.new("RGB", (40, 30), "navy"), "JPEG")
    for also in (b"<script>alert(1)</script>", b"PK\x03\x04 archive", b"%PDF-1.7"):
        picture = decode_picture(whole + also, URL, max_pixels=MANY)
        assert also not in encoded(picture, "JPEG")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_that_cannot_be_read_is_passed_over(form: str) -> None:
    for exif in (b"Exif\0\0rubbish", b"Exif\0\0MM\0*\xff\xff\xff\xff"):
        whole = encoded(Image.new("RGB", (40, 30), "navy"), form, exif=exif)
        assert decode_picture(whole, URL, max_pixels=MANY).size == (40, 30)


def test_the_content_counts_and_not_the_name() -> None:
    body = encoded(Image.new("RGB", (40, 30)), "PNG")
    for name in ("a.svg", "a.jpg", "a.html", "a"):
        assert decode_picture(body, f"https://shop.example/{name}", max_pixels=MANY)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"
HEAD = {
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(/etc/passwd) run\n",
    "psd": b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 9, 9, 8, 3) + b"\0" * 40,
    "pdf": b"%PDF-1.7\n1 0 obj <<>> endobj\n",
    "fits": b"SIMPLE  =                    T".ljust(2_880),
    "ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0",
    "wmf": b"\xd7\xcd\xc6\x9a" + b"\0" * 40,
    "fli": struct.pack("<IHHHHHH", 128, 0xAF12, 1, 9, 9, 8, 3) + b"\0" * 112,
    "jpeg-2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 40,
    "html-behind-gif": b"GIF89a/*<svg onload=alert(1)>*/=1;",
    "html-behind-png": b"\x89PNG\r\n\x1a\n<html>",
    "html-behind-jpeg": b"\xff\xd8\xff<html>",
    "html-behind-webp": b"RIFF\x10\0\0\0WEBP<html>",
    "html-behind-avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf<html>",
}


@pytest.mark.parametrize(
    "body",
    [
        *[b"", b"\0" * 1_000, b"<html>not a picture</html>", SVG, b"<?xml version='1.0'?>" + SVG],
        *[gzip.compress(SVG), b"\xef\xbb\xbf" + SVG, *HEAD.values()],
        *[
            encoded(Image.effect_noise((400, 300), 90).convert("RGB"), form)[:1_000]
            for form in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
        ],
        *[
            encoded(Image.new("RGB", (40, 30)), form)
            for form in ("BMP", "TIFF", "PPM", "TGA", "PCX", "ICO", "EPS", "PDF", "JPEG2000", "SGI")
        ],
    ],
)
def test_what_is_no_allowed_picture_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(PictureUnreadable, match=r"\w+ \w+.*\.$"):
        decode_picture(body, "https://shop.example/a.jpg", max_pixels=MANY)


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


LARGE = {
    "jpeg": encoded(corners((5_000, 3_000)), "JPEG", quality=90),
    "progressive": encoded(corners((5_000, 3_000)), "JPEG", quality=90, progressive=True),
    "png": encoded(corners((2_401, 1_000)), "PNG"),
    "clear": encoded(corners((3_000, 3_600)).convert("RGBA"), "PNG"),
    "palette": encoded(corners((3_000, 1_200)).quantize(8), "PNG"),
    "long": encoded(corners((9_600, 40)), "JPEG", quality=90),
}


@pytest.mark.parametrize(
    ("kind", "size"),
    [("jpeg", (2_400, 1_440)), ("progressive", (2_400, 1_440)), ("png", (2_400, 1_000)),
     ("clear", (2_000, 2_400)), ("palette", (2_400, 960)), ("long", (2_400, 10))],
)  # fmt: skip
def test_a_large_picture_is_kept_no_larger_than_previews_need(
    pages: Pages, kind: str, size: tuple[int, int]
) -> None:
    pages.pictures[f"/large-{kind}"] = LARGE[kind]
    picture = load_picture(f"{pages.url}/large-{kind}")
    assert picture.size == size
    assert picture.mode == ("RGBA" if kind == "clear" else "RGB")
    whole = decode_picture(LARGE[kind], URL, max_pixels=MANY)
    seen, wanted = (
        np.asarray(each.convert("RGB").resize((20, 2), Image.Resampling.BOX), dtype=int)
        for each in (picture, whole)
    )
    assert np.abs(seen - wanted).max() <= 12


@pytest.mark.parametrize("kind", FILES)
def test_a_picture_that_is_not_large_is_kept_to_the_last_pixel(kind: str, pages: Pages) -> None:
    pages.pictures[f"/whole-{kind}".replace(" ", "-")] = FILES[kind]
    picture = load_picture(f"{pages.url}/whole-{kind}".replace(" ", "-"))
    whole = decode_picture(FILES[kind], URL, max_pixels=MANY)
    assert (picture.mode, picture.size) == (whole.mode, whole.size)
    assert picture.tobytes() == whole.tobytes()


def test_a_large_jpeg_is_decoded_no_larger_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []
    real = images.eight_bits

    def noted(picture: Image.Image) -> Image.Image:
        sizes.append(picture.size)
        return real(picture)

    monkeypatch.setattr(images, "eight_bits", noted)
    for size in ((5_000, 3_000), (3_000, 5_000), (4_790, 3_000), (9_600, 40)):
        body = encoded(Image.new("RGB", size), "JPEG")
        decode_picture(body, URL, max_pixels=MANY, longest_kept=2_400)
    assert sizes == [(2_500, 1_500), (1_500, 2_500), (4_790, 3_000), (2_400, 10)]


def test_no_more_pictures_are_decoded_at_once_than_there_are_decoders(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = threading.BoundedSemaphore(1)
    monkeypatch.setattr(images, "_decoders", only)
    real = images.decode_picture

    def decoding(*given: Any, **more: Any) -> Image.Image:
        assert not only.acquire(blocking=False)
        return real(*given, **more)

    monkeypatch.setattr(images, "decode_picture", decoding)
    pages.pictures["/alone.jpg"] = FILES["jpeg"]
    assert load_picture(f"{pages.url}/alone.jpg").size == (800, 600)


def rewritten(times: int) -> bytes:
    """A progressive JPEG whose last scan is written over and over."""
    whole = FILES["progressive"]
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * times + whole[-2:]


@pytest.mark.parametrize("times", [600, 40_000])
def test_a_jpeg_of_too_many_scans_is_refused_before_it_is_decoded(times: int) -> None:
    before = Image.core.get_stats()["new_count"]
    for decode in (
        lambda body: decode_picture(body, URL, max_pixels=MANY),
        lambda body: decode_thumbnail(body, URL, 100, max_pixels=MANY),
    ):
        with pytest.raises(PictureUnreadable, match=r"in \d+ scans, too many to read\.$"):
            decode(rewritten(times))
    assert Image.core.get_stats()["new_count"] == before


def test_a_large_jpeg_may_have_fewer_scans_than_a_small_one() -> None:
    assert decode_picture(rewritten(60), URL, max_pixels=MANY).size == (800, 600)
    scan = b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0"
    large = encoded(Image.new("L", (6_000, 6_000)), "JPEG")
    with pytest.raises(PictureUnreadable, match="61 scans"):
        decode_picture(large[:-2] + scan * 60 + large[-2:], URL, max_pixels=MANY)


def test_a_picture_that_was_ranked_is_not_downloaded_again(pages: Pages) -> None:
    url = f"{pages.url}/mug-2.jpg?once"
    pages.pictures["/mug-2.jpg?once"] = FILES["jpeg"]
    assert load_thumbnail(url, 100).picture.size == (200, 150)
    assert load_picture(url).size == (800, 600)
    assert pages.hits["/mug-2.jpg?once"] == 1
