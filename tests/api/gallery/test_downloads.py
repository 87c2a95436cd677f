"""Batches taken away: whole, streamed, and harmless to whoever unpacks them."""

import io
import json
import subprocess
import sys
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pandas as pd
import pytest
from sqlalchemy import Engine, delete

from api.gallery import export
from api.gallery.downloads import content_disposition, csv_of, json_of, zip_of
from api.gallery.export import BatchExport
from db import reports
from db.api_tokens import TokenRefused
from db.errors import UnknownRecord
from db.models import CTABulkGenerateTask
from db.session import unit_of_work
from settings import PROJECT_ROOT
from tests.api.conftest import ANN, EVE, MadeBatch, make_batch, new_token
from tests.api.gallery.conftest import Visitor
from tests.api.gallery.taken_away import body_of, many


@pytest.fixture
def batch(database: Engine) -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture
def token(batch: MadeBatch) -> str:
    return new_token(ANN)


def test_csv_is_the_frame_of_the_previews(token: str, batch: MadeBatch) -> None:
    answer = csv_of(token, batch.id)
    frame = pd.read_csv(io.BytesIO(body_of(answer)))
    with unit_of_work() as session:
        wanted = reports.previews_frame(session, batch.id)
    assert list(frame.columns) == list(wanted.columns)
    assert list(frame["preview_id"]) == list(wanted["preview_id"])
    assert answer.media_type == "text/csv; charset=utf-8"


def test_json_has_the_batch_its_sources_and_its_previews(token: str, batch: MadeBatch) -> None:
    told = json.loads(body_of(json_of(token, batch.id)))
    assert told["batch"]["id"] == str(batch.id)
    assert told["batch"]["progress"] == {
        "total": 4, "queued": 0, "running": 0, "done": 2, "failed": 2,
    }  # fmt: skip
    assert [source["status"] for source in told["sources"]] == ["done", "failed"]
    assert [preview["preview_id"] for preview in told["previews"]] == list(
        map(str, batch.preview_ids)
    )
    assert told["previews"][1]["prefill"]["headline"] == "The headline of number 1"
    assert told["previews"][2]["prefill"] is None
    assert told["previews"][2]["error_message"] == "The picture was blocked."


def test_money_in_json_is_exact(token: str, batch: MadeBatch) -> None:
    body = body_of(json_of(token, batch.id))
    assert b'"cost_usd":0.000000' in body
    assert b'"usd":0.000000' in body


def test_everything_is_read_in_pieces_and_nothing_is_lost_between_them(
    monkeypatch: pytest.MonkeyPatch, database: Engine
) -> None:
    monkeypatch.setattr(export, "_SOURCES_AT_ONCE", 3)
    batch_id = many(previews_of_each=[2] * 10)
    token = new_token(ANN)
    begun = BatchExport.begin(token, batch_id, approved_only=False)
    assert [len(piece) for piece in begun.pieces()] == [6, 6, 6, 2]
    places = [
        (row["source_position"], row["position"]) for piece in begun.pieces() for row in piece
    ]
    assert places == [(source, position) for source in range(10) for position in range(2)]
    told = json.loads(body_of(json_of(token, batch_id)))
    assert len(told["previews"]) == 20
    assert len(pd.read_csv(io.BytesIO(body_of(csv_of(token, batch_id))))) == 20


@pytest.mark.parametrize("taken", [csv_of, json_of, zip_of])
def test_nothing_of_another_workspace_can_be_taken(batch: MadeBatch, taken: Any) -> None:
    with pytest.raises(UnknownRecord):
        taken(new_token(EVE), batch.id)
    with pytest.raises(UnknownRecord):
        taken(new_token(ANN), uuid4())
    with pytest.raises(TokenRefused):
        taken("made up", batch.id)


@pytest.mark.parametrize("taken", [csv_of, json_of, zip_of])
def test_a_part_is_never_taken_for_the_whole(token: str, batch: MadeBatch, taken: Any) -> None:
    deleted = taken(token, batch.id)
    with unit_of_work() as session:
        session.execute(delete(CTABulkGenerateTask))
    with pytest.raises(UnknownRecord):
        body_of(deleted)


@pytest.mark.parametrize(
    ("name", "plain", "whole"),
    [
        ("Batch Task - Jan 28, 10:30 AM", "batch-task-jan-28-10-30-am.zip",
         "Batch Task - Jan 28, 10-30 AM.zip"),
        ('x"; filename="evil.exe\r\nSet-Cookie: a=b', "x-filename-evil-exe-set-cookie-a-b.zip",
         "x-; filename=-evil.exe-Set-Cookie- a=b.zip"),
        ("../../x", "x.zip", "x.zip"), ("東京", "dong-jing.zip", "東京.zip"), ("🫖", "batch.zip", "🫖.zip"),
        ("...", "batch.zip", "batch.zip"),
    ],
)  # fmt: skip
def test_the_file_is_called_as_the_batch(name: str, plain: str, whole: str) -> None:
    header = content_disposition(name, "zip")
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
    assert unquote(header.partition("UTF-8''")[2]) == whole


def test_pandas_is_loaded_by_nobody_but_who_needs_it() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c",
         "import api.app, api.gallery.downloads, sys; print({'pandas', 'pyarrow'} & set(sys.modules))"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert loaded.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("csv", "text/csv"), ("json", "application/json"), ("zip", "application/zip")],
)
def test_the_page_of_a_batch_leads_to_its_files(
    ann_visits: Visitor, kind: str, media_type: str
) -> None:
    made = make_batch(ANN)
    address = f"/gallery/batches/{made.id}/download.{kind}"
    assert f'href="{address}"' in ann_visits.get(f"/gallery/batches/{made.id}").text
    answer = ann_visits.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media_type)
    assert f'.{kind}"' in answer.headers["Content-Disposition"]
    assert answer.content
    assert ann_visits.get(f"{address}x").status_code == 404
