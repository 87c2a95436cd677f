"""How much of saved product pages is read right: a folder with a `truth.json` in, a table out.

    python -m bench.extraction FOLDER [--wrong] [--limits]

`truth.json` is a list with a row for each page: `file` (HTML, gzip or plain), `url`, and `title`,
`price`, `currency`, `brand`, `image_key` with what a person reads there, alternatives in
`title_alt`, `price_alt`, `brand_alt`, and `<field>_conf`: `high`, `medium`, or `high-none` where
the page has none and any answer is wrong. A title is right when it equals the truth, ignoring
case and punctuation, or contains it with at most 40 characters more; a price when its number is
the truth's; a picture when the first address holds the key. F1 counts a wrong answer as both a
false positive and a false negative, as the benchmark of article extraction by Zyte does.
"""

import argparse
import gzip
import json
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from catalog.errors import CatalogError
from catalog.parse import parse_product
from catalog.product import ScrapedProduct

FIELDS = ("title", "price", "currency", "brand", "image")
LIMITS = {"title": 0.95, "price": 0.92, "currency": 0.92, "brand": 0.80, "image": 0.92}
MILLISECONDS = 60
_LONGEST_ADDITION = 40


@dataclass
class Tally:
    """What became of one field over all pages."""

    right: int = 0
    wrong: int = 0
    missing: int = 0
    invented: int = 0
    shown: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """The number of pages that have the field."""
        return self.right + self.wrong + self.missing

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return (
            2 * self.right / max(1, 2 * self.right + 2 * self.wrong + self.missing + self.invented)
        )


def main() -> int:
    """Measure; 1 when `--limits` are asked for and one is missed."""
    arguments = _arguments()
    rows = json.loads((arguments.folder / "truth.json").read_text("utf-8"))
    tallies, seconds, errors = measure(arguments.folder, rows)
    print(f"{len(rows)} pages, {statistics.median(seconds) * 1000:.0f} ms at the median")
    for name, tally in tallies.items():
        share = tally.right / max(1, tally.asked)
        print(
            f"{name:9}{share:7.1%}  {tally.right}/{tally.asked}  wrong {tally.wrong}"
            f"  missing {tally.missing}  invented {tally.invented}  F1 {tally.f1:.3f}"
        )
    if arguments.wrong:
        print(*(line for tally in tallies.values() for line in tally.shown), *errors, sep="\n")
    missed = [
        name
        for name, limit in LIMITS.items()
        if tallies[name].right < limit * tallies[name].asked or tallies[name].invented
    ]
    return 1 if arguments.limits and missed else 0


def measure(
    folder: Path, rows: list[dict[str, Any]]
) -> tuple[dict[str, Tally], list[float], list[str]]:
    """Read every page; per field its tally, then the seconds of each page, then the errors."""
    tallies = {name: Tally() for name in FIELDS}
    seconds, errors = [], []
    for row in rows:
        if row.get("error"):
            continue
        body = _body(folder / row["file"])
        started = time.perf_counter()
        product: ScrapedProduct | None
        try:
            product = parse_product(body, row.get("url") or "https://shop.example/")
        except CatalogError as error:
            product = None
            errors.append(f"{row['file']}: {type(error).__name__}: {error}")
        seconds.append(time.perf_counter() - started)
        for name, tally in tallies.items():
            _count(tally, name, row, product)
    return tallies, seconds, errors


def _count(tally: Tally, name: str, row: Mapping[str, Any], product: ScrapedProduct | None) -> None:
    confidence = row.get(f"{name}_conf")
    answer = _answer(product, name)
    if confidence == "high-none":
        tally.invented += answer is not None
    elif confidence is None:
        return
    elif answer is None:
        tally.missing += 1
    elif is_right(name, answer, row):
        tally.right += 1
        return
    else:
        tally.wrong += 1
    if confidence != "high-none" or answer is not None:
        wanted = row.get("image_key") if name == "image" else row.get(name)
        source = product.read_from.get("images" if name == "image" else name) if product else None
        tally.shown.append(f"{name:9}{row['file']}: {answer!r} ({source}) for {wanted!r}")


def is_right(name: str, answer: str, row: Mapping[str, Any]) -> bool:
    """Whether one answer counts as right beside the truth's row."""
    if name == "image":
        return any(unquote(key) in unquote(answer) for key in (row["image_key"],))
    wanted = [row[name], *row.get(f"{name}_alt", [])]
    if name == "price":
        return Decimal(answer) in {Decimal(str(price)) for price in wanted}
    if name == "currency":
        return bool(answer == row["currency"])
    plain = _plain(answer)
    return any(
        plain == _plain(text)
        or (_plain(text) in plain and len(plain) - len(_plain(text)) <= _LONGEST_ADDITION)
        for text in wanted
    )


def _answer(product: ScrapedProduct | None, name: str) -> str | None:
    if product is None:
        return None
    if name == "image":
        return product.image_urls[0] if product.image_urls else None
    value = getattr(product, name)
    return None if value is None else str(value)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", " ", folded).strip()


def _body(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="holds the pages and truth.json")
    parser.add_argument("--wrong", action="store_true", help="list every answer that is not right")
    parser.add_argument("--limits", action="store_true", help="end with 1 when a limit is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
