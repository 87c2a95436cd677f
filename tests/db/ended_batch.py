"""A bulk task that has ended: one preview done, two failed, and a page that could not be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from catalog.product import Source
from db import bulk_tasks, previews, sources
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from tests.db.conftest import PRODUCT_URL, save_product

FILLED = {"generated_background_url": "file:///b.jpg"}


@dataclass(frozen=True)
class EndedBatch:
    """Its rows, by their ids, and the runs that worked on them."""

    bulk_task_id: UUID
    read: UUID
    unread: UUID
    product_id: UUID
    done: UUID
    failed: tuple[UUID, UUID]
    bulk_run: UUID
    source_run: UUID
    preview_run: UUID

    def bulk_task(self) -> CTABulkGenerateTask:
        return row(CTABulkGenerateTask, self.bulk_task_id)

    def source(self) -> CTABulkGenerateSource:
        return row(CTABulkGenerateSource, self.read)

    def preview(self, position: int) -> CTAIFramePreview:
        return row(CTAIFramePreview, (self.done, *self.failed)[position])

    def statuses(self) -> list[str]:
        """Of the bulk task, of the source that was read, and of its three previews."""
        return [
            self.bulk_task().status,
            self.source().status,
            *(self.preview(position).status for position in range(3)),
        ]


def row(record: Any, row_id: UUID) -> Any:
    with unit_of_work() as session:
        return session.get_one(record, row_id)


def end_a_batch(workspace: str = "acme") -> EndedBatch:
    bulk_run, source_run, unread_run, preview_run = (uuid4() for _ in range(4))
    with running_batch(bulk_run, workspace) as (session, bulk_task_id, read, unread):
        product_id = save_product(session, workspace)
        sources.start(session, read, source_run)
        images = [f"https://shop.example/{number}.jpg" for number in range(3)]
        done, *failed = previews.queue(session, read, product_id, images)
        for preview_id in (done, *failed):
            previews.start(session, preview_id, preview_run)
        previews.fill(session, done, preview_run, FILLED)
        previews.complete(session, done, preview_run)
        for preview_id in failed:
            previews.fail(session, preview_id, preview_run, "The picture is broken.")
        sources.settle(session, read, source_run)
        sources.start(session, unread, unread_run)
        sources.settle(session, unread, unread_run, "The page is gone.")
        bulk_tasks.settle(session, bulk_task_id, bulk_run)
    return EndedBatch(
        bulk_task_id, read, unread, product_id, done, (failed[0], failed[1]), bulk_run, source_run,
        preview_run,
    )  # fmt: skip


@contextmanager
def running_batch(
    bulk_run: UUID, workspace: str = "acme"
) -> Iterator[tuple[Session, UUID, UUID, UUID]]:
    """A transaction with a bulk task of two sources that a run has begun."""
    bulk_task_id = uuid4()
    wanted = [Source(url=PRODUCT_URL, batch_size=3), Source(url=f"{PRODUCT_URL}-2", batch_size=2)]
    with unit_of_work() as session:
        bulk_tasks.record(session, bulk_task_id, wanted, workspace=workspace, user="ann")
        bulk_tasks.own(session, bulk_task_id, bulk_run)
        first, second = (source.id for source in sources.unfinished(session, bulk_task_id))
        yield session, bulk_task_id, first, second
