"""The overlay as a viewer sees it: the hardest words that the schema lets through, on hard pictures.

What the checks look for, and that they find it, is tested in `tests/demo/test_overlay_checks.py`.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from creative.background import BACKGROUND_SIZE
from creative.frame import render_frame
from creative.legibility import make_readable
from creative.prefill import (
    BadgeWidget,
    CallToAction,
    Colors,
    GeneratedBy,
    Layout,
    PrefillDraft,
    PriceTagWidget,
    QRCodeWidget,
    RatingWidget,
)
from demo.overlay_checks import OverlayChecks
from tests.sparing import mostly_long

ADDRESS = "https://shop.example/p/1"
SHORT = {"headline": "Mug", "subtitle": "Red.", "brand": None, "price": None, "widgets": ()}
LONG = {
    "headline": "Donaudampfschifffahrtsabendtee", "brand": "Messerschmiede Wüsthof&Co",
    "subtitle": "Außergewöhnlich widerstandsfähiges Küchenmesser mit handgeschmiedeter Klinge aus "
    "Solingen",
    "cta": CallToAction(text="Jetzt Details zeigen", url=ADDRESS), "locale": "de",
    "price": "CHF 12.345.678,90 inkl. MwSt",
    "widgets": (QRCodeWidget(url=f"{ADDRESS}?{'a1' * 230}"), BadgeWidget(text="Nur noch 3 verfügbar")),
}  # fmt: skip
JAPANESE = {
    "headline": "職人が一つずつ手作りしています毎朝のコーヒーに最適なマグ", "brand": "工房ノルド",
    "subtitle": ("陶器の温もりを" * 13)[:90], "locale": "ja", "price": "¥3,980",
    "cta": CallToAction(text="今すぐ見る", url=ADDRESS),
}  # fmt: skip
ARABIC = {
    "headline": "كوب خزفي يحافظ على دفء قهوتك", "brand": "نورد", "locale": "ar", "price": "٢٤٫٠٠ €",
    "subtitle": "مصنوع يدويا من الخزف الحجري بسعة ثلاثمائة وخمسين مليلترا لصباح هادئ",
    "cta": CallToAction(text="تسوق الآن", url=ADDRESS),
}  # fmt: skip
THAI = {
    "headline": "แก้วเซรามิกเก็บความร้อนได้นาน"[:30], "locale": "th", "brand": "นอร์ด",
    "subtitle": "ทำด้วยมือจากสโตนแวร์ จุได้สามร้อยห้าสิบมิลลิลิตร เหมาะกับเช้าวันสบายๆ",
    "cta": CallToAction(text="ดูสินค้า", url=ADDRESS),
}  # fmt: skip
RATED = {"widgets": (RatingWidget(value=4.6, count=1213), PriceTagWidget(text="€24.00"))}
WORDS = {"short": SHORT, "long": LONG, "japanese": JAPANESE, "arabic": ARABIC, "thai": THAI,
         "rated": RATED}  # fmt: skip
# Only there the subtitle may be shorter than it is, at a word and with an ellipsis.
CROWDED = {("long", "center"), ("long", "left"), ("long", "right"), ("japanese", "left"),
           ("japanese", "right"), ("japanese", "center"), ("arabic", "center"),
           ("thai", "center")}  # fmt: skip


def draft(layout: Layout, changes: dict[str, object]) -> PrefillDraft:
    known: dict[str, object] = {
        "headline": "Keeps your coffee warm", "subtitle": "Luna Stoneware Mug – Holds 350 ml.",
        "cta": CallToAction(text="Shop now", url=ADDRESS), "brand": "Atelier Nord",
        "price": "€24.00", "locale": "en", "layout": layout, "angle": "benefit",
        "colors": Colors(background="#F4EFE8", text="#201810", accent="#B0552F",
                         cta_background="#5A2A14", cta_text="#FFFFFF"),
        "widgets": (QRCodeWidget(url=ADDRESS), PriceTagWidget(text="€24.00"),
                    BadgeWidget(text="In stock")),
        "visual_vibe": "calm", "generated_by": GeneratedBy(generator="local"),
    }  # fmt: skip
    return PrefillDraft.model_validate(known | changes)


def picture(kind: str) -> Image.Image:
    if kind == "busy":
        rng = np.random.default_rng(3)
        coarse = Image.fromarray(rng.integers(0, 255, (18, 32, 3), dtype=np.uint8))
        return coarse.resize(BACKGROUND_SIZE, Image.Resampling.BICUBIC)
    return Image.new("RGB", BACKGROUND_SIZE, {"light": "#F7F3EA", "dark": "#101418"}[kind])


@pytest.mark.parametrize(
    ("words", "layout", "ground"),
    mostly_long([
        ("short", "left", "busy"), ("short", "center", "dark"), ("long", "left", "dark"),
        ("long", "right", "light"), ("long", "center", "light"), ("japanese", "right", "light"),
        ("japanese", "center", "dark"), ("arabic", "left", "busy"), ("arabic", "center", "light"),
        ("thai", "right", "dark"), ("rated", "center", "busy"), ("rated", "right", "light"),
    ], kept=[2, 5, 8, 10]),
)  # fmt: skip
def test_the_hardest_words_are_whole_readable_and_in_the_safe_area(
    overlay_checks: OverlayChecks, tmp_path: Path, words: str, layout: Layout, ground: str
) -> None:
    background = tmp_path / "background.png"
    painted = picture(ground)
    painted.save(background, compress_level=1)
    shown = make_readable(draft(layout, WORDS[words]), painted)
    prefill = shown.complete("https://shop.example/1.jpg", background.as_uri())
    page = tmp_path / "page.html"
    page.write_text(render_frame(prefill))
    problems = overlay_checks.problems_of(page, prefill)
    if (words, layout) in CROWDED:
        problems = [one for one in problems if "subtitle is not shown whole" not in one]
    assert problems == []
