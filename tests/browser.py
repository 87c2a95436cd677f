"""The browser that the tests look at overlays with: one for all of them."""

import os
from collections.abc import Iterator

import pytest

from demo.overlay_checks import BrowserMissing, OverlayChecks


@pytest.fixture(scope="session")
def overlay_checks() -> Iterator[OverlayChecks]:
    checks = OverlayChecks()
    try:
        checks.__enter__()
    except BrowserMissing as missing:
        # A machine without a browser can run all else; the one that decides must have it.
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield checks
    checks.__exit__()
