"""Two workers on one Prefect server, whose records are in Postgres, share the load and the cap."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, select

from db.models import CTABulkGenerateTask, CTAIFramePreview, PreviewStatus
from db.session import unit_of_work
from db.statuses import UNFINISHED
from settings import PROJECT_ROOT
from tests.pages import Pages

pytestmark = [pytest.mark.timeout(500), pytest.mark.faults]
PER_SECOND = 2
BATCHES, PREVIEWS = 4, 4


@pytest.fixture
def workers(
    prefect_on_postgres: dict[str, str], pages: Pages, tmp_path: Path
) -> Iterator[list[Path]]:
    """Two workers that take one run at a time each; gives their logs."""
    environment = prefect_on_postgres | {
        "CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://"),
        "PREFECT_LOGGING_LEVEL": "INFO",
    }
    running, logs = [], []
    for name in ("left", "right"):
        logs.append(tmp_path / f"{name}.log")
        with logs[-1].open("w") as lines:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "prefect", "worker", "start", "--pool", "cta-previews",
                     "--type", "process", "--limit", "1", "--name", name],
                    cwd=PROJECT_ROOT, env=environment, stdout=lines, stderr=lines,
                )
            )  # fmt: skip
    yield logs
    for one in running:
        one.terminate()
    for one in running:
        one.wait(timeout=60)


def set_limit(api: str) -> None:
    limits = f"{api}/v2/concurrency_limits"
    change = {"slot_decay_per_second": PER_SECOND}
    httpx.patch(f"{limits}/preview-generation", json=change).raise_for_status()


def start_batch(api: str, pages: Pages, number: int) -> None:
    found = httpx.get(f"{api}/deployments/name/bulk-generate/bulk-generate").json()
    sources = [{"url": f"{pages.url}/mug?batch={number}", "batch_size": PREVIEWS}]
    httpx.post(
        f"{api}/deployments/{found['id']}/create_flow_run",
        json={"parameters": {"sources": sources, "workspace": f"workspace-{number}"}},
    ).raise_for_status()


def ended() -> list[str]:
    with unit_of_work() as session:
        return list(
            session.scalars(
                select(CTABulkGenerateTask.status).where(
                    CTABulkGenerateTask.status.not_in(UNFINISHED)
                )
            )
        )


def test_two_workers_share_the_load_and_the_cap(
    database: Engine, prefect_on_postgres: dict[str, str], pages: Pages, workers: list[Path]
) -> None:
    api = prefect_on_postgres["PREFECT_API_URL"]
    set_limit(api)
    for number in range(BATCHES):
        start_batch(api, pages, number)
    deadline = time.monotonic() + 300
    while len(ended()) < BATCHES:
        assert time.monotonic() < deadline, [log.read_text() for log in workers]
        time.sleep(0.5)
    assert ended() == ["done"] * BATCHES

    with unit_of_work() as session:
        runs = list(session.scalars(select(CTABulkGenerateTask.flow_run_id)))
    # Each of the runs by one of them; the scheduled ones of other deployments are passed over.
    taken = [
        sum(f"submitting flow run '{run}'" in log.read_text() for run in runs) for log in workers
    ]
    assert sum(taken) == len(set(runs)) == BATCHES
    assert min(taken) >= 1

    with unit_of_work() as session:
        moments = [
            moment.timestamp()
            for moment in session.scalars(
                select(CTAIFramePreview.started_at)
                .where(CTAIFramePreview.status == PreviewStatus.DONE)
                .order_by(CTAIFramePreview.started_at)
            )
            if moment is not None
        ]
    assert len(moments) == BATCHES * PREVIEWS
    # A row is written a moment after its slot is granted, on a busy machine a long one; hence five
    # seconds, and two more than may be granted in them.
    busiest = max(sum(one <= other < one + 5 for other in moments) for one in moments)
    assert busiest <= 5 * PER_SECOND + 2
