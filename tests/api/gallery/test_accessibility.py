"""Every page for everybody: judged by axe (WCAG 2.2 A and AA), by keyboard, and enlarged.

The overlays in the frames are left out: they are pictures of what runs elsewhere, drawn to the size
of a card, and `tests/creative/test_frame_in_browser.py` judges them at their own.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, update

from db.models import CTAIFramePreview
from db.session import unit_of_work
from tests.api.conftest import ANN, BOB, make_batch
from tests.api.gallery.browser import Visit, in_browser
from tests.api.gallery.hostile_records import PIXEL
from tests.api.gallery.standing_batches import record_moving
from tests.creative.edit_samples import STORED
from tests.sparing import mostly_long

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
OPTIONS = {
    "iframes": False, "resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES},
}  # fmt: skip
LINES = (
    "https://shop.example/kettle 3\nhttps://shop.example/kettle 2\nkettle\nhttps://shop.example/tea"
)
_BEYOND = """() => [document.documentElement.scrollWidth - innerWidth,
    [...document.querySelectorAll("body *")].filter(one =>
        one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility() && !one.closest(".wide, .strip, pre")
    ).map(one => one.outerHTML.slice(0, 120)).slice(0, 3)]"""
_FOCUS = """() => {
    const one = document.activeElement;
    // The address of a batch covers its whole row, and so does its outline.
    const outlined = [null, "::after"].map(part => getComputedStyle(one, part));
    const { width, height, top, bottom } = one.getBoundingClientRect();
    return {
        name: one.tagName + " " + (one.getAttribute("aria-label") || one.textContent || one.name).trim().slice(0, 40),
        isVisible: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
        isOutlined: outlined.some(({ outlineStyle, outlineWidth }) =>
            outlineStyle !== "none" && parseFloat(outlineWidth) >= 1.5),
        isBody: one === document.body,
    };
}"""
_REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
)].filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true })
    && !one.closest("dialog:not([open])") && !(one.type === "radio" && !one.checked)).length"""


@pytest.fixture
def records(database: Engine, pages: Any) -> dict[str, str]:
    """A batch that is done, one that failed and one that moves; the addresses of their pages."""
    done, failed, moving = make_batch(ANN), make_batch(ANN, done=0), record_moving(ANN)
    background = {"generated_background_url": PIXEL}
    with unit_of_work() as session:
        prefilled = CTAIFramePreview.prefill.is_not(None)
        session.execute(
            update(CTAIFramePreview).where(prefilled).values(prefill=STORED | background)
        )
    batch = f"/gallery/batches/{done.id}"
    return {
        "batches": "/",
        "done": batch,
        "no match": f"{batch}?words=nothing",
        "sources": f"{batch}/sources",
        "failed": f"/gallery/batches/{failed.id}",
        "running": f"/gallery/batches/{moving}",
        "sources of one that runs": f"/gallery/batches/{moving}/sources",
        "preview": f"/gallery/previews/{done.preview_ids[0]}",
        "preview that failed": f"/gallery/previews/{done.preview_ids[-1]}",
        "new": "/gallery/new",
        "problem": "/gallery/nowhere",
    }


def each_page(look: Callable[..., Visit], gallery: str, records: dict[str, str],
              visits: Callable[..., Visit], **options: Any) -> Iterator[tuple[str, Page]]:  # fmt: skip
    """All pages, by name, each as it is when it has come to rest."""
    visit = look(reduced_motion="reduce", **options)
    visit.refusals |= {401, 404, 422}
    for name, path in records.items():
        visit.go(path)
        yield name, visit.page
    visit.go("/gallery/new")
    visit.page.get_by_label("Product addresses, one a line").fill(LINES)
    visit.page.get_by_role("button", name="Check").click()
    visit.page.locator("#plan .figure").wait_for()
    yield "plan", visit.page
    visit.go(records["done"])
    visit.page.get_by_text("What failed, and why").click()
    visit.page.get_by_text("Download", exact=True).click()
    yield "menu", visit.page
    visit.page.locator("#show-keys").click()
    yield "keys", visit.page
    visit.go(records["preview"])
    visit.page.get_by_text("Make anew", exact=True).click()
    yield "menu of a preview", visit.page

    other = visits(gallery, reduced_motion="reduce", **options)
    other.refusals |= {401}
    other.go("/gallery/sign-in")
    yield "sign-in", other.page
    other.page.get_by_label("Token", exact=True).fill("cta_unknown")
    other.page.get_by_role("button", name="Sign in").click()
    other.page.locator(".complaint").wait_for()
    yield "refused", other.page
    other.sign_in(BOB)
    other.go("/")
    yield "batches, empty", other.page


