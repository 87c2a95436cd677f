"""Pictures that belong to no preview are removed, and no others."""

import os
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import Engine, delete, update

from creative.encoding import DigitalSource, Origin
from creative.media import MediaStore
from db import bulk_tasks
from db.models import CTAIFramePreview, ECommerceProduct
from db.session import unit_of_work
from settings import get_settings
from tasks.media import sweep_media
from tests.db.ended_batch import EndedBatch, end_a_batch

PICTURE = Image.new("RGB", (64, 36), "teal")
ORIGIN = Origin(DigitalSource.COMPOSITE, "tests")


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MediaStore:
    """The folder of pictures, empty."""
    monkeypatch.setattr("settings.Settings.media_dir", tmp_path)
    return MediaStore(tmp_path, get_settings().media_url)


@pytest.fixture
def batch(database: Engine) -> EndedBatch:
    return end_a_batch()


def save(media: MediaStore, preview_id: UUID, age_hours: float = 25) -> str:
    """Store a picture of a preview; returns its address."""
    name = f"{preview_id}-1-{uuid4().hex[:8]}"
    url = media.save_background(PICTURE, name, ORIGIN)
    for path in files(media):
        if path.name.startswith(name):
            age(path, age_hours)
    return url


def age(path: Path, hours: float) -> None:
    written = time.time() - hours * 3600
    os.utime(path, (written, written))


def files(media: MediaStore) -> list[Path]:
    return sorted(path for path in media._root.rglob("*") if path.is_file())


def name_it(preview_id: UUID, **values: object) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview).where(CTAIFramePreview.id == preview_id).values(**values)
        )


def test_pictures_that_a_preview_names_stay_and_others_of_it_go(
    media: MediaStore, batch: EndedBatch
) -> None:
    made = save(media, batch.done)
    name_it(batch.done, background_url=made)
    shown = save(media, batch.done)
    name_it(batch.done, prefill={"generated_background_url": shown})
    kept = files(media)
    save(media, batch.done)
    assert sweep_media() == 2, "the background and its original"
    assert files(media) == kept
    assert sweep_media() == 0


def test_a_picture_that_is_young_may_be_about_to_be_named(
    media: MediaStore, batch: EndedBatch
) -> None:
    save(media, batch.done, age_hours=23)
    assert sweep_media() == 0


def test_pictures_of_what_was_deleted_go_and_those_of_another_database_stay(
    media: MediaStore, batch: EndedBatch
) -> None:
    for preview_id in (batch.done, *batch.failed):
        name_it(preview_id, background_url=save(media, preview_id))
    before = set(files(media))
    save(media, uuid4())
    foreign = set(files(media)) - before
    with unit_of_work() as session:
        session.execute(delete(CTAIFramePreview).where(CTAIFramePreview.id == batch.done))
    assert sweep_media() == 2
    with unit_of_work() as session:
        bulk_tasks.remove(session, batch.bulk_task_id)
        session.execute(delete(ECommerceProduct))
    assert sweep_media() == 4
    assert set(files(media)) == foreign


def test_what_was_being_written_when_its_process_died_goes(
    media: MediaStore, batch: EndedBatch
) -> None:
    save(media, batch.done, age_hours=0)
    folder = files(media)[0].parent
    rest, strange = folder / ".abc.part", folder / "notes.txt"
    for path in (rest, strange):
        path.write_bytes(b"half")
        age(path, 48)
    assert sweep_media() == 1
    assert strange.exists()
    assert not rest.exists()
