"""What Prefect's UI shows of a bulk task while its run goes on."""

import contextvars
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from prefect.artifacts import ProgressArtifact
from prefect.logging import get_logger

from db import progress, progress_told
from db.progress import Progress
from db.session import unit_of_work
from tasks.artifacts import KeptArtifact, ShownSheets, ShownSources, ShownSummary, is_away
from tasks.limits import generations_per_minute

_EVERY_SECONDS = 10
# What is large or asks the database for much is brought up to date once a minute.
_ROUNDS_BETWEEN = 6
_LOGGER = get_logger("progress")


@contextmanager
def shown_progress(bulk_task_id: UUID) -> Iterator[None]:
    """Keep the artifacts of the run at hand up to date until the block ends.

    The progress says how many previews stand where, and how long those that are queued take at the
    cap; sources, a summary and contact sheets are those of `tasks.artifacts`. What goes wrong with
    them is logged, and holds nothing up.
    """
    shown = ShownProgress(bulk_task_id)
    sources, summary = ShownSources(bulk_task_id), ShownSummary(bulk_task_id)
    sheets = ShownSheets(bulk_task_id)
    ended = threading.Event()

    def keep() -> None:
        for number in itertools.count():
            if ended.wait(_EVERY_SECONDS):
                return
            large = [] if number % _ROUNDS_BETWEEN else [sources.update, summary.update]
            _in_turn(shown.update, *large, sheets.update)

    _in_turn(shown.update, sheets.begin)
    keeper = threading.Thread(target=contextvars.copy_context().run, args=(keep,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        _in_turn(shown.update, sources.update, summary.update, sheets.update)


def _in_turn(*updates: Callable[[], None]) -> None:
    """Bring artifacts up to date; the rest has to wait where Prefect or the database is away."""
    for update in updates:
        try:
            update()
        except Exception as error:
            _LOGGER.warning("What Prefect's UI shows of the run is not up to date: %s", error)
            if is_away(error):
                return


class ShownProgress:
    """How much of a bulk task has ended, and in words where its previews stand."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self._bulk_task_id = bulk_task_id
        self._artifact = KeptArtifact()
        self._counts: Progress | None = None

    def update(self) -> None:
        """Show where the previews stand, when that has changed."""
        with unit_of_work() as session:
            counts = progress.progress(session, self._bulk_task_id)
        if counts != self._counts:
            told = progress_told.told(counts, generations_per_minute())
            share = progress_told.percentage(counts)
            self._artifact.show(ProgressArtifact(key="progress", progress=share, description=told))
            self._counts = counts
