"""The page of a preview, and its editor, as a person uses them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from creative.encoding import DigitalSource, Origin
from creative.media import MediaStore
from db import previews, reopening
from db.models import CTAIFramePreview
from db.preview_details import PreviewDetails, details
from db.session import unit_of_work
from settings import get_settings
from tests.api.conftest import ANN, BOB, MadeBatch, NotedOrders, make_batch
from tests.api.gallery.browser import Visit, in_browser
from tests.api.test_retry import change
from tests.creative.edit_samples import STORED
from tests.sparing import mostly_long

SHOWN = "#stage iframe:not(.coming)"


@pytest.fixture
def batch(database: Engine) -> MadeBatch:
    """A batch whose previews that are done have a real background."""
    made = make_batch(ANN, done=3)
    settings = get_settings()
    store = MediaStore(settings.media_dir, settings.media_url)
    origin = Origin(next(iter(DigitalSource)), "tests")
    picture = Image.new("RGB", (1920, 1080), "#7A8F6A")
    for number, preview_id in enumerate(made.preview_ids[:3]):
        address = store.save_background(picture, f"{preview_id}-1-{uuid4().hex[:8]}", origin)
        prefill = STORED | {
            "headline": f"The headline of number {number}", "generated_background_url": address,
        }  # fmt: skip
        change(CTAIFramePreview, preview_id, prefill=prefill)
    return made


@pytest.fixture
def visit(batch: MadeBatch, ann_looks: Callable[..., Visit]) -> Visit:
    """A window of ann's, which has nothing open yet."""
    return in_browser(ann_looks)()


def look(visit: Visit, batch: MadeBatch, number: int = 0, query: str = "") -> Page:
    assert visit.go(f"/gallery/previews/{batch.preview_ids[number]}{query}") == 200
    return visit.page


def stored(batch: MadeBatch, number: int = 0) -> PreviewDetails:
    with unit_of_work() as session:
        return details(session, batch.preview_ids[number])


def headline(page: Page) -> Any:
    return page.locator("#prefill [name=headline]")


def expect_shown(page: Page, selector: str, text: str) -> None:
    """Expect the overlay in view to say something."""
    expect(page.frame_locator(SHOWN).locator(selector)).to_have_text(text)


def saves_of(page: Page) -> list[dict[str, list[str]]]:
    """The fields of each form that is saved from now on."""
    sent: list[dict[str, list[str]]] = []

    def note(request: Any) -> None:
        if request.method == "POST" and request.url == page.url.partition("?")[0]:
            sent.append(parse_qs(request.post_data or "", keep_blank_values=True))

    page.on("request", note)
    return sent


@in_browser
def test_what_is_typed_shows_in_the_overlay_before_it_is_saved(
    visit: Visit, batch: MadeBatch
) -> None:
    page = look(visit, batch)
    expect_shown(page, "h1", "The headline of number 0")
    entries = page.evaluate("history.length")
    page.evaluate(
        """() => {
          window.fewest = 1;
          const count = () => document.querySelectorAll("#stage iframe:not(.coming)").length;
          new MutationObserver(() => { window.fewest = Math.min(window.fewest, count()); })
            .observe(document.querySelector("#stage"), { childList: true, attributes: true, subtree: true });
        }"""
    )
    for words in ("Tea", "Tea in two minutes"):
        headline(page).fill(words)
        expect_shown(page, "h1", words)
    page.get_by_role("radio", name="Right").check()
    background = page.frame_locator(SHOWN).locator("img.background")
    expect(background).to_have_js_property("naturalWidth", 1920)
    page.locator("#prefill [name='cta.text']").fill("Buy now")
    expect_shown(page, ".cta bdi", "Buy now")
    expect(page.locator("#stage iframe")).to_have_count(1)
    assert page.evaluate("window.fewest") == 1
    assert page.evaluate("history.length") == entries
    assert stored(batch).edited_fields == []


@in_browser
def test_a_save_by_keyboard_sends_what_was_touched_and_nothing_else(
    visit: Visit, batch: MadeBatch
) -> None:
    page = look(visit, batch)
    page.keyboard.press("a")
    expect(page.locator("#reviewed")).to_contain_text("Approved by ann")
    sent = saves_of(page)
    headline(page).fill("Tea in two minutes")
    page.locator("#prefill [name='colors.accent']").fill("#B0552E")
    expect(page.locator("#save-state")).to_have_text("Not saved yet")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Saved")
    assert sent == [{"headline": ["Tea in two minutes"], "colors.accent": ["#B0552E"]}]
    expect(page.locator("[data-edited=headline]")).to_be_visible()
    expect(page.locator("[data-edited=subtitle]")).to_be_hidden()
    expect(page.locator("#save-state")).to_have_text("")
    # What was approved was another overlay.
    expect(page.locator("#reviewed")).to_be_hidden()
    expect(page.locator(".approve")).to_have_attribute("aria-pressed", "false")
    preview = stored(batch)
    assert preview.edited_fields == ["colors.accent", "headline"]
    assert preview.review is None
    page.reload()
    expect_shown(page, "h1", "Tea in two minutes")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Nothing has changed since it was saved.")


