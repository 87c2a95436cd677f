"""Backgrounds side by side: in their order, and small whatever is on them."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from creative.contact_sheet import LARGEST_SHEET, contact_sheet

SIZE = (1920, 1080)
COLORS = ["red", "lime", "blue", "yellow", "cyan", "magenta", "black", "white", "gray", "orange"]


def sheet_of(pictures: list[Image.Image | None]) -> Image.Image:
    file = contact_sheet(pictures, len(pictures))
    assert file.suffix == ".webp"
    sheet = Image.open(io.BytesIO(file.body))
    assert sheet.format == "WEBP"
    return sheet.convert("RGBA")


def middle_of(
    sheet: Image.Image, column: int, row: int, columns: int, rows: int
) -> tuple[int, ...]:
    at = (
        sheet.width * (2 * column + 1) // (2 * columns),
        sheet.height * (2 * row + 1) // (2 * rows),
    )
    pixel = sheet.getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel


def is_close(pixel: tuple[int, ...], color: str) -> bool:
    wanted = Image.new("RGB", (1, 1), color).getpixel((0, 0))
    assert isinstance(wanted, tuple)
    return pixel[3] == 255 and all(abs(a - b) < 30 for a, b in zip(pixel, wanted, strict=False))


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2), (10, 4, 3)]
)  # fmt: skip
def test_pictures_stand_in_rows_in_their_order(count: int, columns: int, rows: int) -> None:
    sheet = sheet_of([Image.new("RGB", SIZE, color) for color in COLORS[:count]])
    assert sheet.width == 960
    assert abs(sheet.width * rows * 9 / (columns * 16) - sheet.height) < 10 * rows
    for number, color in enumerate(COLORS[:count]):
        row, column = divmod(number, columns)
        assert is_close(middle_of(sheet, column, row, columns, rows), color), number


def test_what_cannot_be_read_leaves_a_gap_in_its_place() -> None:
    sheet = sheet_of([Image.new("RGB", SIZE, "red"), None, Image.new("RGB", SIZE, "blue")])
    assert is_close(middle_of(sheet, 0, 0, 3, 1), "red")
    assert middle_of(sheet, 1, 0, 3, 1)[3] < 128, "a pale frame, that the page shows through"
    assert is_close(middle_of(sheet, 2, 0, 3, 1), "blue")


def test_pictures_of_any_shape_and_mode_are_shown_undistorted() -> None:
    tall = Image.new("L", (300, 900), "white")
    tall.paste(0, (0, 366, 300, 534))  # all that is 16:9 in its middle
    assert is_close(middle_of(sheet_of([tall]), 0, 0, 1, 1), "black")
    assert is_close(middle_of(sheet_of([Image.new("RGBA", (64, 64), "lime")]), 0, 0, 1, 1), "lime")


@pytest.mark.parametrize("count", [1, 10])
def test_a_sheet_of_noise_has_at_most_40_kilobytes(count: int) -> None:
    rng = np.random.default_rng(1)
    noise = Image.fromarray(rng.integers(0, 255, (540, 960, 3), dtype=np.uint8))
    body = contact_sheet([noise] * count, count).body
    assert 5_000 < len(body) <= LARGEST_SHEET


def test_pictures_are_taken_one_at_a_time() -> None:
    """Ten of them, each 6 MB, would be held at once otherwise."""
    alive: set[int] = set()

    class Counted(Image.Image):
        def __del__(self) -> None:
            alive.discard(id(self))

    def pictures() -> Iterator[Image.Image]:
        for _ in range(4):
            assert len(alive) <= 1
            picture = Image.new("RGB", SIZE)
            picture.__class__ = Counted
            alive.add(id(picture))
            yield picture
            del picture

    contact_sheet(pictures(), 4)


@pytest.mark.parametrize(("pictures", "count"), [(0, 0), (1, 2), (2, 1)])
def test_a_count_that_is_wrong_is_refused(pictures: int, count: int) -> None:
    with pytest.raises(ValueError, match=r"contact sheet|zip"):
        contact_sheet([Image.new("RGB", (16, 9))] * pictures, count)
