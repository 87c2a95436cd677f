"""The pictures of the gallery: a preview's own background, and those of its product's page."""

from uuid import UUID

import pytest
from PIL import Image

from creative.encoding import DigitalSource, Origin
from creative.media import MediaStore
from db.models import CTAIFramePreview
from db.session import unit_of_work
from settings import get_settings
from tests.api.conftest import ANN, EVE, MadeBatch, make_batch
from tests.api.gallery.conftest import Visitor, texts
from tests.creative.edit_samples import STORED


def give_background(preview_id: UUID, address: str) -> None:
    with unit_of_work() as session:
        preview = session.get_one(CTAIFramePreview, preview_id)
        preview.prefill = STORED | {"generated_background_url": address}


def store_background(preview_id: UUID) -> str:
    settings = get_settings()
    store = MediaStore(settings.media_dir, settings.media_url)
    origin = Origin(next(iter(DigitalSource)), "tests")
    return store.save_background(
        Image.new("RGB", (1920, 1080), "#7A8F6A"), f"{preview_id}-1-0a1b2c3d", origin
    )


@pytest.fixture
def batch(ann_visits: Visitor) -> MadeBatch:
    return make_batch(ANN)


def test_a_background_in_the_folder_is_shown_with_its_overlay(
    ann_visits: Visitor, batch: MadeBatch
) -> None:
    preview_id = batch.preview_ids[0]
    give_background(preview_id, store_background(preview_id))
    [source] = pictures_of(ann_visits, f"/gallery/previews/{preview_id}/frame")
    assert source.startswith(f"/gallery/previews/{preview_id}/background?")
    answer = ann_visits.get(source)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] in ("image/jpeg", "image/webp")


def test_the_background_of_another_workspace_is_not_given_out_by_an_edited_address(
    ann_visits: Visitor, batch: MadeBatch
) -> None:
    preview_id, foreign_id = batch.preview_ids[0], make_batch(EVE).preview_ids[0]
    address = store_background(foreign_id)
    give_background(preview_id, address)
    assert ann_visits.get(f"/gallery/previews/{preview_id}/background").status_code == 404
    assert pictures_of(ann_visits, f"/gallery/previews/{preview_id}/frame") == [address]


@pytest.mark.parametrize(
    "path", ["../settings.py", "backgrounds/../../settings.py", "%2e%2e/x", ""]
)
def test_no_address_leads_out_of_the_folder(
    ann_visits: Visitor, batch: MadeBatch, path: str
) -> None:
    preview_id = batch.preview_ids[0]
    give_background(preview_id, f"{get_settings().media_dir.resolve().as_uri()}/{path}")
    assert ann_visits.get(f"/gallery/previews/{preview_id}/background").status_code == 404


def test_an_overlay_runs_no_script_and_stands_in_pages_of_the_gallery_alone(
    ann_visits: Visitor, batch: MadeBatch
) -> None:
    answer = ann_visits.get(f"/gallery/previews/{batch.preview_ids[0]}/frame")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox allow-same-origin" in policy
    assert "allow-scripts" not in policy


def test_a_preview_without_an_overlay_says_so(ann_visits: Visitor, batch: MadeBatch) -> None:
    answer = ann_visits.get(f"/gallery/previews/{batch.preview_ids[-1]}/frame")
    assert answer.status_code == 404
    assert "no overlay yet" in texts(answer, "main")[0]


def test_a_picture_that_cannot_be_read_is_stood_in_for(
    ann_visits: Visitor, batch: MadeBatch
) -> None:
    base = f"/gallery/previews/{batch.preview_ids[0]}/source-pictures"
    answer = ann_visits.get(f"{base}/0")
    assert answer.headers["Location"] == "/gallery/static/no-picture.svg"
    assert ann_visits.get(answer.headers["Location"]).status_code == 200
    for number in ("1", "-1", "x", "9" * 30):
        assert ann_visits.get(f"{base}/{number}").status_code == 404


def pictures_of(visitor: Visitor, path: str) -> list[str]:
    page = visitor.get(path).text
    return [part.partition('"')[0] for part in page.split('src="')[1:]]
