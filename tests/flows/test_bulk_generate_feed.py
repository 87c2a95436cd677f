"""A feed, from its file to its previews."""

import importlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter
from prefect.utilities.schema_tools import validate
from sqlalchemy import Engine, func, select

from catalog.feeds import InvalidFeed
from db.models import CTABulkGenerateTask
from db.session import unit_of_work
from flows import bulk_generate, bulk_generate_feed
from tests.pages import Pages

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def table(pages: Pages) -> pd.DataFrame:
    pages.pictures["/pot.jpg"] = pages.pictures["/mug.jpg"]
    return pd.DataFrame(
        {
            "url": [f"{NOWHERE}/1", f"{NOWHERE}/2"],
            "title": ["Ember Kettle", "Ash Kettle"],
            "price": ["49.90 EUR", "59.90 EUR"],
            "image_urls": [f"{pages.url}/pot.jpg"] * 2,
        }
    )


def save(table: pd.DataFrame, folder: Path) -> str:
    table.to_csv(folder / "feed.csv", index=False)
    return str(folder / "feed.csv")


def bulk_tasks() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(CTABulkGenerateTask)) or 0


@pytest.mark.usefixtures("prefect_server")
def test_a_feed_is_made_and_then_only_what_has_changed(
    database: Engine, pages: Pages, table: pd.DataFrame, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"workspace": "acme", "batch_size": 2, "only_changed": True}
    first = bulk_generate_feed(save(table, tmp_path), **options)
    assert first.status == "done", first.error_message
    assert first.progress == {"total": 4, "queued": 0, "running": 0, "done": 4, "failed": 0}
    assert "/1" not in pages.hits

    assert bulk_generate_feed(save(table, tmp_path), **options) is None
    assert bulk_tasks() == 1

    table.loc[1, "price"] = "39.90 EUR"
    changed = bulk_generate_feed(save(table, tmp_path), **options)
    assert [source.url for source in changed.sources] == [f"{NOWHERE}/2"]
    assert {preview["price"] for preview in changed.previews} == {"€39.90"}

    # Another workspace has made none of it, and more previews are wanted than were made.
    assert (
        len(bulk_generate_feed(save(table, tmp_path), **options | {"workspace": "b"}).sources) == 2
    )
    assert (
        len(bulk_generate_feed(save(table, tmp_path), **options | {"batch_size": 3}).sources) == 2
    )


@pytest.mark.usefixtures("prefect_server")
def test_what_failed_is_not_taken_for_made(
    database: Engine, pages: Pages, table: pd.DataFrame, tmp_path: Path
) -> None:
    table["image_urls"] = f"{pages.url}/missing.jpg"
    failed = bulk_generate_feed(save(table, tmp_path), only_changed=True)
    assert failed.status == "failed"
    assert len(bulk_generate_feed(save(table, tmp_path), only_changed=True).sources) == 2


@pytest.mark.usefixtures("prefect_server")
def test_a_feed_that_is_wrong_starts_nothing(
    database: Engine, table: pd.DataFrame, tmp_path: Path
) -> None:
    table.loc[1, "price"] = "a lot"
    with pytest.raises(InvalidFeed, match="Line 3: price: "):
        bulk_generate_feed(save(table, tmp_path))
    assert bulk_tasks() == 0


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_a_run_that_is_tried_again_goes_by_its_records(
    database: Engine, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its feed is gone by then, and what it had finished is not taken for unchanged."""
    module = importlib.import_module("flows.bulk_generate_feed")
    feed = save(table, tmp_path)
    original = module.work_through
    tries: list[UUID] = []

    def fail_at_first(bulk_task_id: UUID, sources: list[Any]) -> None:
        tries.append(bulk_task_id)
        if len(tries) == 1:
            Path(feed).unlink()
            raise ConnectionError("The first try ends here.")
        original(bulk_task_id, sources)

    monkeypatch.setattr(module, "work_through", fail_at_first)
    again = bulk_generate_feed.with_options(retries=1)
    state = again(feed, only_changed=True, return_state=True)
    assert len(tries) == 2
    assert state.is_completed(), state.message
    assert bulk_tasks() == 1


@pytest.mark.usefixtures("prefect_server")
def test_progress_and_summary_are_shown_with_the_run(database: Engine, pages: Pages) -> None:
    state = bulk_generate(
        [{"url": f"{pages.url}/mug"}, {"url": f"{pages.url}/gone"}], return_state=True
    )
    with get_client(sync_client=True) as client:
        shown = client.read_artifacts(
            artifact_filter=ArtifactFilter.model_validate(
                {"flow_run_id": {"any_": [state.state_details.flow_run_id]}}
            )
        )
    by_key = {artifact.key: artifact for artifact in shown}
    assert by_key["progress"].data == 100
    assert by_key["progress"].description == "1 of 2 previews done, 1 failed."
    assert "1 × The page is gone" in str(by_key["summary"].data)


def test_the_form_of_the_deployment_says_what_it_takes() -> None:
    schema = bulk_generate_feed.parameters.model_dump()
    assert schema["required"] == ["feed"]
    for name, field in schema["properties"].items():
        assert field["description"], name
    assert validate({"feed": "a.csv", "batch_size": 10, "locale": "de-DE"}, schema) == []
    for wrong in ({"batch_size": 11}, {"feed": ""}, {"locale": "german"}, {"feed_format": "xls"}):
        assert validate({"feed": "a.csv"} | wrong, schema), wrong
