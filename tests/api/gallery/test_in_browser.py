"""The gallery as a person uses it: from signing in to signing out, with runs that are real."""

import csv
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from db.session import get_engine
from tests.api.conftest import ANN, BOB, new_token
from tests.api.gallery.browser import Visit, in_browser
from tests.api.served import Served, served
from tests.api.test_own_process import wait_for
from tests.conftest import empty
from tests.prefect_server import connection_url

pytestmark = pytest.mark.timeout(420)

MINUTE = 60_000


@pytest.fixture(scope="module")
def gallery(shop: Any, running_pages: Any, tmp_path_factory: Any) -> Iterator[Served]:
    """A gallery whose API runs batches itself; made once, for its Prefect server takes a while."""
    folder: Path = tmp_path_factory.mktemp("gallery")
    environment = os.environ | {
        "CTA_API_RUNS": "own_process",
        "CTA_GENERATIONS_PER_MINUTE": "6000",
        "PREFECT_API_URL": "",
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": connection_url(folder),
    }
    empty(get_engine())
    with served(environment, folder) as api:
        wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200, 120)
        yield api


@pytest.fixture
def addresses(shop: Any, pages: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Products of the demo shop, and a page that is gone until `pages.answer` is put back."""
    answer = pages.answer
    monkeypatch.setattr(
        pages, "answer", lambda path: answer("/gone" if path == "/mug-late" else path)
    )
    return [*shop.product_urls[:2], f"{pages.url}/mug-late"]


def start(page: Page, lines: str) -> None:
    """Paste lines, look at what will happen, and start it."""
    page.get_by_role("link", name="New batch").first.click()
    page.get_by_label("Product addresses, one a line").fill(lines)
    page.get_by_role("button", name="Check").click()
    page.locator("#start-form button").click()
    page.wait_for_url(re.compile("/gallery/batches/[0-9a-f-]{36}$"))


def mark(page: Page) -> None:
    """Tell this page from the same page loaded once more."""
    page.evaluate("window.isTheSame = true")


def watch_it_move(page: Page) -> None:
    """Wait until a preview is told to be done, and its card is there, in a page not loaded anew."""
    page.wait_for_function(
        """() => window.isTheSame && document.querySelector(".card .overlay") &&
        /^[1-9]\\d* of 12 previews done/.test(document.querySelector("[data-told]").textContent)""",
        timeout=2 * MINUTE,
    )


def watch_it_end(page: Page, status: str) -> None:
    """Wait for the end, with which the page loads itself anew."""
    ended = page.locator(".standing[data-ended] .status")
    expect(ended).to_have_text(status, timeout=2 * MINUTE)
    assert page.evaluate("window.isTheSame") is None


@in_browser
def test_from_signing_in_to_signing_out(
    gallery: Served,
    addresses: list[str],
    visits: Callable[..., Visit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = visits(gallery.url)
    page = visit.page
    visit.refusals.add(401)
    sign_in(page, visit)

    first, second, gone = addresses
    page.get_by_role("link", name="New batch").first.click()
    lines = f"{first} 8\n{second} 3\n{gone} 1\n{first} 2\nkettle"
    page.get_by_label("Product addresses, one a line").fill(lines)
    page.get_by_role("button", name="Check").click()
    plan = page.locator("#plan")
    expect(plan.locator(".figure")).to_have_text("12 previews of 3 products")
    expect(plan).to_contain_text("1 repeated line")
    expect(plan).to_contain_text("1 line cannot be used")
    # What was checked is what is started.
    page.get_by_label("Product addresses, one a line").press("Space")
    expect(plan.locator("#start-form button")).to_be_disabled()
    page.get_by_role("button", name="Check", exact=True).click()
    plan.locator("#start-form button").click()
    page.wait_for_url(re.compile("/gallery/batches/[0-9a-f-]{36}$"))

    mark(page)
    watch_it_move(page)
    watch_it_end(page, "done")
    assert any("/gallery/events?" in url for url in visit.asked)
    assert not any("/gallery/progress?" in url for url in visit.asked)
    expect(page.locator("[data-told]")).to_contain_text("11 of 12 previews done, 1 failed")
    expect(page.locator(".card")).to_have_count(11)
    expect(page.locator(".why")).to_contain_text("410")

    look_through(page)
    by_mouse_and_by_keyboard(page)

    monkeypatch.undo()  # the page that was gone is there again
    page.get_by_role("button", name="Retry 1 failed").click()
    watch_it_end(page, "done")
    expect(page.locator("[data-told]")).to_contain_text("12 of 12 previews done")
    expect(page.locator(".card")).to_have_count(12)
    expect(page.locator(".why")).to_have_count(0)

    download(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/gallery/sign-in")
    visit.go("/")
    page.wait_for_url("**/gallery/sign-in")
    assert visit.context.cookies() == []


def sign_in(page: Page, visit: Visit) -> None:
    visit.go("/")
    token = page.get_by_label("Token", exact=True)
    expect(token).to_be_focused()
    token.fill("cta_unknown")
    token.press("Enter")
    expect(page.locator(".complaint")).to_contain_text("not known")
    page.get_by_label("Token", exact=True).fill(new_token(ANN))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="No batch yet")).to_be_visible()


def download(page: Page) -> None:
    """Have the batch as a table, with what was decided about each preview."""
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as sent:
        page.get_by_role("link", name=re.compile("^CSV")).click()
    assert sent.value.suggested_filename.endswith(".csv")
    with Path(sent.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert sorted(row["review"] for row in rows if row["review"]) == ["approved", "rejected"]
    assert {row["status"] for row in rows} == {"done"}


def look_through(page: Page) -> None:
    """Filter, search and order the cards; the overlays are the real ones."""
    overlay = page.frame_locator(".card:first-child .overlay")
    expect(overlay.locator("h1")).to_have_text(page.locator(".card:first-child h3").inner_text())
    loaded = overlay.locator("img").first.evaluate("image => image.complete && image.naturalWidth")
    assert loaded == 1920

    titles = page.locator(".card .caption p:first-of-type").all_inner_texts()
    word = titles[-1].partition(" · ")[2].split()[0]
    assert word not in titles[0]
    search = page.get_by_role("searchbox")
    search.fill(f"{word.upper()} ")
    search.press("Enter")
    expect(page.locator(".card")).to_have_count(3)
    expect(page.get_by_role("searchbox")).to_have_value(word.upper())
    page.get_by_label("Order").select_option("newest")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".card")).to_have_count(3)
    page.get_by_role("searchbox").fill("nothing-is-called-this")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("link", name="Show all of them").click()
    expect(page.locator(".card")).to_have_count(11)


def by_mouse_and_by_keyboard(page: Page) -> None:
    """Approve the first card with the mouse, and go on to the next by keyboard."""
    first, second, third = (page.locator(".card").nth(place) for place in range(3))
    approve = first.get_by_role("button", name="Approve")
    approve.click()
    expect(approve).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast")).to_have_text("Approved")

    keys = page.keyboard
    keys.press("j")
    expect(second.locator(".cover")).to_be_focused()
    keys.press("r")
    expect(second.locator(".reject")).to_have_attribute("aria-pressed", "true")
    keys.press("j")
    keys.press("a")
    expect(third.locator(".approve")).to_have_attribute("aria-pressed", "true")
    keys.press("u")
    expect(third.locator(".approve")).to_have_attribute("aria-pressed", "false")
    keys.press("k")
    expect(second.locator(".cover")).to_be_focused()

    page.reload()
    tabs = page.get_by_role("navigation", name="Which previews")
    tabs.get_by_role("link", name="Rejected 1").click()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card .reject")).to_have_attribute("aria-pressed", "true")
    tabs.get_by_role("link", name="Approved 1").click()
    expect(page.locator(".card .approve")).to_have_attribute("aria-pressed", "true")
    tabs.get_by_role("link", name="To review 9").click()
    expect(page.locator(".card")).to_have_count(9)
    tabs.get_by_role("link", name="All").click()
    expect(page.locator(".card")).to_have_count(11)


@pytest.mark.long
@in_browser
def test_without_server_sent_events_a_page_asks_for_itself(
    gallery: Served, shop: Any, visits: Callable[..., Visit]
) -> None:
    visit = visits(gallery.url)
    visit.sign_in(BOB)
    visit.context.add_init_script("delete window.EventSource")
    visit.go("/")
    start(visit.page, f"{shop.product_urls[2]} 6\n{shop.product_urls[3]} 6")
    mark(visit.page)
    watch_it_move(visit.page)
    watch_it_end(visit.page, "done")
    assert any("/gallery/progress?" in url for url in visit.asked)
    assert not any("/gallery/events?" in url for url in visit.asked)
    expect(visit.page.locator(".card")).to_have_count(12)
