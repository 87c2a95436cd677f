"""What gives way when words are many: the remark, then the end of the subtitle, never the price."""

from dataclasses import replace

import pytest

from creative.prefill import Layout
from creative.typesetting import Parts, set_words

PARTS = Parts(
    headline="Keeps your coffee warm", subtitle="Luna Stoneware Mug – Holds 350 ml.",
    cta="Shop now", brand="Atelier Nord", price="€24.00", fact="In stock", card=285,
)  # fmt: skip
LAYOUTS: tuple[Layout, ...] = ("left", "right", "center")
SENTENCE = (
    "A padded sleeve takes a laptop, and the straps are of leather that was tanned with bark."
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_few_words_are_shown_whole_and_large(layout: Layout) -> None:
    setting = set_words(PARTS, layout)
    assert (setting.subtitle, setting.brand, setting.fact) == (
        PARTS.subtitle, PARTS.brand, PARTS.fact,
    )  # fmt: skip
    assert setting.headline_size >= 92


def test_a_short_headline_is_set_larger_than_a_long_one() -> None:
    sizes = [
        set_words(replace(PARTS, headline=headline), "left").headline_size
        for headline in ("Mug", "Keeps your coffee warm", "Donaudampfschifffahrtsabendtee")
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= 90


def test_the_remark_gives_way_before_the_subtitle_is_cut() -> None:
    setting = set_words(replace(PARTS, headline="Meridian Running Shoe in Navy"), "center")
    assert setting.fact is None
    assert setting.subtitle == PARTS.subtitle


def test_below_a_product_the_brand_moves_aside_where_the_headline_takes_two_lines() -> None:
    one = set_words(replace(PARTS, headline="Big enough"), "center")
    two = set_words(replace(PARTS, headline="Meridian Running Shoe in Navy"), "center")
    assert (one.brand_aside, two.brand_aside) == (False, True)
    assert two.subtitle == PARTS.subtitle
    assert two.headline_size > 92


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_subtitle_without_room_is_cut_at_a_word(layout: Layout) -> None:
    wide = replace(
        PARTS, headline="ひとつずつ手作りしている朝のマグ" * 2, subtitle=f"{SENTENCE} " * 3
    )
    setting = set_words(wide, layout)
    assert setting.subtitle != wide.subtitle
    if setting.subtitle:
        kept = setting.subtitle.removesuffix("…")
        assert setting.subtitle.endswith("…")
        assert wide.subtitle.startswith(kept)
        assert wide.subtitle[len(kept)] in " ,."