@in_browser
def test_two_who_edit_different_fields_both_have_their_way(
    visit: Visit, batch: MadeBatch, visits: Callable[..., Visit]
) -> None:
    bob = visits(visit.url)
    bob.sign_in(BOB)
    page, others = look(visit, batch), look(bob, batch)
    headline(others).fill("Coffee in two minutes")
    others.get_by_role("button", name="Save").click()
    expect(others.locator("#toast")).to_have_text("Saved")
    page.locator("#prefill [name='cta.text']").fill("Buy")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_have_text("Saved")
    expect(headline(page)).to_have_value("Coffee in two minutes")
    expect_shown(page, "h1", "Coffee in two minutes")
    expect_shown(page, ".cta bdi", "Buy")
    assert stored(batch).edited_fields == ["cta.text", "headline"]


@in_browser
def test_what_is_wrong_stands_beside_its_field_and_the_last_overlay_stays(
    visit: Visit, batch: MadeBatch
) -> None:
    visit.refusals.add(422)
    page = look(visit, batch)
    headline(page).fill("Tea in two minutes")
    expect_shown(page, "h1", "Tea in two minutes")
    headline(page).fill("A headline that has no end at all")
    expect(page.locator("[data-left=headline]")).to_have_text("3 too many")
    expect(headline(page)).to_have_attribute("aria-invalid", "true")
    expect(headline(page)).to_have_accessible_description(
        "This takes 1 to 30 characters, on one line."
    )
    expect_shown(page, "h1", "Tea in two minutes")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_contain_text("Nothing was saved")
    expect(headline(page)).to_be_focused()
    assert stored(batch).edited_fields == []
    headline(page).fill("Coffee in two minutes")
    expect(headline(page)).not_to_have_attribute("aria-invalid", "true")
    expect_shown(page, "h1", "Coffee in two minutes")


