"""What Prefect's UIs show of hostile words, looked at in a browser: the newer one and the older."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, Route, sync_playwright
from prefect import flow
from prefect.client.schemas.objects import Artifact
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct, Source
from db import bulk_tasks, previews, products, sources
from db.session import unit_of_work
from db.sources import SourceReference
from demo.overlay_checks import find_browser
from tasks.limits import ensure_generation_limit
from tasks.progress import shown_progress
from tests.browser import OverlayChecks
from tests.shown_artifacts import artifacts_of
from tests.tasks.test_markdown import HOSTILE, UNSEEN

UIS = {"newer": "/v2", "older": ""}
FOREIGN = ("127.0.0.1:9/", "evil")
# What is seen of an artifact only when all of it is there.
LAST_WORDS = {
    "sources": "Reason",
    "summary": "Sources",
    "contact-sheet-001": "product's page",
    "contact-sheet-002": "product's page",
}
# The newer UI shows ten rows at a time. What has a meaning at the beginning of a line stands there.
TITLES = [f"{first} {second}" for first, second in zip(HOSTILE[10:], HOSTILE[:10], strict=True)]
EXPECTED = {
    "sources": TITLES,
    "summary": TITLES[2:],
    "contact-sheet-001": [TITLES[0], *HOSTILE[:10]],
    "contact-sheet-002": [TITLES[1], *HOSTILE[10:]],
}
# Wide enough for no cell to be cut, and for all rows.
_WINDOW = {"width": 2400, "height": 1800}


@pytest.fixture(scope="module")
def shown(environment: dict[str, str], engine: Engine) -> Iterator[dict[str, Artifact]]:
    """The artifacts of a run whose products, headlines and reasons are all hostile."""
    bulk_task_id, run_id = uuid4(), uuid4()
    with unit_of_work() as session:
        given = [
            Source(url=f"https://shop.example/{number}", batch_size=1 if number > 1 else 10)
            for number in range(len(TITLES))
        ]
        bulk_tasks.record(session, bulk_task_id, given, workspace="acme", user="ann")
        session.flush()
        found = sources.unfinished(session, bulk_task_id)

    @flow
    def show() -> None:
        with shown_progress(bulk_task_id), unit_of_work() as session:
            for number, (source, title) in enumerate(zip(found, TITLES, strict=True)):
                queued = begin(session, source, run_id, title, 1 if number > 1 else 10)
                headlines = HOSTILE[10 * number :]
                for preview_id, headline in zip(queued, headlines or [""], strict=False):
                    if number > 1:
                        previews.fail(session, preview_id, run_id, title)
                    else:
                        fill(session, preview_id, run_id, headline)
                sources.settle(session, source.id, run_id)

    with temporary_settings({PREFECT_API_URL: environment["PREFECT_API_URL"]}):
        ensure_generation_limit()
        state = show(return_state=True)
        assert state.is_completed(), state.message
        yield artifacts_of(state.state_details.flow_run_id)


def begin(
    session: Session, source: SourceReference, run_id: UUID, title: str, batch_size: int
) -> list[UUID]:
    sources.start(session, source.id, run_id)
    scraped = ScrapedProduct(url=source.url, title=title)
    product_id = products.save(session, source.url, scraped, workspace="acme", user="ann")
    sources.assign_product(session, source.id, product_id)
    pictures = ["https://shop.example/1.jpg"] * batch_size
    return previews.queue(session, source.id, product_id, pictures)


def fill(session: Session, preview_id: UUID, run_id: UUID, headline: str) -> None:
    previews.start(session, preview_id, run_id)
    prefill = {"generated_background_url": "file:///b.jpg", "headline": headline}
    previews.fill(session, preview_id, run_id, prefill)
    previews.complete(session, preview_id, run_id)


@pytest.mark.long
@pytest.mark.parametrize("ui", UIS)
def test_hostile_words_are_shown_as_words(
    ui: str, shown: dict[str, Artifact], environment: dict[str, str], overlay_checks: OverlayChecks
) -> None:
    """`overlay_checks` says whether there is a browser at all."""
    assert set(shown) == {*EXPECTED, "progress"}
    api = environment["PREFECT_API_URL"]
    with ThreadPoolExecutor(1) as thread:  # Playwright leaves an event loop running in it
        seen = thread.submit(look, api, UIS[ui], shown).result()
    for key, hostile in EXPECTED.items():
        for words in hostile:
            assert as_seen(words) in as_seen(seen[key]), (key, words)
    assert seen["harm"] == ""


def as_seen(text: str) -> str:
    """Text as people see it; the older UI escapes once more what it takes for an address."""
    return text.translate(UNSEEN).replace("&gt;", ">")


def look(api: str, ui: str, shown: dict[str, Artifact]) -> dict[str, str]:
    """What the page of each artifact says; `harm` is what is not to be there."""
    seen: dict[str, str] = {}
    harm: list[str] = []
    server = api.removesuffix("/api")

    def answer(route: Route) -> None:
        if route.request.url.endswith("/ui-settings"):  # the server does not know its own port
            told = route.fetch().json() | {"api_url": api}
            route.fulfill(body=json.dumps(told), content_type="application/json")
        elif route.request.url.startswith((f"{server}/", "data:")):
            route.continue_()
        else:  # the UI asks for a thing or two of its makers
            harm.extend(
                [route.request.url] if any(sign in route.request.url for sign in FOREIGN) else []
            )
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport=_WINDOW)  # type: ignore[arg-type]
        page.set_default_timeout(60_000)
        page.route("**/*", answer)
        page.on("dialog", lambda dialog: (harm.append(dialog.message), dialog.dismiss()))
        for key, last in LAST_WORDS.items():
            page.goto(f"{server}{ui}/artifacts/artifact/{shown[key].id}", wait_until="commit")
            page.get_by_text(last).first.wait_for()
            seen[key] = page.inner_text("body")
            harm.extend(harm_in(page))
        browser.close()
    return seen | {"harm": "; ".join(harm)}


def harm_in(page: Page) -> list[str]:
    """What was made of hostile words as if they were markup."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(
            'a[href^="javascript"], img[src="x"], img[src*="pixel"], td h1, td li, td code, td b'
        )].map(element => element.outerHTML)"""
    )
    return found
