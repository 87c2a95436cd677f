"""What was pasted becomes a plan: sources, repeated lines, and bad ones with their reasons."""

import pytest

from api.gallery.pasted import Plan, TooManyLines, UnreadableFile, plan_of_file, plan_of_text

KETTLE, TEAPOT = "https://shop.example/kettle", "https://shop.example/teapot"


def wanted(plan: Plan) -> list[tuple[str, int]]:
    return [(source.url, source.batch_size) for source in plan.sources]


@pytest.mark.parametrize(
    "line",
    [
        f"{KETTLE} 5",
        f"{KETTLE}, 5",
        f"{KETTLE},5",
        f"{KETTLE};5",
        f"{KETTLE}\t5",
        f"  {KETTLE}   5 ",
    ],
)
def test_a_line_names_the_number_after_the_address(line: str) -> None:
    assert wanted(plan_of_text(line)) == [(KETTLE, 5)]


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/p,3-kettle",
        "https://shop.example/a;b=1",
        "https://shop.example/p,12345",
    ],
)
def test_addresses_may_hold_what_stands_between_elsewhere(url: str) -> None:
    assert wanted(plan_of_text(url, 2)) == [(url, 2)]


def test_a_line_without_a_number_takes_the_one_for_all() -> None:
    assert wanted(plan_of_text(f"{KETTLE}\n{TEAPOT} 1", 4)) == [(KETTLE, 4), (TEAPOT, 1)]


def test_empty_lines_and_remarks_are_passed_over_and_lines_keep_their_numbers() -> None:
    plan = plan_of_text(f"# tea\n\n\ufeff{KETTLE}\nkettle\n")
    assert wanted(plan) == [(KETTLE, 1)]
    [bad] = plan.bad
    assert (bad.number, bad.text) == (4, "kettle")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("shop.example/kettle", "http:// or https://"),
        ("javascript:alert(1)", "http:// or https://"),
        (f"{KETTLE} 11", "1 to 10"),
        (f"{KETTLE} 0", "1 to 10"),
        (f"{KETTLE} many", "1 to 10"),
        (f"{KETTLE} 3 of these", "one address"),
    ],
)
def test_a_bad_line_says_what_it_needs(line: str, told: str) -> None:
    plan = plan_of_text(line)
    assert not plan.sources
    assert told in plan.bad[0].problem


def test_the_same_product_is_taken_once_and_the_others_are_told() -> None:
    plan = plan_of_text(f"{KETTLE} 2\n{TEAPOT}\n{KETTLE}?utm_source=mail 3\n{KETTLE}#top")
    assert wanted(plan) == [(KETTLE, 2), (TEAPOT, 1)]
    assert [(line.number, line.first) for line in plan.repeated] == [(3, 1), (4, 1)]
    assert (plan.previews, plan.repeated_previews) == (3, 4)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_has_the_columns_of_a_feed(delimiter: str) -> None:
    rows = [
        ["url", "batch_size", "title", "image_urls"],
        [KETTLE, "2", "Ember Kettle", f"{KETTLE}.jpg"],
    ]
    body = "\r\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")
    [source] = plan_of_file(body).sources
    assert (source.url, source.batch_size) == (KETTLE, 2)
    assert source.product is not None
    assert source.product.image_urls == (f"{KETTLE}.jpg",)


def test_a_file_of_a_merchant_is_read_by_its_own_names() -> None:
    body = f"link,title,image_link\n{KETTLE},Ember Kettle,{KETTLE}.jpg\n".encode()
    [source] = plan_of_file(body, 3).sources
    assert source.batch_size == 3
    assert source.product is not None
    assert source.product.title == "Ember Kettle"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("url,,,batch_size,title,image_urls", f"{KETTLE},,,8,Kettle,{KETTLE}.jpg"),
        ("URL,batch size,Title,image_urls,,", f"{KETTLE},8,Kettle,{KETTLE}.jpg,,"),
        (
            "url,image_urls,image_urls,batch_size,title",
            f"{KETTLE},{KETTLE}.jpg,{KETTLE}-2.jpg,8,Kettle",
        ),
    ],
)
def test_columns_without_a_name_and_repeated_ones_shift_nothing(header: str, cells: str) -> None:
    [source] = plan_of_file(f"{header}\n{cells}\n".encode()).sources
    assert (source.url, source.batch_size) == (KETTLE, 8)
    assert source.product is not None
    assert source.product.title == "Kettle"
    assert len(source.product.image_urls) == header.count("image_urls")


def test_a_row_of_more_cells_than_there_are_names_is_told() -> None:
    plan = plan_of_file(f"url,batch_size\n{KETTLE},2,{TEAPOT}\n{TEAPOT},3,\n".encode())
    assert wanted(plan) == [(TEAPOT, 3)]
    assert "more values than the header has names" in plan.bad[0].problem


@pytest.mark.parametrize("line", ["x", KETTLE, f"{KETTLE} 2"])
def test_no_more_lines_are_looked_at_than_can_be_of_use(line: str) -> None:
    assert plan_of_text("\n".join([line] * 10), most_lines=10)
    with pytest.raises(TooManyLines, match="more than 10 lines"):
        plan_of_text("\n".join([line] * 11), most_lines=10)
    with pytest.raises(TooManyLines):
        plan_of_file("\n".join(["url", *[line] * 11]).encode(), most_lines=10)


def test_a_file_without_names_is_taken_line_by_line() -> None:
    assert wanted(plan_of_file(f"{KETTLE},2\n{TEAPOT},3\n".encode())) == [(KETTLE, 2), (TEAPOT, 3)]


def test_a_bad_row_is_told_by_its_line_and_the_others_stay() -> None:
    plan = plan_of_file(f'url,batch_size\n{KETTLE},2\nkettle,x\n"{TEAPOT}",1\n'.encode())
    assert wanted(plan) == [(KETTLE, 2), (TEAPOT, 1)]
    assert [line.number for line in plan.bad] == [3]
    assert "http://" in plan.bad[0].problem
    assert "1 to 10" in plan.bad[0].problem


def test_two_rows_that_disagree_on_a_product_are_told() -> None:
    header = "url,title,image_urls"
    rows = [f"{KETTLE},{title},{KETTLE}.jpg" for title in ("Kettle", "Teapot")]
    plan = plan_of_file("\n".join([header, *rows]).encode())
    assert len(plan.sources) == 1
    assert plan.bad[0].problem == "Line 2 says other things of the same product."


def test_a_file_without_addresses_says_which_column_it_needs() -> None:
    with pytest.raises(UnreadableFile, match="no column url"):
        plan_of_file(b"name,price\nKettle,3\n")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_file_in_the_encoding_of_a_spreadsheet_is_read(encoding: str) -> None:
    titles = "Théière en grès émaillé, façon très ancienne"
    body = f"url;title;image_urls\n{KETTLE};{titles};{KETTLE}.jpg\n".encode(encoding)
    [source] = plan_of_file(body).sources
    assert source.product is not None
    assert source.product.title == titles


@pytest.mark.parametrize("body", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, b"\x00" * 50])
def test_a_file_that_is_no_table_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableFile):
        plan_of_file(body)
