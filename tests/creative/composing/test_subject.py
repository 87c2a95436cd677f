"""Products are found in their pictures and lifted off them, or left where no edge parts them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from creative.composing.cutout import cut_out
from creative.composing.subject import find_subject
from demo.drawings import draw_product
from tests.creative.pictures import disc, scene, shadowed, white_on_white


def test_a_cut_edge_carries_no_rim_of_the_backdrop() -> None:
    cut = cut_out(find_subject(disc(color="#401010")), 400)
    pixels = np.asarray(cut, float)
    visible = pixels[pixels[..., 3] > 40]
    assert len(visible) > 0.7 * 400 * 400 * np.pi / 4
    assert visible[:, :3].max() < 100


def test_the_inside_of_a_ring_is_cut_out() -> None:
    picture = disc(color="#205090")
    ImageDraw.Draw(picture).ellipse((220, 220, 380, 380), fill="white")
    alpha = np.asarray(cut_out(find_subject(picture), 400).getchannel("A"))
    assert alpha[200, 200] == 0
    assert alpha[200, 40] == 255


def test_a_pale_label_deep_inside_is_kept() -> None:
    picture = Image.new("RGB", (900, 900), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((150, 60, 750, 840), fill="#205030")
    draw.rectangle((330, 300, 570, 600), fill="white")
    alpha = np.asarray(cut_out(find_subject(picture), 500).getchannel("A"))
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255


def test_a_soft_shadow_does_not_come_along() -> None:
    picture = Image.new("RGB", (800, 800), "white")
    shadow = Image.new("L", picture.size)
    ImageDraw.Draw(shadow).ellipse((220, 560, 700, 660), fill=90)
    picture.paste("black", (0, 0), shadow.filter(ImageFilter.GaussianBlur(24)))
    ImageDraw.Draw(picture).rectangle((250, 200, 550, 610), fill="#1E7A50")
    cut = cut_out(find_subject(picture), 300)
    assert 290 <= cut.width <= 312
    assert abs(cut.height - 410) < 14


def test_what_cannot_be_told_from_its_backdrop_is_not_cut() -> None:
    assert find_subject(white_on_white()).kind == "plain"
    assert find_subject(disc(color="#FFFDF0")).kind == "plain"
    assert find_subject(scene()).kind == "scene"
    assert find_subject(disc()).kind == "cut"


@pytest.mark.parametrize("seed", [6, 7])
def test_a_part_that_glows_into_its_backdrop_is_not_cut(seed: int) -> None:
    lamp = draw_product("lamp", "yellow", seed=seed, size=700, backdrop="studio", close_up=True)
    assert find_subject(lamp).kind == "plain"
    whole = draw_product("lamp", "yellow", seed=4, size=700, backdrop="studio")
    assert find_subject(whole).kind == "cut"


@pytest.mark.parametrize("size", [200, 800])
def test_a_shadow_that_would_come_along_keeps_a_product_in_its_picture(size: int) -> None:
    assert find_subject(shadowed(size)).kind == "plain"
