"""One run over many machines: a real scheduler and real workers, of which one is killed."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import distributed
import httpx
import pytest
from sqlalchemy import Engine, func, select

from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    CTAModelCall,
)
from db.session import unit_of_work
from tests import gemini_server as gemini
from tests.dask_cluster import (
    CALL,
    CALL_AS_A_WORKER_DOES,
    Batch,
    DaskCluster,
    impatient,
    kill,
    send,
    wait_for,
)
from tests.gemini_server import Call, GeminiServer, Reply
from tests.pages import Pages
from tests.prefect_server import free_port

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]
SOURCES, PREVIEWS_EACH = 12, 2
PICTURE_SECONDS, FROZEN_SECONDS = 0.7, 6


@pytest.fixture
def slow_gemini() -> Iterator[GeminiServer]:
    """Gemini, which takes its time; each of its calls is on record with the preview it was for."""

    def slow(call: Call) -> Reply:
        time.sleep(PICTURE_SECONDS)
        return gemini.default_answer(call)

    with GeminiServer() as server:
        server.script(slow)
        yield server


@pytest.fixture
def job(
    database: Engine, environment: dict[str, str], pages: Pages, slow_gemini: GeminiServer
) -> dict[str, str]:
    """The environment that every machine has."""
    return environment | {
        "CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://"),
        "CTA_GENERATOR": "gemini",
        "CTA_GEMINI_ENDPOINT": slow_gemini.url,
        "GOOGLE_API_KEY": "a-key",
        "CTA_MAX_CONCURRENT_PREVIEWS": "2",
    }


@pytest.fixture
def cluster(job: dict[str, str], tmp_path: Path) -> Iterator[DaskCluster]:
    with DaskCluster(job, tmp_path) as cluster:
        cluster.start_scheduler()
        yield cluster


def over_dask(job: dict[str, str], address: str) -> dict[str, str]:
    return job | {"CTA_TASK_RUNNER": "dask", "CTA_DASK_ADDRESS": address}


def sources(pages: Pages, count: int = SOURCES) -> list[dict[str, Any]]:
    return [
        {"url": f"{pages.url}/mug-{number}", "batch_size": PREVIEWS_EACH} for number in range(count)
    ]


def previews() -> list[CTAIFramePreview]:
    with unit_of_work() as session:
        return list(session.scalars(select(CTAIFramePreview).order_by(CTAIFramePreview.id)))


def previews_that_are(status: str) -> dict[UUID, tuple[Any, ...]]:
    """The previews of a status, with what would change if they were made again."""
    return {
        preview.id: (
            preview.attempt, preview.flow_run_id, preview.started_at, preview.finished_at,
        )
        for preview in previews()
        if preview.status == status
    }  # fmt: skip


def sources_by_status() -> Counter[str]:
    with unit_of_work() as session:
        return Counter(session.scalars(select(CTABulkGenerateSource.status)))


# Where deployments were registered, the server makes runs of schedules, too.
OF_BATCHES = {"flows": {"name": {"any_": ["bulk-generate"]}}}


def runs(job: dict[str, str]) -> list[dict[str, Any]]:
    """All runs of batches that the Prefect server knows, the last first."""
    order = {"sort": "START_TIME_DESC", **OF_BATCHES}
    return list(httpx.post(f"{job['PREFECT_API_URL']}/flow_runs/filter", json=order).json())


def count_of_runs(job: dict[str, str]) -> int:
    return int(httpx.post(f"{job['PREFECT_API_URL']}/flow_runs/count", json=OF_BATCHES).json())


def bulk_task() -> CTABulkGenerateTask:
    with unit_of_work() as session:
        return session.scalars(select(CTABulkGenerateTask)).one()


def calls_by_preview() -> Counter[UUID]:
    with unit_of_work() as session:
        rows = session.execute(
            select(CTAModelCall.preview_id, func.count()).group_by(CTAModelCall.preview_id)
        )
        return Counter({row[0]: row[1] for row in rows})


def is_profiled(dask_worker: distributed.Worker) -> bool:
    return bool(dask_worker.periodic_callbacks["profile"].is_running())


def freeze_in_the_middle(worker: Any) -> set[UUID]:
    """Stop a worker while previews are under way on it; returns those that are not filled yet.

    One that has its prefill lacks the last word alone, and is not made again.
    """
    for _ in range(10):
        send(worker, signal.SIGSTOP)
        stopped_at = datetime.now(UTC)
        time.sleep(FROZEN_SECONDS)
        under_way = {
            preview.id for preview in previews()
            if preview.status == "running" and preview.started_at < stopped_at
            and preview.prefill is None
        }  # fmt: skip
        if under_way:
            return under_way
        send(worker, signal.SIGCONT)
        time.sleep(1)
    pytest.fail("No preview was under way on the worker.")


@pytest.mark.faults
def test_nothing_is_lost_and_nothing_made_twice_when_a_worker_is_killed(
    cluster: DaskCluster, job: dict[str, str], pages: Pages, slow_gemini: GeminiServer
) -> None:
    first = cluster.start_worker("first")
    cluster.start_worker("second")
    cluster.client(workers=2).close()
    with Batch(over_dask(job, cluster.address), sources(pages)) as batch:
        wait_for(lambda: sources_by_status()["done"] >= 2 or not batch.is_alive())
        lost = freeze_in_the_middle(first)
        done_before = previews_that_are("done")
        kill(first)
        assert batch.is_alive(), batch.ended()
        printed = batch.ended()

    task = bulk_task()
    assert (task.status, task.error_message) == ("done", None), printed + cluster.logs()
    assert sources_by_status() == {"done": SOURCES}
    made = previews()
    assert len(made) == SOURCES * PREVIEWS_EACH
    assert len({(preview.source_id, preview.position) for preview in made}) == len(made)
    assert {preview.status for preview in made} == {"done"}
    done_after = previews_that_are("done")
    assert done_before
    assert {row: done_after[row] for row in done_before} == done_before
    calls = calls_by_preview()
    assert {calls[row] for row in done_before} == {2}
    attempts = {preview.id: preview.attempt for preview in made}
    assert {row for row, attempt in attempts.items() if attempt > 1} == lost
    assert {attempts[row] for row in lost} == {2}
    # Only the calls that were under way on the killed worker were made again.
    assert len(slow_gemini.calls) <= 2 * (len(made) + len(lost))


def test_sources_are_worked_on_by_both_workers_in_their_order(
    cluster: DaskCluster, job: dict[str, str], pages: Pages
) -> None:
    cluster.start_worker("first")
    cluster.start_worker("second")
    at_work: Counter[str] = Counter()
    with (
        cluster.client(workers=2) as client,
        Batch(
            over_dask(job, cluster.address), [*sources(pages, 8), {"url": f"{pages.url}/gone"}],
            CALL_AS_A_WORKER_DOES,
        ) as batch,
    ):  # fmt: skip
        while batch.is_alive():
            at_work.update(address for address, keys in client.processing().items() if keys)
            time.sleep(0.1)
        printed = batch.ended()
        profiled = client.run(is_profiled)

    assert bulk_task().status == "done", printed + cluster.logs()
    assert list(profiled.values()) == [False, False]
    assert sources_by_status() == {"done": 8, "failed": 1}
    assert "The page is gone" in str(bulk_task().error_message)
    assert len(at_work) == 2
    with unit_of_work() as session:
        positions = list(
            session.scalars(
                select(CTABulkGenerateSource.position).order_by(CTABulkGenerateSource.started_at)
            )
        )
    # Four threads begin the sources in their order, and none of them far ahead of another.
    assert all(abs(place - position) <= 4 for place, position in enumerate(positions)), positions


@pytest.mark.faults
def test_a_run_that_loses_all_its_workers_ends_with_what_was_made(
    cluster: DaskCluster, job: dict[str, str], pages: Pages
) -> None:
    worker = cluster.start_worker("only")
    cluster.client(workers=1).close()
    call = impatient(CALL, "_WITHOUT_WORKERS_SECONDS", "_LOOK_SECONDS")
    with Batch(over_dask(job, cluster.address), sources(pages), call) as batch:
        wait_for(lambda: sources_by_status()["done"] or not batch.is_alive())
        kill(worker)
        printed = batch.ended()
    task = bulk_task()
    assert task.status == "done", printed + cluster.logs()
    assert "All Dask workers went away" in str(task.error_message)
    assert set(sources_by_status()) == {"done", "failed"}
    assert {preview.status for preview in previews()} <= {"done", "failed"}


def test_a_worker_that_does_not_know_the_prefect_server_is_told(
    cluster: DaskCluster, job: dict[str, str], pages: Pages
) -> None:
    cluster.start_worker("first", PREFECT_API_URL="")
    cluster.client(workers=1).close()
    with Batch(over_dask(job, cluster.address), sources(pages)) as batch:
        printed = batch.ended()
    assert "DaskUnusable: The Dask worker at tcp://127.0.0.1:" in printed
    assert "set PREFECT_API_URL in its environment" in printed
    assert not pages.hits


def test_a_scheduler_without_workers_is_told(
    cluster: DaskCluster, job: dict[str, str], pages: Pages
) -> None:
    call = impatient(CALL, "_FIRST_WORKER_SECONDS")
    with Batch(over_dask(job, cluster.address), sources(pages), call) as batch:
        printed = batch.ended()
    assert f"The Dask scheduler at {cluster.address} has no workers: start some" in printed
    assert previews() == []


@pytest.mark.parametrize(("call", "begun"), [(CALL, 0), (CALL_AS_A_WORKER_DOES, 1)])
def test_a_scheduler_that_cannot_be_reached_fails_the_run_at_once(
    job: dict[str, str], pages: Pages, call: str, begun: int
) -> None:
    before = count_of_runs(job)
    address = f"tcp://127.0.0.1:{free_port()}"
    hasty = impatient(call, "_CONNECT_SECONDS")
    with Batch(over_dask(job, address), sources(pages), hasty) as batch:
        printed = batch.ended()
    assert f"DaskUnusable: The Dask scheduler at {address} could not be reached" in printed
    assert count_of_runs(job) == before + begun
    assert {run["state_type"] for run in runs(job)[:begun]} <= {"FAILED"}
    assert not pages.hits


def test_without_a_prefect_server_of_ones_own_nothing_is_handed_out(
    job: dict[str, str], pages: Pages
) -> None:
    alone = over_dask(job, f"tcp://127.0.0.1:{free_port()}") | {"PREFECT_API_URL": ""}
    with Batch(alone, sources(pages)) as batch:
        printed = batch.ended()
    assert "DaskUnusable: A run over Dask needs a Prefect server" in printed
    assert not pages.hits


def test_dask_needs_an_address(job: dict[str, str], pages: Pages) -> None:
    with Batch(over_dask(job, ""), sources(pages)) as batch:
        printed = batch.ended()
    assert "CTA_TASK_RUNNER=dask needs CTA_DASK_ADDRESS" in printed