@pytest.mark.parametrize(
    ("scheme", "width"),
    mostly_long([("light", 1280), ("dark", 390), ("light", 390), ("dark", 1280)], kept=[0, 1]),
)
@in_browser
def test_axe_finds_nothing(
    scheme: str, width: int, records: dict[str, str], ann_looks: Callable[..., Visit],
    gallery_url: str, visits: Callable[..., Visit],
) -> None:  # fmt: skip
    size = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    judged, found = [], []
    for name, page in each_page(ann_looks, gallery_url, records, visits, **size):
        results = Axe().run(page, options=OPTIONS).response
        assert results["testEngine"]["version"] >= "4.10"
        judged.append(name)
        found += [
            f"{name}: {broken['id']}: {node['target']} {node['html'][:160]} {node['failureSummary']}"
            for broken in results["violations"]
            for node in broken["nodes"]
        ]
    assert not found, "\n".join(found)
    assert len(judged) == len(records) + 7


@pytest.mark.parametrize(
    "width", mostly_long([320, 390, 640]), ids=["320 px", "390 px", "200 % of 1280 px"]
)
@in_browser
def test_no_page_is_wider_than_its_window(
    width: int, records: dict[str, str], ann_looks: Callable[..., Visit], gallery_url: str,
    visits: Callable[..., Visit],
) -> None:  # fmt: skip
    size = {"viewport": {"width": width, "height": 720}}
    for name, page in each_page(ann_looks, gallery_url, records, visits, **size):
        assert page.evaluate(_BEYOND) == [0, []], name


@in_browser
def test_all_is_reached_by_keyboard_and_the_focus_is_seen(
    records: dict[str, str], ann_looks: Callable[..., Visit]
) -> None:
    visit = ann_looks()
    visit.refusals |= {404}
    for name, path in records.items():
        visit.go(path)
        page = visit.page
        wanted, reached = page.evaluate(_REACHABLE), []
        page.evaluate("document.activeElement.blur()")
        for _ in range(wanted + 5):
            page.keyboard.press("Tab")
            focus = page.evaluate(_FOCUS)
            if focus["isBody"] or (reached and focus["name"] == reached[0]):
                break  # round once
            assert focus["isVisible"], (name, focus)
            assert focus["isOutlined"], (name, focus)
            reached.append(focus["name"])
        assert len(reached) == wanted, (name, reached)
        assert reached[0] == "A Skip to the content", name


@in_browser
def test_the_content_is_one_step_away(
    records: dict[str, str], ann_looks: Callable[..., Visit]
) -> None:
    visit = ann_looks()
    visit.go(records["done"])
    page = visit.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("name", ["done", "preview"])
@in_browser
def test_a_dialog_closes_with_escape_and_gives_the_focus_back(
    name: str, records: dict[str, str], ann_looks: Callable[..., Visit]
) -> None:
    visit = ann_looks()
    visit.go(records[name])
    page = visit.page
    opener = page.locator("#show-keys")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_visible()
    for _ in range(4):  # nothing behind it is reached
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#keys')"
        )
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(opener).to_be_focused()


@in_browser
def test_single_keys_can_be_switched_off(
    records: dict[str, str], ann_looks: Callable[..., Visit]
) -> None:
    visit = ann_looks()
    visit.go(records["done"])
    page = visit.page
    page.keyboard.press("?")
    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    for _ in range(2):
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement === document.body") or not page.evaluate(
            "document.activeElement.matches('.cover')"
        )
        page.reload()
