"""A preview made anew, whole or in part: real runs on a real Prefect server."""

import itertools
from typing import Any
from uuid import UUID

import pytest
from prefect.exceptions import ParameterTypeError
from sqlalchemy import Engine, select

from creative.brief import Brief
from creative.calls import Calls
from creative.edits import edit_prefill
from creative.errors import GeneratorRefused
from creative.local import LocalGenerator
from creative.media import MediaStore
from creative.prefill import PrefillDraft, headline_key
from db import shown_previews
from db.models import CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from flows import bulk_generate, regenerate
from settings import get_settings
from tests.db.ended_batch import row
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("prefect_server")


_takes = itertools.count()


class Model(LocalGenerator):
    """Counts what it makes, says something new each time, and refuses when told to."""

    made: list[str]
    refuses = False

    def background(self, brief: Brief, calls: Calls | None = None) -> Any:
        self.made.append("background")
        if self.refuses:
            raise GeneratorRefused("The picture was blocked.")
        return super().background(brief)

    def prefill(self, brief: Brief, calls: Calls | None = None) -> PrefillDraft:
        self.made.append("prefill")
        return (
            super()
            .prefill(brief)
            .model_copy(
                update={
                    "headline": f"Take {next(_takes)}",
                    "subtitle": f"Words {next(_takes)}.",
                }
            )
        )


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model()
    model.made = []
    for half in ("backgrounds", "prefills"):
        monkeypatch.setattr(f"tasks.{half}.get_generator", lambda *settings: model)
    return model


@pytest.fixture
def preview_id(database: Engine, pages: Pages, model: Model) -> UUID:
    """A preview that is done, whose headline and button a person has edited."""
    bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 1}])
    model.made.clear()
    with unit_of_work() as session:
        made = session.scalars(select(CTAIFramePreview.id)).one()
        shown_previews.hold(session, made)
        preview = shown_previews.filled(session, made)
        edited = edit_prefill(preview.prefill, {"headline": "Mine", "cta": {"text": "My button"}})
        shown_previews.edit(
            session, preview, edited.prefill.model_dump(mode="json"), headline_key("Mine"),
            edited.fields,
        )  # fmt: skip
        return made


def preview(preview_id: UUID) -> CTAIFramePreview:
    found: CTAIFramePreview = row(CTAIFramePreview, preview_id)
    return found


def loads(url: str) -> bool:
    settings = get_settings()
    return MediaStore(settings.media_dir, settings.media_url).load(url).size == (1920, 1080)


@pytest.mark.parametrize("parts", [("background",), ("prefill",), ("prefill", "background")])
def test_only_the_parts_that_are_named_are_made_and_what_a_person_edited_stays(
    preview_id: UUID, model: Model, parts: tuple[str, ...]
) -> None:
    before = preview(preview_id)
    regenerate(preview_id, parts)
    after = preview(preview_id)
    assert sorted(model.made) == sorted(parts)
    assert (after.status, after.attempt, after.error_message) == ("done", 2, None)
    assert (after.prefill["headline"], after.prefill["cta"]["text"]) == ("Mine", "My button")
    assert after.edited_fields == before.edited_fields
    assert after.headline_key == before.headline_key
    url = "generated_background_url"
    assert (after.prefill[url] != before.prefill[url]) == ("background" in parts)
    assert (after.prefill["subtitle"] != before.prefill["subtitle"]) == ("prefill" in parts)
    assert after.prefill["layout"] == before.prefill["layout"], "the halves have to fit"
    assert loads(after.prefill[url])
    assert loads(before.prefill[url]), "it may be shown somewhere"
    bulk_task = row(CTABulkGenerateTask, after.bulk_generate_task_id)
    assert (bulk_task.status, bulk_task.reopened_at is None) == ("done", False)


def test_a_preview_that_could_not_be_made_anew_stays_as_it_was_and_says_why(
    preview_id: UUID, model: Model
) -> None:
    before = preview(preview_id)
    model.refuses = True
    assert regenerate(preview_id, return_state=True).is_failed()
    after = preview(preview_id)
    assert (after.status, after.prefill) == ("done", before.prefill)
    assert after.error_message == (
        "It could not be made anew, and stays as it was. The picture was blocked."
    )
    assert row(CTABulkGenerateTask, after.bulk_generate_task_id).status == "done"

    model.refuses = False
    model.made.clear()
    regenerate(preview_id, ("background",))
    assert model.made == ["background"]
    assert preview(preview_id).error_message is None
    assert preview(preview_id).prefill["headline"] == "Mine"


def test_parts_that_there_are_none_of_are_refused(preview_id: UUID, model: Model) -> None:
    for parts in ((), ("picture",), ("background",) * 3):
        with pytest.raises(ParameterTypeError, match="parts"):
            regenerate(preview_id, parts)
    assert model.made == []
    assert preview(preview_id).status == "done"
