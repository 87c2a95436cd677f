"""Words are readable on the very pixels behind them, whatever was painted there."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from creative.background import BACKGROUND_SIZE, words_area
from creative.colors import contrast
from creative.composing.paint import WHOLE
from creative.legibility import make_readable
from creative.prefill import CallToAction, Colors, GeneratedBy, Layout, PrefillDraft
from creative.scrim import scrim_opacity

LIGHT = Colors(background="#F4EFE8", text="#201810", accent="#B0552F",
               cta_background="#5A2A14", cta_text="#FFFFFF")  # fmt: skip
DARK = Colors(background="#14202B", text="#F2F5F8", accent="#7FB3E0",
              cta_background="#BFD9F0", cta_text="#0E1A24")  # fmt: skip
MIDDLING = Colors(background="#777777", text="#000000", accent="#B0552F",
                  cta_background="#FFFFFF", cta_text="#000000")  # fmt: skip
LAYOUTS: tuple[Layout, ...] = ("left", "right", "center")


def draft(layout: Layout = "left", colors: Colors = LIGHT) -> PrefillDraft:
    return PrefillDraft(
        headline="Keeps your coffee warm", subtitle="Holds 350 ml.",
        cta=CallToAction(text="Shop now", url="https://shop.example/"), colors=colors,
        visual_vibe="calm", layout=layout, angle="benefit", locale="en",
        generated_by=GeneratedBy(generator="local"),
    )  # fmt: skip


def plain(color: str) -> Image.Image:
    return Image.new("RGB", BACKGROUND_SIZE, color)


def noise() -> Image.Image:
    rng = np.random.default_rng(3)
    coarse = Image.fromarray(rng.integers(0, 255, (54, 96, 3), dtype=np.uint8))
    return coarse.resize(BACKGROUND_SIZE, Image.Resampling.BICUBIC)


def ramp() -> Image.Image:
    return Image.linear_gradient("L").resize(BACKGROUND_SIZE).convert("RGB")


def spot(color: str) -> Image.Image:
    """A small patch of `color` under the words of each layout, on the light draft's own ground."""
    image = plain(LIGHT.background)
    for x, y in ((300, 400), (1300, 400), (700, 900)):
        ImageDraw.Draw(image).rectangle((x, y, x + 40, y + 30), fill=color)
    return image


PICTURES = {
    "light": plain("#FAFAFA"), "dark": plain("#0B0D10"), "middling": plain("#777777"),
    "red": plain("#D02020"), "ramp": ramp(), "noise": noise(), "dark spot": spot("#201810"),
}  # fmt: skip


def contrasts(shown: PrefillDraft, image: Image.Image) -> NDArray[np.float64]:
    """The contrast of the text with each 4 × 4 block behind the words, worked out anew."""
    area = words_area(shown.layout)
    means = np.asarray(image.crop(area).reduce(4), np.float64)
    opacity = scrim_opacity(shown.layout, area, 4)[..., None] * shown.scrim

    def channels(color: str) -> NDArray[np.float64]:
        return np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)], np.float64)

    def light(colors: NDArray[np.float64]) -> NDArray[np.float64]:
        share = colors / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
        return result

    behind = light(opacity * channels(shown.colors.background) + (1 - opacity) * means)
    ink = light(channels(shown.colors.text))
    result: NDArray[np.float64] = (np.maximum(behind, ink) + 0.05) / (
        np.minimum(behind, ink) + 0.05
    )
    return result


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("colors", [LIGHT, DARK, MIDDLING], ids=["light", "dark", "middling"])
@pytest.mark.parametrize("picture", PICTURES)
def test_words_can_be_read_on_any_picture(picture: str, colors: Colors, layout: Layout) -> None:
    shown = make_readable(draft(layout, colors), PICTURES[picture])
    assert np.percentile(contrasts(shown, PICTURES[picture]), 0.1) >= 4.5
    assert contrast(shown.colors.cta_text, shown.colors.cta_background) >= 4.5
    assert contrast(shown.colors.cta_background, shown.colors.background) >= 3


def test_a_picture_that_suits_the_words_is_left_as_it_is() -> None:
    wished = draft()
    assert make_readable(wished, plain("#F0EBE2")) == wished.model_copy(update={"scrim": 0.0})


def test_a_little_unevenness_takes_a_little_scrim_and_keeps_the_colours() -> None:
    image = plain(LIGHT.background)
    shade = ImageDraw.Draw(image)
    shade.rectangle((300, 300, 700, 700), fill="#707070")
    shown = make_readable(draft(), image)
    assert 0 < shown.scrim < 0.6
    assert shown.colors == LIGHT
    assert shown.corrections == ()


def test_ink_that_drowns_is_changed_rather_than_the_picture_covered() -> None:
    shown = make_readable(draft(colors=LIGHT), plain("#101820"))
    assert shown.scrim == 0
    [told, _] = shown.corrections
    assert told.startswith("colors.text: #201810 on the picture behind it had a contrast of 1.0:1")
    assert shown.colors.text in told


def test_the_ground_takes_the_pictures_tone_when_the_ink_changes() -> None:
    shown = make_readable(draft(colors=LIGHT), plain("#5A1020"))
    red, green, blue = (int(shown.colors.background[place : place + 2], 16) for place in (1, 3, 5))
    assert red > 2 * green
    assert red > 2 * blue


def test_a_picture_that_has_to_be_covered_is_told() -> None:
    shown = make_readable(draft(), noise())
    assert shown.scrim >= 0.5
    assert any(told.startswith("scrim: ") for told in shown.corrections)


def test_what_lies_beside_the_words_does_not_count() -> None:
    image = plain("#F0EBE2")
    ImageDraw.Draw(image).rectangle((1000, 0, 1920, 1080), fill="black")
    assert make_readable(draft("left"), image).scrim == 0
    assert make_readable(draft("right"), image) != draft("right").model_copy(update={"scrim": 0.0})


def test_a_button_that_melts_into_the_ground_changes_places_with_the_text() -> None:
    melting = Colors.model_validate(
        dict(LIGHT) | {"cta_background": "#EFE9E0", "cta_text": "#201810"}
    )
    shown = make_readable(draft(colors=melting), plain("#F4EFE8"))
    assert (shown.colors.cta_background, shown.colors.cta_text) == ("#201810", "#F4EFE8")
    assert any(told.startswith("colors.cta_background: #EFE9E0") for told in shown.corrections)


def test_earlier_corrections_are_kept() -> None:
    told = draft().model_copy(update={"corrections": ("headline: cut.",)})
    assert make_readable(told, plain("#101820")).corrections[0] == "headline: cut."


def test_it_comes_to_the_same_a_second_time() -> None:
    for image in (noise(), ramp(), noise().filter(ImageFilter.GaussianBlur(30))):
        once = make_readable(draft(), image)
        twice = make_readable(once.model_copy(update={"corrections": ()}), image)
        assert (twice.colors, twice.scrim) == (once.colors, once.scrim)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_scrim_of_one_is_opaque_wherever_words_may_stand(layout: Layout) -> None:
    opacity = scrim_opacity(layout, words_area(layout), 1)
    assert opacity.min() == pytest.approx(1.0, abs=1e-3)
    assert scrim_opacity(layout, WHOLE, 1).min() == 0
