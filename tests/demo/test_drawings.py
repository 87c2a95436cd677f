"""The drawings: the same for the same arguments, as large as told, in the colour that is asked."""

import colorsys

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from demo.drawings import (
    BACKDROPS,
    COLORS,
    DECOY_KINDS,
    KINDS,
    draw_decoy,
    draw_product,
)

SIZE = 200


def inked(picture: Image.Image) -> NDArray[np.bool_]:
    """Where something other than the white ground and the soft shadow is: bool [height, width]."""
    pixels = np.asarray(picture).astype(int)
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    return (spread > 40) | (pixels.max(axis=2) < 150)


def extent(marks: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_there_are_ten_kinds_in_ten_colours() -> None:
    assert len(KINDS) >= 10
    assert len(COLORS) >= 10


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_picture(kind: str) -> None:
    first, again, other = (
        draw_product(kind, "teal", seed=seed, size=SIZE, backdrop="scene") for seed in (7, 7, 8)
    )
    assert first.size == (SIZE, SIZE)
    assert first.mode == "RGB"
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_hero_fills_three_quarters_of_a_white_picture(kind: str) -> None:
    hero = draw_product(kind, "red", size=400)
    corners = [hero.getpixel(place) for place in ((0, 0), (399, 0), (0, 399), (399, 399))]
    assert all(min(corner) > 240 for corner in corners)  # type: ignore[arg-type, type-var]
    left, top, right, bottom = extent(inked(hero))
    assert 0.68 <= max(right - left, bottom - top) / 400 <= 0.86
    assert abs((left + right) / 2 - 200) < 24
    assert abs((top + bottom) / 2 - 200) < 24


@pytest.mark.parametrize("color", COLORS)
def test_a_product_has_the_colour_that_its_name_says(color: str) -> None:
    picture = draw_product("backpack", color, size=SIZE)
    middle = np.asarray(picture.crop((86, 40, 114, 56))).reshape(-1, 3).mean(axis=0) / 255

    def apart(other: str) -> float:
        hue, lightness, saturation = colorsys.rgb_to_hls(*middle)
        wanted = colorsys.rgb_to_hls(*(part / 255 for part in COLORS[other]))
        turn = min(abs(hue - wanted[0]), 1 - abs(hue - wanted[0])) * min(saturation, wanted[2]) * 6
        return turn + abs(lightness - wanted[1]) + abs(saturation - wanted[2])

    assert min(COLORS, key=apart) == color


@pytest.mark.parametrize("kind", KINDS)
def test_a_close_up_shows_less_of_the_product_but_larger(kind: str) -> None:
    whole = inked(draw_product(kind, "red", size=SIZE))
    close = inked(draw_product(kind, "red", size=SIZE, close_up=True))
    left, top, right, bottom = extent(close)
    assert close.mean() > whole.mean() * 1.1
    assert left == 0 or top == 0 or right == SIZE - 1 or bottom == SIZE - 1


def test_backdrops_differ_and_the_scene_is_not_plain() -> None:
    pictures = {name: draw_product("mug", "blue", size=SIZE, backdrop=name) for name in BACKDROPS}
    assert len({picture.tobytes() for picture in pictures.values()}) == len(BACKDROPS)
    spread = {name: float(np.asarray(picture)[:, :12].std()) for name, picture in pictures.items()}
    assert spread["white"] < 4 < spread["scene"]


def test_views_of_one_thing_share_its_details() -> None:
    """The trim of a watch is chosen by its details, whatever the pose."""

    def rim(details: int) -> float:
        picture = draw_product("wristwatch", "blue", seed=0, size=SIZE, details=details)
        pixels = np.asarray(picture).astype(int)
        return float((pixels[..., 0] - pixels[..., 2])[inked(picture)].mean())

    trims = {details: rim(details) for details in range(12)}
    assert max(trims.values()) - min(trims.values()) > 5
    one = draw_product("wristwatch", "blue", seed=3, size=SIZE, details=5)
    assert one.tobytes() != draw_product("wristwatch", "blue", seed=3, size=SIZE).tobytes()


@pytest.mark.parametrize(
    "wrong", [{"kind": "spaceship"}, {"color": "ultraviolet"}, {"backdrop": "beach"}]
)
def test_an_unknown_word_is_named(wrong: dict[str, str]) -> None:
    arguments = {"kind": "mug", "color": "red", "backdrop": "white"} | wrong
    with pytest.raises(ValueError, match=next(iter(wrong.values()))):
        draw_product(arguments["kind"], arguments["color"], size=64, backdrop=arguments["backdrop"])


@pytest.mark.parametrize("kind", DECOY_KINDS)
def test_decoys_are_wide_and_repeatable(kind: str) -> None:
    decoy = draw_decoy(kind, seed=4)
    assert decoy.width > decoy.height
    assert decoy.tobytes() == draw_decoy(kind, seed=4).tobytes()
    assert len({draw_decoy(kind, seed=seed).tobytes() for seed in range(6)}) > 2


def test_an_unknown_decoy_is_named() -> None:
    with pytest.raises(ValueError, match="coupon"):
        draw_decoy("coupon")
