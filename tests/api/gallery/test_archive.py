"""The zip of a batch: whole, apart, bounded in memory, and nothing in it that is not its own."""

import asyncio
import csv
import io
import json
import os
from itertools import chain
from pathlib import Path
from uuid import UUID

import pandas as pd
import psutil
import pytest
from PIL import Image
from sqlalchemy import Engine, update

from api.gallery.archive import BatchArchive
from api.gallery.downloads import csv_of, json_of, zip_of
from api.gallery.export import BatchExport
from creative.edits import as_prefill
from creative.media import MediaStore
from db import api_tokens, reviews
from db.api_tokens import TokenRefused
from db.models import CTAIFramePreview, Review
from db.session import unit_of_work
from demo.overlay_checks import OverlayChecks
from settings import get_settings
from tests.api.conftest import ANN, EVE, MadeBatch, make_batch, new_token
from tests.api.gallery.taken_away import PICTURE, body_of, many, show, stored_file, unpacked
from tests.creative.edit_samples import STORED

TITLES = [
    "Ember Kettle", "EMBER KETTLE", "ember kettle", "../../etc/passwd", "..\\..\\x", "/root", "CON",
    "a\x01b\tc\nd", "🫖", "", "東京 茶", "x" * 5000, '=HYPERLINK("http://evil.example")',
    *["The same title"] * 40,
]  # fmt: skip


@pytest.fixture
def batch(database: Engine) -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture
def token(batch: MadeBatch) -> str:
    return new_token(ANN)


@pytest.fixture
def pictured(batch: MadeBatch) -> MadeBatch:
    """The batch, with the pictures of its two previews in the store."""
    for preview_id, suffix in zip(batch.preview_ids, ("webp", "jpg"), strict=False):
        show(preview_id, stored_file(f"{preview_id}-1-abcd.{suffix}").as_uri())
    return batch


