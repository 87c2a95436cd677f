"""`make gallery-pictures`: the README's pictures of the gallery, taken with a browser."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tenacity import retry, stop_after_delay, wait_fixed

from demo.overlay_checks import ARGUMENTS, BrowserMissing, find_browser
from settings import PROJECT_ROOT

PORT = 8019
GALLERY = f"http://127.0.0.1:{PORT}"
ADDRESSES = """https://shop.example/kettle 5
https://shop.example/teapot 10
https://shop.example/mug 10
https://shop.example/kettle 2
shop.example/lamp"""
WINDOW = (1280, 800)
_START_SECONDS = 90
_QUALITY = 84


def main() -> None:
    """Take a picture of a batch, of a plan, and of a preview, and store them small."""
    try:
        path = find_browser()
    except BrowserMissing as missing:
        sys.exit(str(missing))
    with _gallery() as token, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        page.goto(f"{GALLERY}/gallery/sign-in")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{GALLERY}/")
        if page.locator(".batch").count() == 0:
            sys.exit("There is nothing to take a picture of yet: run `make demo` first.")
        page.locator(".batch h2 a").first.click()
        _take(page, "batch")
        page.locator(".cover").first.click()
        _take(page, "preview")
        page.goto(f"{GALLERY}/gallery/new")
        page.get_by_label("Product addresses").fill(ADDRESSES)
        page.get_by_role("button", name="Check").click()
        page.locator("#start-form").wait_for()
        _take(page, "new")
        browser.close()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    path = PROJECT_ROOT / "docs" / f"gallery-{name}.jpg"
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(path, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    print(f"{path.relative_to(PROJECT_ROOT)}: {path.stat().st_size // 1000} kB")


@contextlib.contextmanager
def _gallery() -> Iterator[str]:
    """The gallery of the demo, served; gives the token that it says."""
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.gallery"], cwd=PROJECT_ROOT, stdout=subprocess.PIPE,
        env=os.environ | {"PORT": str(PORT), "PYTHONUNBUFFERED": "1"}, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        token = next(found[0] for line in process.stdout if (found := re.search(r"cta_\S+", line)))
        _wait()
        yield token
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


@retry(stop=stop_after_delay(_START_SECONDS), wait=wait_fixed(0.5), reraise=True)
def _wait() -> None:
    httpx.get(f"{GALLERY}/healthz").raise_for_status()


if __name__ == "__main__":
    main()
