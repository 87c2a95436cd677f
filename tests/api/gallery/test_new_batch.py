"""A new batch: what will happen is shown before anything starts, and is what starts."""

import re
from html import unescape
from typing import Any

import pytest
from httpx import Response

from db import bulk_tasks
from db.session import unit_of_work
from settings import get_settings
from tests.api.conftest import UNREACHABLE, NotedOrders
from tests.api.gallery.conftest import Visitor, texts

KETTLE, TEAPOT = "https://shop.example/kettle", "https://shop.example/teapot"


def check(visitor: Visitor, addresses: str, **fields: Any) -> Response:
    return visitor.send(
        "/gallery/new", "/gallery/new", addresses=addresses, **{"batch_size": "3", **fields}
    )


def fields_of(shown: Response) -> dict[str, str]:
    """The hidden fields of the form that starts what is shown."""
    form = shown.text.partition('id="start-form"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    fields = {name: unescape(value) for name, value in found}
    return fields | ({"leave_out": "1"} if 'name="leave_out"' in form else {})


def start(visitor: Visitor, shown: Response, **changes: Any) -> Response:
    fields = {**fields_of(shown), **changes}
    return visitor.client.post(
        "/gallery/batches", files={name: (None, value) for name, value in fields.items() if value}
    )


def test_what_will_happen_is_shown_and_nothing_is_started(
    ann_visits: Visitor, launcher: NotedOrders
) -> None:
    shown = check(ann_visits, f"{KETTLE} 10\n{TEAPOT} 10\n{KETTLE} 5\nkettle\n{TEAPOT}/2 10")
    [told] = texts(shown, ".figure")
    assert told == "30 previews of 3 products"
    plan = texts(shown, "#plan")[0]
    assert "At 20 a minute this takes 2 minutes or more" in plan
    assert "1 repeated line (5 more previews)" in plan
    assert "Line 3the same product as line 1" in plan
    assert "1 line cannot be used Line 4kettle" in plan
    assert not launcher.orders
    assert texts(ann_visits.get("/"), ".empty h2") == ["No batch yet"]


def test_what_was_shown_is_started(ann_visits: Visitor, launcher: NotedOrders) -> None:
    shown = check(ann_visits, f"{KETTLE} 2\n{TEAPOT}\n{KETTLE} 5", refresh="1")
    answer = start(ann_visits, shown)
    assert answer.status_code == 303
    [order] = launcher.orders
    assert order.parameters["sources"] == [
        {"url": KETTLE, "batch_size": 2}, {"url": TEAPOT, "batch_size": 3},
    ]  # fmt: skip
    assert (order.workspace, order.parameters["user"], order.parameters["refresh"]) == (
        "acme", "ann", True,
    )  # fmt: skip
    assert answer.headers["Location"] == f"/gallery/batches/{order.row_id}"
    assert texts(ann_visits.get(answer.headers["Location"]), "[data-told]") == [
        "0 of 5 previews done, 5 queued: these take 15 seconds or more at 20 a minute."
    ]


def test_repeated_lines_are_started_where_they_are_wanted(
    ann_visits: Visitor, launcher: NotedOrders
) -> None:
    start(ann_visits, check(ann_visits, f"{KETTLE} 2\n{KETTLE} 5"), leave_out="")
    assert [item["batch_size"] for item in launcher.orders[0].parameters["sources"]] == [2, 5]


def test_started_twice_it_is_one_batch(ann_visits: Visitor, launcher: NotedOrders) -> None:
    shown = check(ann_visits, KETTLE)
    assert (
        start(ann_visits, shown).headers["Location"] == start(ann_visits, shown).headers["Location"]
    )
    assert len({order.key for order in launcher.orders}) == 1


def send_file(visitor: Visitor, body: bytes) -> Response:
    page = visitor.get("/gallery/new").text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    return visitor.client.post(
        "/gallery/new",
        data={"csrf": csrf, "batch_size": "3", "addresses": ""},
        files={"file": ("products.csv", body, "text/csv")},
    )


def test_the_data_of_a_file_is_started_with_its_products(ann_visits: Visitor) -> None:
    body = f"url,batch_size,title,image_urls\n{KETTLE},2,Ember <b>Kettle</b>,{KETTLE}.jpg\n"
    shown = send_file(ann_visits, body.encode())
    assert texts(shown, ".figure") == ["2 previews of 1 product"]
    batch_id = start(ann_visits, shown).headers["Location"].rpartition("/")[2]
    with unit_of_work() as session:
        bulk_task = bulk_tasks.get(session, batch_id)
        [source] = session.query(bulk_tasks.CTABulkGenerateSource).filter_by(
            bulk_generate_task_id=bulk_task.id
        )
        assert source.product_data["title"] == "Ember Kettle"


def test_what_cannot_be_read_is_told_and_stays_to_be_mended(ann_visits: Visitor) -> None:
    for addresses, batch_size in (("", "3"), (KETTLE, "11"), (KETTLE, "x"), (KETTLE, "")):
        shown = check(ann_visits, addresses, batch_size=batch_size)
        assert shown.status_code == 422
        assert texts(shown, "[role=alert]")
        assert texts(shown, "#addresses") == [addresses]


def test_more_than_a_batch_takes_is_told_before_it_starts(ann_visits: Visitor) -> None:
    shown = check(ann_visits, "\n".join(f"{KETTLE}/{number}" for number in range(5_001)))
    assert texts(shown, "[role=alert]") == [
        "These are 5,001 products; one batch takes 5,000 at most."
    ]


def test_five_thousand_addresses_pass_through_both_forms(
    ann_visits: Visitor, launcher: NotedOrders
) -> None:
    addresses = "\n".join(f"{KETTLE}/{number}/{'x' * 150} 2" for number in range(5_000))
    shown = check(ann_visits, addresses)
    assert texts(shown, ".figure") == ["10,000 previews of 5,000 products"]
    assert start(ann_visits, shown).status_code == 303
    assert len(launcher.orders[0].parameters["sources"]) == 5_000


def test_what_can_be_checked_can_be_started_in_every_script(
    ann_visits: Visitor, launcher: NotedOrders
) -> None:
    said = "Чайник для чая " * 60
    rows = [f"{KETTLE}/{number},Чайник,{said},{KETTLE}.jpg" for number in range(2_000)]
    shown = send_file(ann_visits, "\n".join(["url,title,description,image_urls", *rows]).encode())
    assert texts(shown, ".figure") == ["6,000 previews of 2,000 products"]
    assert start(ann_visits, shown).status_code == 303
    assert len(launcher.orders) == 1


def test_what_would_be_too_much_to_start_is_told_when_it_is_checked(
    ann_visits: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = get_settings().model_copy(update={"api_max_body_bytes": 20_000})
    monkeypatch.setattr("api.gallery.new_batch.get_settings", lambda: settings)
    shown = check(ann_visits, "\n".join(f"{KETTLE}/{number}" for number in range(300)))
    assert shown.status_code == 422
    assert "more product data than one batch can be started with" in texts(shown, "[role=alert]")[0]


def test_more_lines_than_could_be_of_use_are_not_looked_at(ann_visits: Visitor) -> None:
    shown = check(ann_visits, "x\n" * 20_001)
    assert shown.status_code == 422
    assert texts(shown, "[role=alert]") == [
        "These are more than 20,000 lines: make several batches of them."
    ]


def test_what_was_tampered_with_is_refused(ann_visits: Visitor, launcher: NotedOrders) -> None:
    shown = check(ann_visits, KETTLE)
    for sources in ("x", "{}", "[1]", '[{"url": "file:///etc/passwd"}]', "[" * 5_000, "[]"):
        assert start(ann_visits, shown, sources=sources).status_code == 422, sources
    assert not launcher.orders


def test_where_no_run_can_be_started_the_reason_is_told_on_a_page(
    ann_visits: Visitor, launcher: NotedOrders
) -> None:
    launcher.trouble = UNREACHABLE
    answer = start(ann_visits, check(ann_visits, KETTLE))
    assert answer.status_code == 503
    assert str(UNREACHABLE) in texts(answer, "main")[0]
