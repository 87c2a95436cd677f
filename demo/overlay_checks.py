"""Overlays judged as a viewer sees them: in a browser, by their boxes and their pixels."""

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from creative.prefill import Prefill
from demo.overlay_rules import HEIGHT, WIDTH, Guard, Pixels, Shown, broken_rules

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_NARROWER = ((1280, 720), (390, 219))
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--no-first-run", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip
_MEASURE = (Path(__file__).parent / "overlay_measures.js").read_text()
_WITHOUT_TEXT = "* { color: transparent !important; } .arrow, .star { visibility: hidden; }"


class BrowserMissing(Exception):
    """There is no browser to look at overlays with."""

    def __init__(self) -> None:
        super().__init__(f"A browser is needed ({', '.join(BROWSERS)}): apt-get install chromium.")


def find_browser() -> str:
    """The path of a browser that Playwright can drive.

    Raises:
        BrowserMissing: there is none.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise BrowserMissing


class OverlayChecks:
    """A browser, and what it is asked; to be used in a `with` block.

    The browser is driven from a thread of its own, for Playwright leaves an event loop running in
    the thread that it was started in.

    Raises:
        BrowserMissing: there is no browser.
    """

    def __enter__(self) -> Self:
        path = find_browser()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._window = self._thread.submit(_Window, path).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.submit(self._window.close).result()
        self._thread.shutdown()

    def problems_of(self, file: Path, prefill: Prefill, guard: Guard | None = None) -> list[str]:
        """What is wrong with the overlay in `file`, a sentence each; nothing where all is well.

        Args:
            file: the page of `creative.frame.render_frame`.
            prefill: what it was made of.
            guard: tells the claims in a text that the product's page does not support.
        """
        return self._thread.submit(self._window.problems_of, file, prefill, guard).result()

    def screenshot(self, url: str, width: int, height: int, selector: str = "html") -> bytes:
        """A PNG of the page at `url`, in a window of that size; of one element of it."""
        return self._thread.submit(self._window.screenshot, url, width, height, selector).result()


class _Window:
    """The browser itself, all of it in one thread."""

    def __init__(self, path: str) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        size: ViewportSize = {"width": WIDTH, "height": HEIGHT}
        # As a television may have it: nothing runs, and the page's own policy holds.
        self._strict = self._browser.new_context(viewport=size, java_script_enabled=False)
        self._open = self._browser.new_context(viewport=size, bypass_csp=True)

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def problems_of(self, file: Path, prefill: Prefill, guard: Guard | None) -> list[str]:
        page = self._strict.new_page()
        asked: list[str] = []
        told: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: told.append(message.text))
        page.goto(file.as_uri())
        shown = Shown(page.evaluate(_MEASURE), _pixels(page), self._bare(file), prefill)
        allowed = {file.as_uri(), prefill.generated_background_url}
        problems = [
            *(f"It asks for {url[:100]}." for url in asked if url not in allowed),
            *(f"The browser says: {text}" for text in told),
            *broken_rules(shown, guard),
            *_of_focus(page, shown),
            *_of_scale(page, shown),
        ]
        page.close()
        return problems

    def screenshot(self, url: str, width: int, height: int, selector: str) -> bytes:
        page = self._browser.new_page(viewport={"width": width, "height": height})
        page.goto(url, wait_until="load", timeout=120_000)
        body = page.locator(selector).screenshot()
        page.close()
        return body

    def _bare(self, file: Path) -> Pixels:
        """The pixels without the text."""
        page = self._open.new_page()
        page.goto(file.as_uri())
        page.add_style_tag(content=_WITHOUT_TEXT)
        pixels = _pixels(page)
        page.close()
        return pixels


def _pixels(page: Page, within: tuple[int, int, int, int] | None = None) -> Pixels:
    clip: Any = None
    if within is not None:
        left, top, right, bottom = within
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    with Image.open(io.BytesIO(page.screenshot(clip=clip))) as picture:
        return np.asarray(picture.convert("RGB"))


def _of_focus(page: Page, shown: Shown) -> Iterator[str]:
    wanted = {"cta": "button", "code": "code"} if shown.measures["code"] else {"cta": "button"}
    for name, part in wanted.items():
        left, top, right, bottom = (round(value) for value in shown.measures[part])
        around = (
            max(0, left - 24), max(0, top - 24), min(WIDTH, right + 24), min(HEIGHT, bottom + 24),
        )  # fmt: skip
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.className")
        if focused != name:
            yield f"The focus goes to {focused or 'nothing'!r} where .{name} should have it."
            return
        after = _pixels(page, around).astype(int)
        before = shown.pixels[around[1] : around[3], around[0] : around[2]]
        if (np.abs(after - before).max(axis=2) > 40).sum() < 1500:
            yield f"The focus on .{name} cannot be seen."


def _of_scale(page: Page, shown: Shown) -> Iterator[str]:
    """The same picture at other sizes: as many lines, in the same places."""
    for width, height in _NARROWER:
        page.set_viewport_size({"width": width, "height": height})
        measures = page.evaluate(_MEASURE)
        left, top, right, _ = measures["frame"]
        scale = WIDTH / (right - left)
        lines = measures["lines"]
        for part in measures["hidden"]:
            yield f"Something of .{part} is cut off at {width} px."
        for part in ("button", "code") if measures["code"] else ("button",):
            corners = zip(measures[part], (left, top) * 2, shown.measures[part], strict=True)
            moved = max(abs((value - start) * scale - where) for value, start, where in corners)
            if moved > 0.008 * WIDTH:
                yield f"The {part} is elsewhere at {width} px."
        if [line["text"] for line in lines] != [line["text"] for line in shown.lines]:
            yield f"Lines break differently at {width} px."
            continue
        for line, whole in zip(lines, shown.lines, strict=True):
            # Words may change lines, for letters are rounded to pixels; the lines stay.
            if abs((line["box"][1] - top) * scale - whole["box"][1]) > 0.008 * WIDTH:
                yield f"The {line['part']} is elsewhere at {width} px."
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
