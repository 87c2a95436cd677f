"""`make check-previews`: judge the previews that `make demo` has made, in a browser."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from catalog.product import ScrapedProduct
from creative.facts import unsupported_claims
from creative.prefill import Prefill
from demo.contact_sheet import PREVIEWS
from demo.overlay_checks import BrowserMissing, OverlayChecks
from demo.products import PRODUCTS

# The mean difference of two backgrounds, 0 to 255, from which they look like two.
_DIFFERENT = 12.0


@dataclass(frozen=True)
class Preview:
    """A preview as the demo left it: the overlay's page, its prefill, and what product it is of."""

    page: Path
    prefill: Prefill
    position: int
    product: ScrapedProduct


def previews_in(folder: Path) -> list[Preview]:
    """The previews in the demo's folder, by product and position."""
    found = [_preview(file) for file in folder.glob("*.json")]
    return sorted(found, key=lambda preview: (preview.product.url, preview.position))


def problems_of(checks: OverlayChecks, preview: Preview) -> list[str]:
    """What is wrong with one preview: as it looks, and what it claims."""

    def guard(text: str) -> list[str]:
        return [claim.text for claim in unsupported_claims(text, preview.product)]

    return checks.problems_of(preview.page, preview.prefill, guard)


def likenesses(previews: list[Preview]) -> Iterator[str]:
    """Where two previews of one product are alike in headline, layout or background."""
    for one, other in combinations(previews, 2):
        if one.product.url != other.product.url:
            continue
        named = f"{other.product.title}, previews {one.position + 1} and {other.position + 1}"
        if one.prefill.headline.casefold() == other.prefill.headline.casefold():
            yield f"{named} have the same headline."
        neighbours = abs(one.position - other.position) <= 1
        if neighbours and one.prefill.layout == other.prefill.layout:
            yield f"{named} have the same layout."
        first, second = (_small(preview.prefill) for preview in (one, other))
        if np.abs(first - second).mean() < _DIFFERENT:
            yield f"{named} have backgrounds that look the same."


def main() -> int:
    """Judge all; 1 when something is wrong with one of them."""
    previews = previews_in(PREVIEWS)
    if not previews:
        sys.exit("There is nothing to judge yet: run `make demo` first.")
    passed = 0
    try:
        with OverlayChecks() as checks:
            for preview in previews:
                problems = problems_of(checks, preview)
                passed += not problems
                for problem in problems:
                    print(f"{preview.page.name} ({preview.product.title}): {problem}")
    except BrowserMissing as missing:
        sys.exit(str(missing))
    alike = list(likenesses(previews))
    print(*alike, sep="\n", end="\n" if alike else "")
    print(f"{passed} of {len(previews)} previews pass.")
    return int(bool(alike) or passed < len(previews))


def _preview(file: Path) -> Preview:
    told: dict[str, Any] = json.loads(file.read_text())
    slug = PurePosixPath(told["source_url"]).name
    [sold] = [product for product in PRODUCTS if product.slug == slug]
    product = ScrapedProduct(
        url=told["source_url"],
        title=sold.title,
        description=sold.description,
        brand=sold.brand,
        price=sold.price,
        currency=sold.currency,
        availability=sold.availability,
        locale=sold.language,
    )
    prefill = Prefill.model_validate(told["prefill"])
    return Preview(file.with_suffix(".html"), prefill, told["position"], product)


def _small(prefill: Prefill) -> np.ndarray[Any, np.dtype[np.float64]]:
    path = Path(prefill.generated_background_url.removeprefix("file://"))
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB").resize((96, 54), Image.Resampling.BOX), np.float64)


if __name__ == "__main__":
    sys.exit(main())
