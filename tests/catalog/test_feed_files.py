"""Feeds as shops export them, and as they should not."""

import gzip
import io
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.feed_files import FeedFormat, read_feed
from catalog.feed_opening import shown_address
from catalog.feeds import InvalidFeed
from catalog.product import Source
from settings import Settings
from tests.pages import Pages

Write = Callable[[str, str | bytes], str]
ROW = {
    "url": "https://shop.example/kettle", "title": "Kettle", "price": "1299.00 EUR",
    "availability": "in_stock", "image_urls": "https://shop.example/1.jpg",
}  # fmt: skip
RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><title>Kettle in RSS</title><link>https://shop.example/kettle</link>
<g:title>Kettle &amp; Co</g:title><g:image_link>https://shop.example/1.jpg</g:image_link>
<g:additional_image_link>https://shop.example/2.jpg</g:additional_image_link>
<g:additional_image_link>https://shop.example/3.jpg</g:additional_image_link>
<g:price>59.90 EUR</g:price><g:brand>Nordlys</g:brand></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>Shop</title><entry><title>Kettle</title><link href="https://shop.example/kettle"/>
<g:image_link>https://shop.example/1.jpg</g:image_link></entry></feed>"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_one(name: str, content: str | bytes) -> str:
        body = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(body)
        return str(tmp_path / name)

    return write_one


def problems(address: str, **options: object) -> list[str]:
    with pytest.raises(InvalidFeed) as caught:
        read_feed(address, **options)  # type: ignore[arg-type]
    return caught.value.problems


def test_a_list_of_addresses_is_a_feed(write: Write) -> None:
    feed = write("feed.csv", "url,batch_size\nhttps://a.example/1,3\nhttps://a.example/2,\n")
    assert read_feed(feed, batch_size=2) == [
        Source(url="https://a.example/1", batch_size=3),
        Source(url="https://a.example/2", batch_size=2),
    ]


def test_a_row_with_a_title_is_a_product(write: Write) -> None:
    body = pd.DataFrame([ROW | {"locale": "", "currency": ""}]).to_csv(index=False)
    [source] = read_feed(write("feed.csv", body), locale="de-DE")
    assert source.product is not None
    assert source.product.price == Decimal("1299.00")
    assert (source.product.currency, source.product.locale) == ("EUR", "de-DE")
    assert source.product.image_urls == ("https://shop.example/1.jpg",)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_quotes_and_line_ends_are_understood(write: Write, separator: str) -> None:
    lines = [
        separator.join(["url", "title", "image_urls"]),
        separator.join(
            [
                "https://a.example/1",
                f'"A ""big"" kettle{separator}\r\nred"',
                "https://a.example/1.jpg",
            ]
        ),
    ]
    [source] = read_feed(write("feed.csv", "\ufeff" + "\r\n".join(lines) + "\r\n"))
    assert source.product is not None
    assert source.product.title == f'A "big" kettle{separator} red'.replace("\t", "")


def test_text_stays_text(write: Write) -> None:
    """Nothing is taken for a number, a date or an empty cell that is none."""
    titles = ["007", "1e5", "NA", "null", "2026-01-02", "TRUE", "1,000"]
    body = pd.DataFrame(
        [ROW | {"url": f"https://a.example/{n}", "title": t} for n, t in enumerate(titles)]
    )
    read = read_feed(write("feed.csv", body.to_csv(index=False)))
    assert [source.product and source.product.title for source in read] == titles


def test_utf_16_is_read_and_other_encodings_are_told(write: Write) -> None:
    body = "url,title,image_urls\nhttps://a.example/1,Käse,https://a.example/1.jpg\n"
    [source] = read_feed(write("feed.csv", body.encode("utf-16")))
    assert source.product is not None
    assert source.product.title == "Käse"
    assert problems(write("old.csv", body.encode("cp1252"))) == [
        "The text of the feed is neither UTF-8 nor UTF-16: save it as UTF-8."
    ]


def test_packed_feeds_are_unpacked(write: Write) -> None:
    body = gzip.compress(b"url\nhttps://a.example/1\n")
    assert len(read_feed(write("feed.csv.gz", body))) == 1
    assert "packed with gzip and damaged" in problems(write("half.csv.gz", body[:-9]))[0]


