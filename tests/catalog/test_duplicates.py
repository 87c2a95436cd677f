"""The same picture again is known; another view and another colour are not taken for it."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance

from catalog.duplicates import Fingerprint, group
from demo.drawings import KINDS, draw_product
from tests.sparing import mostly_long

Change = Callable[[Image.Image], Image.Image]


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=quality)
    return Image.open(io.BytesIO(body.getvalue())).convert("RGB")


def cut(picture: Image.Image, share: float) -> Image.Image:
    width, height = picture.size
    box = (width * share, height * share, width * (1 - share), height * (1 - share))
    return picture.crop(tuple(round(edge) for edge in box))


def warmed(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    return Image.merge(
        "RGB", (red.point(lambda v: v * 1.08), green, blue.point(lambda v: v * 0.92))
    )


SHOP_CHANGES: dict[str, Change] = {
    "a quarter of the size": lambda picture: picture.resize((100, 100)),
    "twice the size": lambda picture: picture.resize((800, 800)),
    "compressed hard": lambda picture: compressed(picture, 30),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.85),
    "more contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.2),
    "more colour": lambda picture: ImageEnhance.Color(picture).enhance(1.3),
    "warmer": warmed,
    "cut by 2 %": lambda picture: cut(picture, 0.02),
    "cut by 4 %": lambda picture: cut(picture, 0.04),
    "cut, small and compressed": lambda p: compressed(cut(p, 0.03).resize((150, 150)), 50),
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Image.Image]:
    return {kind: draw_product(kind, "red", seed=3, size=400, backdrop="white") for kind in KINDS}


@pytest.mark.parametrize("change", SHOP_CHANGES)
def test_the_same_picture_again_is_known(drawn: dict[str, Image.Image], change: str) -> None:
    for kind, picture in drawn.items():
        again = Fingerprint.of(SHOP_CHANGES[change](picture))
        assert Fingerprint.of(picture).is_same_picture(again), kind
        assert again.is_same_picture(Fingerprint.of(picture)), kind


@pytest.mark.parametrize("kind", mostly_long(KINDS, kept=[0, 1]))
def test_another_view_is_another_picture(kind: str) -> None:
    views = [
        draw_product(kind, "red", seed=seed, size=400, backdrop=backdrop, close_up=near, details=0)
        for seed, backdrop, near in [
            (0, "white", False), (1, "white", False), (2, "white", False), (3, "white", False),
            (4, "studio", False), (4, "studio", True), (9, "scene", False),
        ]
    ]  # fmt: skip
    assert len(group([Fingerprint.of(view) for view in views])) == len(views)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_view_in_another_colour_is_another_picture(kind: str) -> None:
    red, blue = (draw_product(kind, color, seed=3, size=400) for color in ("red", "blue"))
    assert not Fingerprint.of(red).is_same_picture(Fingerprint.of(blue))


def test_another_shape_is_another_picture(drawn: dict[str, Image.Image]) -> None:
    picture = drawn["mug"]
    pressed = picture.resize((400, 300))
    assert not Fingerprint.of(picture).is_same_picture(Fingerprint.of(pressed))


def test_groups_keep_the_given_order(drawn: dict[str, Image.Image]) -> None:
    mug, lamp = (Fingerprint.of(drawn[kind]) for kind in ("mug", "lamp"))
    small = Fingerprint.of(drawn["mug"].resize((120, 120)))
    assert group([lamp, mug, small, lamp]) == [[0, 3], [1, 2]]


def test_two_flat_pictures_do_not_divide_by_zero() -> None:
    flat = Fingerprint.of(Image.new("RGB", (50, 50), "white"))
    assert not flat.is_same_picture(Fingerprint.of(Image.new("RGB", (50, 50), "black")))
