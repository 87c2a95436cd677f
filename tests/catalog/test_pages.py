"""Whole pages, written after what shop software produces; `truth.json` says what a person reads there.

How an answer counts: a title that equals the truth or an alternative but for case and punctuation,
or holds it with at most 40 characters more; a price of the same number; a main picture whose
address holds `image_key`. `high-none` means that the page has none, so that any answer is wrong; a
`null` among the alternatives means that no answer is right too.
Addresses that hold a part named in `image_never` show something else than the product.
`not_yet` names what the parser is known to get wrong on a page; once it gets it right, the test
fails until the name is taken out.
"""

import codecs
import html
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog import errors
from catalog.parse import parse_product
from catalog.product import ScrapedProduct

FOLDER = Path(__file__).parent / "pages"
ROWS: list[dict[str, Any]] = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
PRODUCTS = [row for row in ROWS if "error" not in row]
OTHERS = [row for row in ROWS if "error" in row]


def rows(*stating: str, among: list[dict[str, Any]] = PRODUCTS, about: str | None = None) -> Any:
    chosen = [row for row in among if all(name in row for name in stating)]
    not_yet = pytest.mark.xfail(reason="known gap", strict=True)
    return pytest.mark.parametrize(
        "row",
        [
            pytest.param(row, id=row["file"], marks=[not_yet] * (about in row.get("not_yet", [])))
            for row in chosen
        ],
    )


def parsed(row: dict[str, Any]) -> ScrapedProduct:
    return parse_product((FOLDER / row["file"]).read_bytes(), row["url"])


def letters(text: str | None) -> str:
    """Only what is neither case nor punctuation nor space."""
    return "".join(re.findall(r"[^\W_]+", (text or "").casefold()))


@rows("title", about="title")
def test_the_title_is_what_a_person_reads(row: dict[str, Any]) -> None:
    got = letters(parsed(row).title)
    wanted = [letters(title) for title in (row["title"], *row.get("title_alt", []))]
    assert any(title in got and len(got) - len(title) <= 40 for title in wanted), (got, wanted)


@rows("price_conf", about="price")
def test_the_price_is_what_a_person_would_pay(row: dict[str, Any]) -> None:
    got = parsed(row).price
    if row["price_conf"] == "high-none":
        assert got is None
    else:
        assert got in [Decimal(price) for price in (row["price"], *row.get("price_alt", []))]


@rows("currency", about="currency")
def test_the_currency_is_the_one_of_the_price(row: dict[str, Any]) -> None:
    assert parsed(row).currency == row["currency"]


@rows("brand_conf", about="brand")
def test_the_brand_is_told_where_the_page_tells_it(row: dict[str, Any]) -> None:
    got = parsed(row).brand
    if row["brand_conf"] == "high-none":
        assert got is None
    else:
        known = [letters(brand) for brand in (row["brand"], *row.get("brand_alt", []))]
        assert letters(got) in known


@rows("availability", about="availability")
def test_what_can_be_bought_is_told_from_what_cannot(row: dict[str, Any]) -> None:
    known = [letters(name) for name in (row["availability"], *row.get("availability_alt", []))]
    assert letters(parsed(row).availability) in known


@rows("image_key", about="main_picture")
def test_the_main_picture_comes_first_and_once(row: dict[str, Any]) -> None:
    urls = parsed(row).image_urls
    assert urls, "no picture"
    assert row["image_key"] in urls[0], urls
    if row["image_conf"] == "high":
        assert sum(row["image_key"] in url for url in urls) == 1, urls


@rows("image_conf", about="pictures")
def test_pictures_of_something_else_are_left_out(row: dict[str, Any]) -> None:
    urls = parsed(row).image_urls
    assert all(url.startswith(("http://", "https://")) for url in urls), urls
    if row["image_conf"] == "high-none":
        assert not urls
    never = row.get("image_never", [])
    assert [url for url in urls if any(part in url for part in never)] == []


@rows(among=OTHERS, about="error")
def test_what_is_no_product_is_told_by_name(row: dict[str, Any]) -> None:
    names = [row["error"], *row.get("error_alt", [])]
    expected = tuple(kind for name in names if (kind := getattr(errors, name, None)))
    assert expected, f"catalog.errors knows none of {names}"
    with pytest.raises(expected) as caught:
        parsed(row)
    assert type(caught.value).__name__ in names
    assert caught.value.url == row["url"]


def test_every_page_has_a_row_and_every_row_a_page() -> None:
    named = [row["file"] for row in ROWS]
    assert len(named) == len(set(named))
    assert set(named) == {path.name for path in FOLDER.iterdir()} - {"truth.json"}


def test_every_row_says_what_it_stands_for() -> None:
    for row in ROWS:
        assert len(row["stands_for"].split()) > 5, row["file"]
        assert row["url"].startswith(("http://", "https://")), row["file"]
        assert ("error" in row) != ("title" in row), row["file"]


@rows(among=ROWS)
def test_the_encoding_stated_is_the_one_of_the_bytes(row: dict[str, Any]) -> None:
    page = (FOLDER / row["file"]).read_bytes()
    text = page.decode(row["encoding"])
    assert not re.search("[\x80-\x9f\ufffd]", text)
    if codecs.lookup(row["encoding"]).name not in ("utf-8", "ascii"):
        with pytest.raises(UnicodeDecodeError):
            page.decode("utf-8")
    if "title" in row:
        readable = letters(re.sub(r"<[^>]*>", "", html.unescape(html.unescape(text))))
        escaped = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), readable)
        titles = [letters(title) for title in (row["title"], *row.get("title_alt", []))]
        assert any(title in readable or title in escaped for title in titles), row["title"]