@in_browser
def test_the_contrast_of_the_colours_is_told_while_they_change(
    visit: Visit, batch: MadeBatch
) -> None:
    visit.refusals.add(422)
    page = look(visit, batch)
    contrast = page.locator(".contrast").first
    expect(contrast).to_contain_text("passes")
    text = page.locator("#prefill [name='colors.text']")
    text.fill("#777777")
    expect(contrast).to_contain_text("3.91:1")
    expect(contrast).to_contain_text("too low, 4.5:1 is needed")
    expect(text).to_have_attribute("aria-invalid", "true")
    page.locator("[data-swatch='colors.text']").evaluate(
        "swatch => { swatch.value = '#101010'; swatch.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(text).to_have_value("#101010")
    expect(contrast).to_contain_text("passes")
    expect(text).not_to_have_attribute("aria-invalid", "true")


@in_browser
def test_widgets_are_added_taken_out_and_given_back(visit: Visit, batch: MadeBatch) -> None:
    visit.refusals.add(422)
    page = look(visit, batch)
    widgets = page.locator("#prefill [data-widget]")
    expect_shown(page, ".fact bdi", "In stock")
    page.get_by_role("button", name="Rating", exact=True).click()
    value = widgets.nth(2).get_by_label("Value")
    expect(value).to_be_focused()
    expect(value).to_have_attribute("aria-invalid", "true")
    value.fill("4.5")
    expect_shown(page, ".fact bdi", "4.5/5")
    widgets.nth(0).get_by_role("button", name="Remove").click()
    expect(widgets).to_have_count(2)
    expect(page.frame_locator(SHOWN).locator(".price")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toast")).to_have_text("Saved")
    kept = (stored(batch).prefill or {})["widgets"]
    assert [widget["type"] for widget in kept] == ["badge", "rating"]
    widgets.nth(1).get_by_label("Ratings").fill("212")
    widgets.nth(0).get_by_role("button", name="Remove").click()
    expect_shown(page, ".fact bdi", "4.5/5 (212)")
    page.get_by_role("button", name="Discard").click()
    expect(widgets).to_have_count(2)
    expect(widgets.nth(1).get_by_label("Ratings")).to_have_value("")
    expect_shown(page, ".fact bdi", "4.5/5")
    expect(page.locator("#save-state")).to_have_text("")


@in_browser
def test_a_widget_that_takes_the_place_of_its_like_is_an_edit(
    visit: Visit, batch: MadeBatch
) -> None:
    visit.refusals.add(422)
    page = look(visit, batch)
    widgets = page.locator("#prefill [data-widget]")
    widgets.nth(1).get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Badge", exact=True).click()
    expect(page.locator("#save-state")).to_have_text("Not saved yet")
    widgets.nth(1).get_by_label("Text").fill("New")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Saved")
    expect(page.locator("#save-state")).to_have_text("")
    assert (stored(batch).prefill or {})["widgets"][1] == {"type": "badge", "text": "New"}


@in_browser
def test_widgets_that_somebody_else_changed_are_shown_and_left_alone(
    visit: Visit, batch: MadeBatch
) -> None:
    page = look(visit, batch)
    widgets = [{"type": "price_tag", "text": "€20.00"}, {"type": "price_tag", "text": "€19.00"}]
    change(
        CTAIFramePreview,
        batch.preview_ids[0],
        prefill=(stored(batch).prefill or {}) | {"widgets": widgets},
    )
    headline(page).fill("Tea in two minutes")
    page.keyboard.press("Control+s")
    expect(page.locator("#prefill [data-widget] legend")).to_have_text(["Price tag", "Price tag"])
    expect(headline(page)).to_have_value("Tea in two minutes")
    assert (stored(batch).prefill or {})["widgets"] == widgets


@in_browser
def test_who_leaves_with_unsaved_edits_is_asked_first(visit: Visit, batch: MadeBatch) -> None:
    page = look(visit, batch)
    headline(page).fill("Tea in two minutes")
    page.get_by_role("link", name="After").click(no_wait_after=True)
    expect(headline(page)).to_have_value("Tea in two minutes")
    page.wait_for_timeout(200)
    assert visit.complaints == ["dialog: "]
    visit.complaints.clear()
    page.get_by_role("button", name="Discard").click()
    expect(headline(page)).to_have_value("The headline of number 0")
    page.get_by_role("link", name="After").click()
    expect(headline(page)).to_have_value("The headline of number 1")


@in_browser
def test_a_preview_is_reviewed_and_left_by_single_keys(visit: Visit, batch: MadeBatch) -> None:
    page = look(visit, batch, query="?review=waiting")
    keys, reviewed = page.keyboard, page.locator("#reviewed")
    keys.press("a")
    expect(reviewed).to_contain_text("Approved by ann")
    keys.press("a")
    keys.press("r")
    expect(reviewed).to_contain_text("Rejected by ann")
    keys.press("u")
    expect(reviewed).to_be_hidden()
    keys.press("r")
    expect(reviewed).to_be_visible()
    reviewed.get_by_role("button", name="Take back").click()
    expect(reviewed).to_be_hidden()
    keys.press("a")
    expect(reviewed).to_be_visible()
    assert stored(batch).review == "approved"
    keys.press("ArrowRight")
    expect(headline(page)).to_have_value("The headline of number 1")
    assert page.url.endswith("?review=waiting")
    # The first one waits for no review any more.
    keys.press("ArrowLeft")
    keys.press("ArrowRight")
    expect(headline(page)).to_have_value("The headline of number 2")
    keys.press("e")
    expect(headline(page)).to_be_focused()
    keys.type("are")
    expect(headline(page)).to_have_value("are")
    assert stored(batch, 2).review is None
    page.get_by_role("button", name="Discard").click()


@in_browser
def test_single_keys_can_be_switched_off_for_good(visit: Visit, batch: MadeBatch) -> None:
    page = look(visit, batch)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    page.keyboard.press("a")
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("a")
    page.reload()
    page.keyboard.press("r")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog.get_by_role("checkbox")).not_to_be_checked()
    page.keyboard.press("Escape")
    assert stored(batch).review is None
    headline(page).fill("Tea")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Saved")


@in_browser
def test_a_preview_that_is_made_anew_shows_itself_when_it_has_ended(
    visit: Visit, batch: MadeBatch
) -> None:
    preview_id, run_id = batch.preview_ids[0], uuid4()
    with unit_of_work() as session:
        reopening.reopen_preview(session, preview_id, run_id, parts=["prefill"])
    page = look(visit, batch)
    expect(page.locator(".making-anew")).to_contain_text("waits for its turn")
    expect_shown(page, "h1", "The headline of number 0")
    expect(headline(page)).to_be_disabled()
    with unit_of_work() as session:
        previews.start(session, preview_id, run_id)
    expect(page.locator(".making-anew")).to_contain_text("being made anew")
    anew = (stored(batch).prefill or {}) | {"headline": "Made anew"}
    with unit_of_work() as session:
        previews.fill(session, preview_id, run_id, anew, "made anew")
        reopening.settle_preview(session, preview_id, run_id)
    expect_shown(page, "h1", "Made anew")
    expect(headline(page)).to_be_enabled()


@in_browser
def test_the_answer_to_a_form_is_not_loaded_again_when_the_preview_has_ended(
    visit: Visit, batch: MadeBatch, noted_orders: NotedOrders
) -> None:
    visit.refusals.add(409)
    page = look(visit, batch, query="?words=number")
    before, preview_id, run_id = len(noted_orders.orders), batch.preview_ids[0], uuid4()
    with unit_of_work() as session:
        reopening.reopen_preview(session, preview_id, run_id, parts=["prefill"])
    page.get_by_text("Make anew", exact=True).click()
    page.get_by_role("button", name="Picture and words").click()
    expect(page.get_by_role("alert")).to_contain_text("is under way")
    with unit_of_work() as session:
        previews.start(session, preview_id, run_id)
        previews.fill(session, preview_id, run_id, stored(batch).prefill or {}, "made anew")
        reopening.settle_preview(session, preview_id, run_id)
    page.wait_for_url(f"**/gallery/previews/{preview_id}?words=number")
    expect(headline(page)).to_be_enabled()
    assert len(noted_orders.orders) == before


@in_browser
def test_what_was_changed_meanwhile_is_shown_before_it_is_reviewed(
    visit: Visit, batch: MadeBatch
) -> None:
    visit.refusals.add(412)
    visit.go(f"/gallery/batches/{batch.id}")
    card = visit.page.locator(f"#preview-{batch.preview_ids[0]}")
    approve = card.get_by_role("button", name="Approve")
    others = (stored(batch).prefill or {}) | {"headline": "Somebody else's"}
    change(CTAIFramePreview, batch.preview_ids[0], prefill=others)
    approve.click()
    expect(visit.page.locator("#toast")).to_contain_text("has changed since it was shown here")
    expect(card.locator("h3")).to_have_text("Somebody else's")
    expect(approve).to_have_attribute("aria-pressed", "false")
    approve.click()
    expect(approve).to_have_attribute("aria-pressed", "true")
    assert stored(batch).review == "approved"


@in_browser
def test_what_one_has_just_edited_oneself_is_reviewed_at_once(
    visit: Visit, batch: MadeBatch
) -> None:
    visit.refusals.add(412)
    page = look(visit, batch)
    headline(page).fill("Tea")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Saved")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toast")).to_have_text("Approved")
    change(CTAIFramePreview, batch.preview_ids[0], prefill=STORED)
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#toast")).to_contain_text("Load the page again")
    assert stored(batch).review == "approved"


