"""Processes of a batch that die: killed, stopped by an impatient supervisor, out of memory."""

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from creative.brief import Brief
from creative.calls import Calls
from creative.local import LocalGenerator
from flows import bulk_generate
from settings import get_settings
from tests.faults.batches import (
    IMAGE_MODEL,
    PUT_RIGHT,
    RETRY,
    TEXT_MODEL,
    Paid,
    bulk_task,
    previews,
    source,
    statuses,
    wait_for,
)
from tests.faults.conftest import KEY, LEASE_SECONDS
from tests.faults.gates import Gate
from tests.faults.oracle import violations, watched
from tests.faults.workers import Prefect, Worker
from tests.gemini_server import GeminiServer
from tests.pages import Pages
from tests.prefect_server import run_python

TWO_EACH = Counter({IMAGE_MODEL: 2, TEXT_MODEL: 2})


class HalfDone:
    """A batch of four previews that a worker runs: two are done, and Gemini is asked for two."""

    def __init__(
        self, prefect: Prefect, worker: Worker, server: GeminiServer, pages: Pages, gate: Gate
    ) -> None:
        self.worker = worker
        self.gate = gate
        self.paid = Paid(server)
        self.run_id = prefect.start(
            "bulk-generate", sources=[source(pages, "mug", 4)], workspace="acme"
        )
        wait_for(
            lambda: gate.held == 4 and statuses()["preview"] == {"done": 2, "running": 2},
            told=worker.log(),
        )
        self.done = [as_it_is(preview) for preview in previews() if preview.status == "done"]
        self.paid.since()

    def assert_kept(self) -> None:
        """What was done is as it was then, to the second."""
        now = [as_it_is(preview) for preview in previews()]
        assert [kept for kept in self.done if kept not in now] == []


def as_it_is(preview: Any) -> tuple[Any, ...]:
    return (
        preview.id, preview.prefill, preview.background_url, preview.draft, preview.attempt,
        preview.finished_at,
    )  # fmt: skip


def assert_every_preview_is_of_its_own_picture() -> None:
    """Prefect once handed the results of neighbours to each other (its issue 22259)."""
    for preview in previews():
        assert preview.prefill is not None
        assert preview.prefill["original_background_url"] == preview.source_image_url
        assert str(preview.id) in preview.prefill["generated_background_url"]


@pytest.fixture
def gate(gemini_server: GeminiServer) -> Iterator[Gate]:
    with Gate(gemini_server, lambda _, number: number < 4) as gate:
        yield gate


@pytest.fixture
def half_done(
    database: Engine,
    prefect: Prefect,
    start_worker: Callable[[], Worker],
    gemini_server: GeminiServer,
    pages: Pages,
    gate: Gate,
) -> Iterator[HalfDone]:
    with watched(database):
        yield HalfDone(prefect, start_worker(), gemini_server, pages, gate)


def kill_all(batch: HalfDone) -> None:
    batch.worker.kill()


def stop(batch: HalfDone) -> None:
    """`docker stop`: Prefect's worker ends at once, and takes its runs along without a word."""
    batch.worker.stop()
    batch.worker.process.wait(60)


@pytest.mark.faults
@pytest.mark.timeout(400)
@pytest.mark.parametrize("end", [kill_all, stop])
def test_a_batch_whose_worker_died_with_it_is_gone_on_with_by_the_next(
    half_done: HalfDone,
    end: Callable[[HalfDone], None],
    prefect: Prefect,
    start_worker: Callable[[], Worker],
    environment_of_workers: dict[str, str],
    database: Engine,
    data_dir: Path,
) -> None:
    end(half_done)
    half_done.gate.open()
    assert statuses()["bulk task"] == {"running": 1}, "nobody was left to say that it died"
    time.sleep(LEASE_SECONDS + 1)
    run_python(environment_of_workers, "-c", PUT_RIGHT)
    assert statuses()["bulk task"] == {"pending": 1}
    half_done.assert_kept()
    assert half_done.paid.since() == Counter()

    worker = start_worker()
    wait_for(lambda: statuses()["bulk task"] == {"done": 1}, told=worker.log())

    assert statuses()["preview"] == {"done": 4}
    half_done.assert_kept()
    assert half_done.paid.since() == TWO_EACH
    assert_every_preview_is_of_its_own_picture()
    assert prefect.state_of(half_done.run_id) == "CRASHED"
    run_python(environment_of_workers, "-c", PUT_RIGHT)
    assert prefect.unfinished() == {}
    assert violations(database, data_dir / "media", secrets=[KEY]) == []


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_a_run_that_was_killed_under_a_living_worker_ends_with_all_its_parts(
    half_done: HalfDone,
    prefect: Prefect,
    environment_of_workers: dict[str, str],
    database: Engine,
    data_dir: Path,
) -> None:
    """Prefect says of the run alone that it crashed; of its parts nobody says anything."""
    for process in half_done.worker.runs():
        process.kill()
    wait_for(lambda: statuses()["bulk task"] == {"done": 1}, 60, half_done.worker.log())
    assert statuses()["preview"] == {"done": 2, "failed": 2}
    for preview in previews():
        if preview.status == "failed":
            assert "crashed" in str(preview.error_message)
    half_done.gate.open()
    half_done.worker.kill()
    time.sleep(LEASE_SECONDS + 1)
    run_python(environment_of_workers, "-c", PUT_RIGHT)
    assert prefect.unfinished() == {}
    assert violations(database, data_dir / "media", secrets=[KEY]) == []

    recorded = bulk_task()
    assert recorded is not None
    run_python(environment_of_workers, "-c", RETRY.format(recorded.id))
    assert statuses()["preview"] == {"done": 4}
    half_done.assert_kept()
    assert half_done.paid.since() == TWO_EACH
    assert_every_preview_is_of_its_own_picture()
    assert violations(database, data_dir / "media", secrets=[KEY]) == []


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server")
def test_a_half_that_has_no_memory_fails_its_preview_alone(
    database: Engine, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hungry(LocalGenerator):
        def background(self, brief: Brief, calls: Calls | None = None) -> Any:
            if brief.position == 1:
                before = resource.getrlimit(resource.RLIMIT_AS)
                resource.setrlimit(resource.RLIMIT_AS, (1 << 30, before[1]))
                try:
                    return bytearray(2 << 30)
                finally:
                    resource.setrlimit(resource.RLIMIT_AS, before)
            return super().background(brief)

    monkeypatch.setattr("tasks.backgrounds.get_generator", lambda *_: Hungry())
    # Alone: the bound is that of the whole process.
    alone = get_settings().model_copy(update={"max_concurrent_previews": 1})
    monkeypatch.setattr(import_module("flows.process_url"), "get_settings", lambda: alone)
    result = bulk_generate([{"url": f"{pages.url}/mug", "batch_size": 3}])
    assert [preview["status"] for preview in result.previews] == ["done", "failed", "done"]
    assert "MemoryError" in str(result.previews[1]["error_message"])
