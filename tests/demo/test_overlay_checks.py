"""The checks of overlays: they find nothing in a good page, and what is wrong in a bad one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from creative.background import BACKGROUND_SIZE
from creative.frame import render_frame
from creative.prefill import (
    BadgeWidget,
    CallToAction,
    Colors,
    GeneratedBy,
    Layout,
    Prefill,
    PriceTagWidget,
    QRCodeWidget,
)
from demo.overlay_checks import OverlayChecks

pytestmark = pytest.mark.long
LAYOUTS: tuple[Layout, ...] = ("left", "right", "center")
GROUND = "#F4EFE8"


def prefill(background: Path, **changes: object) -> Prefill:
    known: dict[str, object] = {
        "headline": "Keeps your coffee warm", "subtitle": "Luna Stoneware Mug – Holds 350 ml.",
        "cta": CallToAction(text="Shop now", url="https://shop.example/p/luna"),
        "brand": "Atelier Nord", "price": "€24.00",
        "colors": Colors(background=GROUND, text="#201810", accent="#B0552F",
                         cta_background="#5A2A14", cta_text="#FFFFFF"),
        "widgets": (QRCodeWidget(url="https://shop.example/p/luna"), PriceTagWidget(text="€24.00"),
                    BadgeWidget(text="In stock")),
        "visual_vibe": "calm", "layout": "left", "angle": "benefit", "locale": "en", "scrim": 0.0,
        "generated_by": GeneratedBy(generator="local"),
        "original_background_url": "https://shop.example/p/luna.jpg",
        "generated_background_url": background.as_uri(),
    }  # fmt: skip
    return Prefill.model_validate(known | changes)


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    file = tmp_path / "calm.png"
    Image.new("RGB", BACKGROUND_SIZE, GROUND).save(file, compress_level=1)
    return file


def told(
    checks: OverlayChecks, folder: Path, shown: Prefill, *changes: tuple[str, str]
) -> list[str]:
    """The problems of the overlay of `shown`, after parts of its page were replaced."""
    html = render_frame(shown)
    for part, other in changes:
        assert part in html
        html = html.replace(part, other, 1)
    if changes:
        # What is changed by hand breaks the page's own policy, which is not what is looked at.
        html = html.replace("Content-Security-Policy", "X-None", 1)
    page = folder / "page.html"
    page.write_text(html)
    return checks.problems_of(page, shown)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_wrong_with_a_good_page(
    overlay_checks: OverlayChecks, tmp_path: Path, calm: Path, layout: Layout
) -> None:
    assert told(overlay_checks, tmp_path, prefill(calm, layout=layout)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ([("</style>", ".words { left: 2%; }</style>")], "leaves the safe area"),
        ([("</style>", ".subtitle { font-size: 40px; }</style>")], "subtitle is 40 px"),
        ([("</style>", "h1 { font-size: 80px; }</style>")], "headline is 80 px"),
        ([("</style>", "h1 { height: 60px; overflow: hidden; }</style>")], "cut off"),
        ([("Holds 350", "Holds 250")], "The subtitle is not shown whole"),
        ([("Atelier Nord</bdi>", "Atelier Nord, since a long time</bdi>")], "brand has 31 characters"),
        ([("</style>", ".offer { transform: translateY(-240px); }</style>")], "overlap"),
        ([("</style>", ".code { width: 150px; height: 150px; }</style>")], "px high"),
        ([("</style>", ".code svg { transform: scale(1.25); }</style>")], "quiet zone"),
        ([("</style>", ".code svg { filter: blur(7px); }</style>")], "cannot be read"),
        ([('<a class="code"', '<b class="code"')], "focus"),
        ([("</style>", ".code { display: none; }</style>")], "The code cannot be seen"),
        ([("</style>", "h1 { color: rgb(32 24 16 / 0.5); }</style>")], "can be seen through"),
        ([("</style>", "@media (max-width: 500px) { .code { margin-right: 9vw; } }</style>")],
         "The code is elsewhere at 390"),
        ([("</style>", ".cta:focus { outline: none; }</style>")], "cannot be seen"),
        ([("</main>", '<img src="http://127.0.0.1:9/x.png"></main>')], "It asks for"),
        ([("</style>", "@media (max-width: 500px) { h1 { margin-top: 20vw; } }</style>")],
         "elsewhere at 390"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_is_told(
    overlay_checks: OverlayChecks,
    tmp_path: Path,
    calm: Path,
    changes: list[tuple[str, str]],
    problem: str,
) -> None:
    problems = told(overlay_checks, tmp_path, prefill(calm), *changes)
    assert any(problem in sentence for sentence in problems), problems


def test_a_page_that_breaks_its_own_policy_is_told(
    overlay_checks: OverlayChecks, tmp_path: Path, calm: Path
) -> None:
    shown = prefill(calm)
    page = tmp_path / "page.html"
    html = render_frame(shown)
    page.write_text(html.replace('<main class="frame">', '<main class="frame" style="top: 0">', 1))
    assert any("The browser says" in told for told in overlay_checks.problems_of(page, shown))


def test_text_that_a_picture_swallows_is_told_by_its_pixels(
    overlay_checks: OverlayChecks, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    busy = Image.fromarray(rng.integers(0, 255, (18, 32, 3), dtype=np.uint8))
    busy.resize(BACKGROUND_SIZE, Image.Resampling.BICUBIC).save(tmp_path / "busy.png")
    shown = prefill(tmp_path / "busy.png")
    assert any("has a contrast of" in one for one in told(overlay_checks, tmp_path, shown))
    covered = shown.model_copy(update={"scrim": 1.0})
    assert told(overlay_checks, tmp_path, covered) == []


def test_a_claim_that_the_guard_finds_is_told(
    overlay_checks: OverlayChecks, tmp_path: Path, calm: Path
) -> None:
    shown = prefill(calm)
    page = tmp_path / "page.html"
    page.write_text(render_frame(shown))
    problems = overlay_checks.problems_of(page, shown, lambda text: ["350"] * ("350" in text))
    assert problems == ["'350' is not said by the product's page."]