def test_a_feed_that_unpacks_to_too_much_is_refused(write: Write) -> None:
    bomb = write("feed.csv.gz", gzip.compress(b"url\n" + b"x" * 5_000_000))
    with pytest.raises(InvalidFeed, match="larger than 1,000,000 bytes"):
        read_feed(bomb, settings=Settings(max_feed_bytes=1_000_000))


def test_too_many_rows_are_refused_by_their_number(write: Write) -> None:
    feed = write("feed.csv", "url\n" + "https://a.example/1\n" * 30)
    with pytest.raises(InvalidFeed, match="CTA_MAX_FEED_ROWS"):
        read_feed(feed, settings=Settings(max_feed_rows=20))


def test_json_lines_keep_numbers_lists_and_gaps(write: Write) -> None:
    rows = [
        {"url": "https://a.example/1", "batch_size": 2, "title": "Kettle", "price": 19.90,
         "currency": "EUR", "image_urls": ["https://a.example/1.jpg", "https://a.example/2.jpg"]},
        {"url": "https://a.example/2", "title": None},
    ]  # fmt: skip
    body = "\n".join(json.dumps(row) for row in rows) + "\n\n"
    first, second = read_feed(write("feed.jsonl", body))
    assert first.product is not None
    assert (first.batch_size, first.product.price) == (2, Decimal("19.90"))
    assert len(first.product.image_urls) == 2
    assert second == Source(url="https://a.example/2")


def test_parquet_keeps_numbers_lists_and_gaps(write: Write) -> None:
    frame = pd.DataFrame(
        {
            "url": ["https://a.example/1", "https://a.example/2"],
            "batch_size": [2.0, None],
            "title": ["Kettle", None],
            "price": [Decimal("19.90"), None],
            "currency": ["EUR", None],
            "image_urls": [["https://a.example/1.jpg"], None],
        }
    )
    packed = io.BytesIO()
    frame.to_parquet(packed)
    first, second = read_feed(write("feed.parquet", packed.getvalue()))
    assert first.product is not None
    assert (first.batch_size, first.product.price) == (2, Decimal("19.90"))
    assert first.product.image_urls == ("https://a.example/1.jpg",)
    assert second == Source(url="https://a.example/2")


@pytest.mark.parametrize(("name", "body", "count"), [("f.xml", RSS, 3), ("f.atom", ATOM, 1)])
def test_google_merchants_xml_is_read(write: Write, name: str, body: str, count: int) -> None:
    [source] = read_feed(write(name, body), batch_size=4)
    assert (source.url, source.batch_size) == ("https://shop.example/kettle", 4)
    assert source.product is not None
    assert source.product.title.startswith("Kettle")
    assert len(source.product.image_urls) == count


def test_googles_attribute_goes_before_that_of_rss(write: Write) -> None:
    [source] = read_feed(write("feed.rss", RSS))
    assert source.product is not None
    assert source.product.title == "Kettle & Co"


@pytest.mark.parametrize("name", ["feed.tsv", "feed.csv"])
def test_google_merchants_columns_are_understood_in_any_table(write: Write, name: str) -> None:
    body = (
        "id\tlink\ttitle\timage_link\tadditional image link\tprice\n"
        '1\thttps://a.example/1\tKettle\thttps://a.example/1.jpg\t"https://a.example/2.jpg,'
        'https://a.example/3.jpg"\t59.90 EUR\n'
    )
    [source] = read_feed(write(name, body))
    assert source.product is not None
    assert len(source.product.image_urls) == 3


def test_a_document_type_and_with_it_every_entity_is_refused(write: Write) -> None:
    for entity in ('<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY x "ha">'):
        body = RSS.replace("<rss", f"<!DOCTYPE rss [{entity}]><rss", 1).replace("Nordlys", "&x;")
        assert "document type" in problems(write("feed.xml", body))[0]


def test_an_atom_entrys_own_address_is_not_taken_for_its_page(write: Write) -> None:
    own = '<link rel="self" href="https://shop.example/feed/1"/>'
    [source] = read_feed(write("feed.atom", ATOM.replace("<link", own + "<link", 1)))
    assert source.url == "https://shop.example/kettle"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Hand made<br/>of <b>steel</b>, dishwasher-safe", "Hand made of steel, dishwasher-safe"),
        ("Made <!-- by us --> here", "Made here"),
        ("Tea &amp; coffee<p>for two</p>", "Tea & coffee for two"),
    ],
)
def test_markup_within_a_description_is_no_end_of_it(write: Write, written: str, read: str) -> None:
    body = RSS.replace("</item>", f"<description>{written}</description></item>", 1)
    [source] = read_feed(write("feed.rss", body))
    assert source.product is not None
    assert source.product.description == read