def test_no_transaction_lasts_while_a_piece_is_sent(
    token: str, pictured: MadeBatch, engine: Engine
) -> None:
    chunks = zip_of(token, pictured.id).body_iterator

    async def waiting() -> list[int]:
        seen = []
        async for _ in chunks:
            with engine.connect() as connection:
                seen.append(connection.exec_driver_sql(
                    "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                ).scalar_one())  # fmt: skip
        return seen

    assert set(asyncio.run(waiting())) == {0}


def test_the_zip_has_a_folder_for_each_preview_that_is_done(
    token: str, pictured: MadeBatch
) -> None:
    files = unpacked(zip_of(token, pictured.id))
    first, second = "previews/0001-ember-kettle-1", "previews/0001-ember-kettle-2"
    assert set(files) == {
        "previews.csv", "previews.json", "README.txt",
        f"{first}/background.webp", f"{first}/prefill.json", f"{first}/overlay.html",
        f"{second}/background.jpg", f"{second}/prefill.json", f"{second}/overlay.html",
    }  # fmt: skip
    assert files[f"{first}/background.webp"] == PICTURE
    prefill = json.loads(files[f"{first}/prefill.json"])
    assert as_prefill(prefill).headline == STORED["headline"]
    assert b'src="background.jpg"' in files[f"{second}/overlay.html"]
    assert "Left out" not in files["README.txt"].decode()
    assert files["previews.csv"] == body_of(csv_of(token, pictured.id))
    assert files["previews.json"] == body_of(json_of(token, pictured.id))


def test_an_overlay_opens_from_a_disk_with_its_picture(
    token: str, batch: MadeBatch, tmp_path: Path, overlay_checks: OverlayChecks
) -> None:
    show(batch.preview_ids[0], (file := stored_file(f"{batch.preview_ids[0]}-1.jpg")).as_uri())
    Image.new("RGB", (1920, 1080), "#FF0000").save(file)
    for name, content in unpacked(zip_of(token, batch.id)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    file.unlink()
    page = tmp_path / "previews" / "0001-ember-kettle-1" / "overlay.html"
    shown = overlay_checks.screenshot(page.as_uri(), 640, 360)
    red = Image.open(io.BytesIO(shown)).convert("RGB").getpixel((630, 10))
    assert isinstance(red, tuple)
    assert red[0] > 200 > 80 > red[1]


def test_pictures_that_are_not_in_the_store_are_left_out_and_told(
    token: str, batch: MadeBatch
) -> None:
    first, second, _ = batch.preview_ids
    show(first, "https://elsewhere.example/1.webp")
    show(second, (get_settings().media_dir / "backgrounds" / f"{second}-gone.webp").as_uri())
    files = unpacked(zip_of(token, batch.id))
    assert not any("background" in name for name in files)
    told = files["README.txt"].decode()
    assert "0001-ember-kettle-1/background: https://elsewhere.example/1.webp is not in" in told
    assert f"0001-ember-kettle-2/background: file:///{str(get_settings().media_dir)[1:]}" in told
    overlay = files["previews/0001-ember-kettle-1/overlay.html"]
    assert b'src="https://elsewhere.example/1.webp"' in overlay


@pytest.mark.parametrize(
    "way",
    ["backgrounds/../../secret.webp", "backgrounds/%2e%2e/%2e%2e/secret.webp", "../secret.webp"],
)
def test_nothing_outside_of_the_store_gets_into_the_zip(
    token: str, batch: MadeBatch, way: str
) -> None:
    secret = get_settings().data_dir / "secret.webp"
    secret.write_bytes(b"secret")
    show(batch.preview_ids[0], f"{get_settings().media_dir.as_uri()}/{way}")
    files = unpacked(zip_of(token, batch.id))
    assert not any(content == b"secret" for content in files.values())
    assert "previews/0001-ember-kettle-1/background.webp" not in files
    secret.unlink()


def test_the_picture_of_another_preview_does_not_get_into_the_zip(
    token: str, batch: MadeBatch
) -> None:
    """It may be another workspace's: an edit can lead a preview to any address."""
    foreign = make_batch(EVE)
    show(batch.preview_ids[0], stored_file(f"{foreign.preview_ids[0]}-1-abcd.webp").as_uri())
    assert PICTURE not in unpacked(zip_of(token, batch.id)).values()


def test_a_prefill_of_older_rules_comes_without_an_overlay(token: str, pictured: MadeBatch) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview)
            .where(CTAIFramePreview.id == pictured.preview_ids[0])
            .values(prefill={"generated_background_url": "https://elsewhere.example/1.webp"})
        )
    files = unpacked(zip_of(token, pictured.id))
    assert "previews/0001-ember-kettle-1/overlay.html" not in files
    assert "previews/0001-ember-kettle-1/prefill.json" in files
    assert "overlay.html: The stored prefill is of an older kind" in files["README.txt"].decode()


@pytest.fixture
def many_titles(database: Engine) -> UUID:
    return many(previews_of_each=[1] * len(TITLES), titles=TITLES)


def test_folders_are_safe_and_apart_whatever_products_are_called(many_titles: UUID) -> None:
    files = unpacked(zip_of(new_token(ANN), many_titles))
    folders = {name.split("/")[1] for name in files if name.startswith("previews/")}
    assert len(folders) == len(TITLES)
    assert len({folder.casefold() for folder in folders}) == len(TITLES)
    for name in files:
        assert name.isascii()
        assert len(name) < 100
        assert not set(name) & set('\\:*?"<>|') | {
            part for part in name.split("/") if part in ("", ".", "..")
        }
    assert {"0004-etc-passwd-1", "0011-dong-jing-cha-1"} <= folders


def test_titles_are_harmless_in_the_csv_of_the_zip(many_titles: UUID) -> None:
    files = unpacked(zip_of(new_token(ANN), many_titles))
    rows = csv.DictReader(io.StringIO(files["previews.csv"].decode("utf-8-sig"), newline=""))
    assert [row["product_title"] for row in rows][12] == f"'{TITLES[12]}"


def test_who_loses_their_token_gets_no_further(token: str, batch: MadeBatch) -> None:
    begun = zip_of(token, batch.id)
    with unit_of_work() as session:
        api_tokens.revoke(session, ANN)
    with pytest.raises(TokenRefused):
        body_of(begun)


def test_only_what_was_approved_is_taken_where_it_is_asked_for(
    token: str, pictured: MadeBatch
) -> None:
    with unit_of_work() as session:
        reviews.give(session, pictured.preview_ids[1], Review.APPROVED, user="ann")
        reviews.give(session, pictured.preview_ids[0], Review.REJECTED, user="ann")
    told = json.loads(body_of(json_of(token, pictured.id, approved_only=True)))
    [approved] = told["previews"]
    assert (approved["review"], approved["reviewed_by"]) == ("approved", "ann")
    assert approved["preview_id"] == str(pictured.preview_ids[1])
    rows = pd.read_csv(io.BytesIO(body_of(csv_of(token, pictured.id, approved_only=True))))
    assert list(rows["preview_id"]) == [approved["preview_id"]]
    files = unpacked(zip_of(token, pictured.id, approved_only=True))
    assert {name.split("/")[1] for name in files if name.startswith("previews/")} == {
        "0001-ember-kettle-2"
    }


PICTURE_BYTES = 100_000


def test_memory_does_not_grow_with_the_zip(database: Engine, tmp_path: Path) -> None:
    """What is held at one time is one piece of the rows, and one part of a picture."""
    picture, token = tmp_path / "picture.webp", new_token(ANN)
    picture.write_bytes(os.urandom(PICTURE_BYTES))
    large = archive_of(2_000, picture, token)
    # First a small one: what is imported and compiled once does not count.
    for _ in archive_of(100, picture, token).chunks():
        pass
    this_process = psutil.Process()
    before = peak = this_process.memory_info().rss
    sent = 0
    for number, chunk in enumerate(large.chunks()):
        sent += len(chunk)
        if number % 20 == 0:
            peak = max(peak, this_process.memory_info().rss)
    assert sent > 2_000 * PICTURE_BYTES
    assert peak - before < 50_000_000, f"{peak - before:,} bytes"


def archive_of(count: int, picture: Path, token: str) -> BatchArchive:
    """The zip of a batch of so many previews, ten of each source, which all have one picture."""
    store = picture.parent / str(count)
    (store / "backgrounds").mkdir(parents=True)
    batch_id = many(previews_of_each=[10] * (count // 10), folder=store / "backgrounds")
    export = BatchExport.begin(token, batch_id, approved_only=False)
    for row in chain.from_iterable(export.pieces()):
        (store / "backgrounds" / f"{row['preview_id']}.webp").hardlink_to(picture)
    return BatchArchive(export, MediaStore(store, None))
