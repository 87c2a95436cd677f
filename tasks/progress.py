"""Progress, shown in Prefect's UI while a bulk task runs."""

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.logging import get_logger

from db import progress, progress_told
from db.progress import Progress
from db.session import unit_of_work
from tasks.limits import generations_per_minute

_EVERY_SECONDS = 10
_LOGGER = get_logger("progress")


@contextmanager
def shown_progress(bulk_task_id: UUID) -> Iterator[None]:
    """Keep an artifact of the run at hand up to date until the block ends.

    Its description says how many previews stand where, and how long those that are queued take at
    the cap. What goes wrong with it is logged, and holds nothing up.
    """
    report = _Report(bulk_task_id)
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(_EVERY_SECONDS):
            report.update()

    report.update()
    keeper = threading.Thread(target=contextvars.copy_context().run, args=(keep,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        report.update()
        report.sum_up()


class _Report:
    def __init__(self, bulk_task_id: UUID) -> None:
        self._bulk_task_id = bulk_task_id
        self._artifact_id: UUID | None = None
        self._shown: Progress | None = None

    def update(self) -> None:
        """Show where the previews stand, when that has changed."""
        try:
            with unit_of_work() as session:
                counts = progress.progress(session, self._bulk_task_id)
            if counts != self._shown:
                self._show(counts)
                self._shown = counts
        except Exception as error:
            _LOGGER.warning("The progress could not be shown: %s", error)

    def _show(self, counts: Progress) -> None:
        share = progress_told.percentage(counts)
        told = progress_told.told(counts, generations_per_minute())
        if self._artifact_id is None:
            self._artifact_id = cast(UUID, create_progress_artifact(share, "progress", told))
        else:
            update_progress_artifact(self._artifact_id, share, told)

    def sum_up(self) -> None:
        """Leave a summary: where the previews stand, and what failed and why."""
        try:
            with unit_of_work() as session:
                counts = progress.progress(session, self._bulk_task_id)
                reasons = progress.failures(session, self._bulk_task_id)
            lines = [progress_told.told(counts, generations_per_minute())]
            lines += [f"- {count} × {reason}" for reason, count in reasons.most_common()]
            create_markdown_artifact("\n".join(lines), "summary", "What became of the previews.")
        except Exception as error:
            _LOGGER.warning("The summary could not be written: %s", error)