@pytest.mark.parametrize(
    "cell",
    [
        "['https://a.example/1.jpg' 'https://a.example/2.jpg']",
        "['https://a.example/1.jpg'\n 'https://a.example/2.jpg']",
        '["https:\\/\\/a.example\\/1.jpg","https:\\/\\/a.example\\/2.jpg"]',
        '["https://a.example/1.jpg", null, "https://a.example/2.jpg"]',
        "['https://a.example/1.jpg', None, 'https://a.example/2.jpg']",
        "[https://a.example/1.jpg, https://a.example/2.jpg]",
    ],
)
def test_a_list_that_was_saved_as_text_is_read(write: Write, cell: str) -> None:
    quoted = cell.replace('"', '""')
    body = f'url,title,image_urls\nhttps://a.example/1,Kettle,"{quoted}"\n'
    [source] = read_feed(write("feed.csv", body))
    assert source.product is not None
    assert source.product.image_urls == ("https://a.example/1.jpg", "https://a.example/2.jpg")


def test_a_column_that_is_repeated_keeps_all_its_values(write: Write) -> None:
    body = "\t".join(["link", "title", "image_link", *["additional_image_link"] * 2]) + "\n"
    body += "\t".join(["https://a.example/1", "T", *[f"https://a.example/{n}.jpg" for n in "abc"]])
    [source] = read_feed(write("feed.tsv", body))
    assert source.product is not None
    assert len(source.product.image_urls) == 3


def test_a_separator_of_lines_within_json_text_is_text(write: Write) -> None:
    row = ROW | {"title": "A\u2028Kettle", "image_urls": [ROW["image_urls"]]}
    [source] = read_feed(write("feed.jsonl", json.dumps(row, ensure_ascii=False)))
    assert source.product is not None
    assert "Kettle" in source.product.title


