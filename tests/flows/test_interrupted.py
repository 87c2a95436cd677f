"""A run that is told to end: what it has begun in threads stops before it pays once more."""

import threading
import time
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Engine

from creative.brief import Brief
from creative.calls import Calls
from creative.local import LocalGenerator
from creative.prefill import PrefillDraft
from db import progress
from db.models import CTABulkGenerateTask
from db.session import unit_of_work
from flows import bulk_generate
from flows.process_url import process_url
from tests.pages import Pages

pytestmark = pytest.mark.usefixtures("prefect_server")
ASKED_FOR = 24


class Model:
    """A generator that takes a moment, and counts what it writes."""

    def __init__(self) -> None:
        self.wrote: list[int] = []
        self.begun = threading.Event()

    def __call__(self) -> LocalGenerator:
        model = self

        class Generator(LocalGenerator):
            def prefill(self, brief: Brief, calls: Calls | None = None) -> PrefillDraft:
                model.wrote.append(brief.position)
                model.begun.set()
                time.sleep(0.3)
                return super().prefill(brief)

        return Generator()

    def interrupt(self, begun: Any) -> None:
        """What a person does who presses Ctrl-C while the run waits for what it has begun."""
        assert self.begun.wait(60)
        raise KeyboardInterrupt


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model()
    monkeypatch.setattr("tasks.prefills.get_generator", model)
    return model


def test_an_interrupted_run_stops_what_it_has_begun_before_the_next_call(
    pages: Pages, database: Engine, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("flows.bulk_generate"), "wait", model.interrupt)
    with pytest.raises(KeyboardInterrupt):
        bulk_generate([{"url": f"{pages.url}/mug-{n}", "batch_size": 4} for n in range(6)])
    assert len(model.wrote) <= ASKED_FOR // 2
    with unit_of_work() as session:
        [bulk_task] = session.query(CTABulkGenerateTask)
        counts = progress.progress(session, bulk_task.id)
        assert bulk_task.status in ("done", "failed")
    assert (counts.queued, counts.running, counts.total) == (0, 0, ASKED_FOR)


def test_so_does_one_page_that_is_run_by_itself(
    pages: Pages, database: Engine, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as gone:
        answer = pages.answer
        gone.setattr(pages, "answer", lambda path: answer("/gone"))
        result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 10}])
    monkeypatch.setattr(import_module("flows.subflows"), "wait", model.interrupt)
    with pytest.raises(KeyboardInterrupt):
        process_url(result.sources[0].source_id)
    assert len(model.wrote) <= 5
    with unit_of_work() as session:
        counts = progress.progress(session, result.bulk_task_id)
    assert (counts.queued, counts.running, counts.total) == (0, 0, 10)
