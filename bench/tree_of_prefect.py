"""The tree of the product as the obvious Prefect program has it, with nothing to do in it.

A peer of `bench.fan_out`: every step a task, default task runners, default settings, Prefect's own
`rate_limit`, and state hooks that write a status row. Run as `python -m bench.tree_of_prefect
SOURCES PREVIEWS`, it prints what the run took.
"""

import sys
from typing import Any
from uuid import UUID, uuid4

from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.sync import rate_limit
from prefect.exceptions import ObjectAlreadyExists
from prefect.futures import wait
from sqlalchemy import Engine, create_engine, text

from bench.measuring import count_requests, spent_on
from db.session import database_url

LIMIT = "bench-naive"
_CREATE = """
CREATE TABLE IF NOT EXISTS bench_status (
    id uuid PRIMARY KEY, kind text NOT NULL, status text NOT NULL
)
"""
_SET = """
INSERT INTO bench_status (id, kind, status) VALUES (:id, :kind, :status)
ON CONFLICT (id) DO UPDATE SET status = excluded.status
"""
_engine: Engine = create_engine(database_url(), pool_size=20, max_overflow=60)


def set_status(record_id: UUID, kind: str, status: str) -> None:
    """Write the status of a row."""
    with _engine.begin() as connection:
        connection.execute(text(_SET), {"id": record_id, "kind": kind, "status": status})


def mark(status: str) -> Any:
    """A state hook that writes a status."""

    def write(flow: Any, flow_run: Any, state: Any) -> None:
        record_id = UUID(str(flow_run.parameters.get("record_id", flow_run.id)))
        set_status(record_id, flow.name, status)

    write.__name__ = f"mark_{status}"
    return write


HOOKS: dict[str, Any] = {
    "on_running": [mark("running")],
    "on_completion": [mark("done")],
    "on_failure": [mark("failed")],
    "on_cancellation": [mark("failed")],
    "on_crashed": [mark("failed")],
}


@task
def record_bulk_task(sources: int) -> list[UUID]:
    """The ids of the sources."""
    return [uuid4() for _ in range(sources)]


@task
def read_product(source_id: UUID) -> UUID:
    """The id of the source's product."""
    return uuid4()


@task
def rank_images(product_id: UUID) -> None:
    """Nothing."""


@task
def queue_previews(source_id: UUID, product_id: UUID, previews: int) -> list[UUID]:
    """The ids of the source's previews, recorded as queued."""
    preview_ids = [uuid4() for _ in range(previews)]
    for preview_id in preview_ids:
        set_status(preview_id, "generate-preview", "queued")
    return preview_ids


@task
def generate_background(preview_id: UUID) -> str:
    """An address."""
    return f"file:///{preview_id}.jpg"


@task
def generate_prefill(preview_id: UUID) -> dict[str, str]:
    """A few words."""
    return {"headline": str(preview_id)}


@task
def fill_preview(preview_id: UUID, background: str, prefill: dict[str, str]) -> None:
    """Nothing."""


@flow(name="naive-generate-preview", **HOOKS)
def generate_preview(record_id: UUID) -> UUID:
    """One preview."""
    background = generate_background.submit(record_id)
    prefill = generate_prefill.submit(record_id)
    fill_preview(record_id, background.result(), prefill.result())
    return record_id


@task
def start_preview(record_id: UUID) -> Any:
    """Run `generate_preview` once the limit lets it."""
    rate_limit(LIMIT, strict=True)
    return generate_preview(record_id, return_state=True)


@flow(name="naive-process-url", **HOOKS)
def process_url(record_id: UUID, previews: int) -> UUID:
    """One source."""
    product_id = read_product(record_id)
    rank_images(product_id)
    wait(start_preview.map(queue_previews(record_id, product_id, previews)))
    return record_id


@task
def start_source(record_id: UUID, previews: int) -> Any:
    """Run `process_url`."""
    return process_url(record_id, previews, return_state=True)


@flow(name="naive-bulk-generate", **HOOKS)
def bulk_generate(sources: int, previews: int) -> None:
    """One request."""
    wait(start_source.map(record_bulk_task(sources), previews))


def main() -> int:
    """Run the tree once to warm up and once to be measured; 1 when a preview is missing."""
    sources, previews = int(sys.argv[1]), int(sys.argv[2])
    requests = count_requests()
    with _engine.begin() as connection:
        connection.execute(text(_CREATE))
        connection.execute(text("TRUNCATE bench_status"))
    make_limit()
    bulk_generate(2, previews)
    print(spent_on(lambda: bulk_generate(sources, previews), requests).as_json(), flush=True)
    with _engine.begin() as connection:
        done = connection.scalar(
            text("SELECT count(*) FROM bench_status WHERE kind LIKE '%preview' AND status = 'done'")
        )
    return int(done != (sources + 2) * previews)


def make_limit() -> None:
    """A limit that holds nothing back: a thousand a second."""
    with get_client(sync_client=True) as client:
        try:
            client.create_global_concurrency_limit(
                GlobalConcurrencyLimitCreate(name=LIMIT, limit=1, slot_decay_per_second=1000)
            )
        except ObjectAlreadyExists:
            return


if __name__ == "__main__":
    sys.exit(main())