def test_a_packed_parquet_does_not_unpack_past_its_bound(write: Write) -> None:
    # A dictionary page holds each value once, and its rows are next to nothing.
    frame = pd.DataFrame({"url": ["https://a.example/" + "x" * 1_000] * 200_000})
    packed = io.BytesIO()
    frame.to_parquet(packed)
    assert len(packed.getvalue()) < 1_000_000
    with pytest.raises(InvalidFeed):
        read_feed(
            write("feed.parquet", packed.getvalue()), settings=Settings(max_feed_bytes=5_000_000)
        )


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("feed.csv", "", "The feed is empty."),
        ("feed.csv", "url,batch_size\n", "The feed is empty: it has no rows."),
        ("feed.csv", "address,title\nx,y\n", "The column url is missing; there are: address, title."),
        ("feed.tsv", "link\ttitle\nx\ty\n", "The column image_link is missing; there are: link, title."),
        ("feed.csv", "url\n\nhttps://a.example/1\nshop.example\n", "Line 4: url: the address must"),
        ("feed.csv", "url,batch_size\nhttps://a.example/1,11\n", "Line 2: batch_size: the number of"),
        ("feed.csv", "url,batch_size\nhttps://a.example/1,two\n", "Line 2: batch_size: the number of"),
        ("feed.csv", "url,title\nhttps://a.example/1,x\n", "The column image_urls is missing"),
        ("feed.csv", "url,batch_size\nhttps://a.example/1,2,3\n", "Line 2: "),
        ("feed.jsonl", '{"url": "https://a.example/1"}\n[1]\n', "Line 2: "),
        ("feed.jsonl", '{"url": \n', "Line 1: this is no JSON"),
        ("feed.jsonl", "[" * 100_000, "The feed is no JSON Lines"),
        ("feed.parquet", "no", "The feed is no Parquet."),
        ("feed.xml", "<rss><channel>", "The feed is no well-formed XML"),
        ("feed.xml", "<rss></rss>", "The feed is empty: it has no rows."),
        ("feed.txt", "x", "The name of the feed "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(write: Write, name: str, body: str, told: str) -> None:
    assert problems(write(name, body))[0].startswith(told)


def test_an_unknown_currency_is_told_with_its_row(write: Write) -> None:
    body = pd.DataFrame([ROW, ROW | {"price": "5 ABC"}]).to_csv(index=False)
    [problem] = problems(write("feed.csv", body))
    assert problem.startswith("Line 3: price: ")
    assert "ABC" in problem


def test_one_address_with_two_products_is_told_by_both_rows(write: Write) -> None:
    body = pd.DataFrame([ROW, ROW | {"title": "Other"}]).to_csv(index=False)
    [problem] = problems(write("feed.csv", body))
    assert problem.startswith("Line 3: it has the address of line 2")


def test_the_first_twenty_problems_are_told_and_the_rest_counted(write: Write) -> None:
    told = problems(write("feed.csv", "url\n" + "x\n" * 332))
    assert len(told) == 21
    assert told[-1] == "And 312 more rows."


@pytest.mark.parametrize("size", ["1e999999999", "-1e999999999", "1e400", "1e-400", "NaN", "2.5"])
def test_a_number_of_previews_that_is_none_is_told_at_once(write: Write, size: str) -> None:
    feed = write("feed.jsonl", f'{{"url": "https://a.example/1", "batch_size": {size}}}')
    if size == "NaN":
        assert read_feed(feed)[0].batch_size == 1
    else:
        assert "Line 1: batch_size: the number of previews" in problems(feed)[0]


def test_an_endless_number_in_parquet_is_told(write: Write) -> None:
    packed = io.BytesIO()
    frame = pd.DataFrame({"url": ["https://a.example/1"], "batch_size": [float("inf")]})
    frame.to_parquet(packed)
    assert "batch_size" in problems(write("feed.parquet", packed.getvalue()))[0]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/nowhere/feed.csv", "/nowhere/feed.csv"),
        ("abfs://container/feed.csv", "Install adlfs"),
        ("odd://container/feed.csv", "lies on a host that is read without the guards"),
        ("webhdfs://127.0.0.1:9870/feed.csv", "lies on a host that is read without the guards"),
        (
            "ftp://user:secret@127.0.0.1/feed.csv",
            "The feed ftp://127.0.0.1/feed.csv lies on a host",
        ),
        ("simplecache::http://127.0.0.1/feed.csv", "simplecache"),
    ],
)
def test_what_cannot_be_opened_says_why(address: str, told: str) -> None:
    assert told in problems(address)[0]


def test_any_address_of_fsspec_is_opened() -> None:
    import fsspec

    with fsspec.open("memory://feeds/feed.csv", "w") as file:
        file.write("url\nhttps://a.example/1\n")
    assert len(read_feed("memory://feeds/feed.csv")) == 1


def test_a_feed_on_the_web_is_read_with_the_guards_of_pages(pages: Pages) -> None:
    assert "private or reserved network" in problems("http://10.0.0.1/feed.csv")[0]
    assert problems(f"{pages.url}/mug", feed_format=FeedFormat.CSV)
    assert "/mug" in pages.hits


def test_what_is_secret_in_an_address_is_not_shown() -> None:
    address = "s3://key:secret@bucket/feed.csv?signature=canary"
    assert shown_address(address) == "s3://bucket/feed.csv"


def test_the_error_survives_a_trip_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(InvalidFeed(["a", "b"]))).problems == ["a", "b"]


titles = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(titles, st.integers(1, 10)), min_size=1, max_size=5))
def test_every_format_says_the_same(write: Write, rows: list[tuple[str, int]]) -> None:
    table = pd.DataFrame(
        [
            ROW | {"url": f"https://a.example/{n}", "title": f"T {title}", "batch_size": size}
            for n, (title, size) in enumerate(rows)
        ]
    )
    packed = io.BytesIO()
    table.to_parquet(packed)
    feeds = [
        write("feed.csv", table.to_csv(index=False)),
        write("feed.jsonl", table.to_json(orient="records", lines=True)),
        write("feed.parquet", packed.getvalue()),
    ]

    def read(feed: str) -> list[Source] | list[str]:
        try:
            return read_feed(feed)
        except InvalidFeed as error:
            return error.problems

    first, second, third = (read(feed) for feed in feeds)
    if first and isinstance(first[0], Source):
        assert first == second == third
    else:
        assert len(first) == len(second) == len(third)