@in_browser
def test_a_failed_one_is_tried_again(visit: Visit, batch: MadeBatch) -> None:
    page = look(visit, batch, 3)
    expect(page.locator(".broken")).to_contain_text("The picture was blocked.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".making")).to_contain_text("It waits for its turn.")
    assert stored(batch, 3).attempt == 2


@in_browser
def test_who_was_signed_out_meanwhile_keeps_the_words(visit: Visit, batch: MadeBatch) -> None:
    visit.refusals.add(401)
    page = look(visit, batch)
    cookies: Any = visit.context.cookies()
    visit.context.clear_cookies()
    headline(page).fill("Tea in two minutes")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_contain_text("You have been signed out.")
    expect(page.locator("#save-state")).to_have_text("Not saved yet")
    visit.context.add_cookies(cookies)
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Saved")
    assert stored(batch).edited_fields == ["headline"]


@in_browser
def test_html_that_is_typed_is_text(visit: Visit, batch: MadeBatch) -> None:
    page = look(visit, batch)
    words = "<img src=x onerror=alert(1)>"
    headline(page).fill(words)
    expect_shown(page, "h1", words)
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_have_text("Saved")
    page.reload()
    expect_shown(page, "h1", words)
    expect(page.locator("img[src=x]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", mostly_long([390, 1280, 1920]))
@in_browser
def test_the_page_is_accessible_at_every_width(
    batch: MadeBatch, ann_looks: Callable[..., Visit], width: int, scheme: str
) -> None:
    visit = ann_looks(viewport={"width": width, "height": 900}, color_scheme=scheme)
    visit.refusals.add(422)
    for number in (0, 3):
        page = look(visit, batch, number)
        if number == 0:
            page.keyboard.press("a")
            headline(page).fill("")
            expect(headline(page)).to_have_attribute("aria-invalid", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
        if number == 0:
            page.get_by_role("button", name="Discard").click()
            expect(headline(page)).to_have_value("The headline of number 0")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, and against what it holds for good practice."""
    found = Axe().run(page, context="main")
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
