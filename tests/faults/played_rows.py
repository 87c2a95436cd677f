"""What the rows say after each step, and what a step may have made of the previews."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from db import progress
from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    CTAModelCall,
)
from db.session import unit_of_work
from db.statuses import STAYS_AS_IT_WAS, UNFINISHED, WAITING

Row = Any
Change = dict[str, Any]
HALVES = {"background": "background_url", "prefill": "draft"}
WATCHED = (
    "status attempt filled_attempt background_url draft prefill edited_fields review".split()
)  # fmt: skip


class Rows:
    """All rows as they stand, by their ids."""

    def __init__(self) -> None:
        with unit_of_work() as session:

            def read(record: Any, *order: Any) -> dict[UUID, Row]:
                # In an order that is the same when a game is played again, whose ids are others.
                wanted = select(record.__table__).order_by(record.created_at, *order)
                return {row.id: row for row in session.execute(wanted)}

            self.bulk_tasks = read(CTABulkGenerateTask)
            self.sources = read(CTABulkGenerateSource, CTABulkGenerateSource.position)
            self.previews = read(CTAIFramePreview, CTAIFramePreview.position)
            self.progress = {one: progress.progress(session, one) for one in self.bulk_tasks}
            self.calls = Counter(
                session.execute(
                    select(CTAModelCall.preview_id, CTAModelCall.attempt, CTAModelCall.half).where(
                        CTAModelCall.failure.is_(None)
                    )
                )
            )

    @property
    def all(self) -> dict[UUID, Row]:
        return {**self.bulk_tasks, **self.sources, **self.previews}

    def of_bulk_task(self, bulk_task_id: UUID) -> list[Row]:
        return [one for one in self.previews.values() if one.bulk_generate_task_id == bulk_task_id]

    def of_source(self, source_id: UUID) -> list[Row]:
        return [one for one in self.previews.values() if one.source_id == source_id]

    def parts(self, row: Row) -> list[Row]:
        """The previews of a row that have not ended, itself where it is one."""
        if row.id in self.previews:
            found = [row]
        elif row.id in self.sources:
            found = self.of_source(row.id)
        else:
            found = self.of_bulk_task(row.id)
        return [one for one in found if is_moving(one)]

    def topmost(self) -> list[Row]:
        """The rows that have not ended and are no part of one that has a run of its own."""
        found = [one for one in self.bulk_tasks.values() if has_its_own_run(one)]
        for source in self.sources.values():
            if is_reopened(self.bulk_tasks[source.bulk_generate_task_id]):
                if has_its_own_run(source):
                    found.append(source)
                elif is_moving(source):
                    found += [one for one in self.of_source(source.id) if is_moving(one)]
        return found


def is_moving(row: Row) -> bool:
    return row.status in UNFINISHED


def has_its_own_run(row: Row) -> bool:
    return is_moving(row) and row.reopened_at is None


def is_reopened(row: Row) -> bool:
    return is_moving(row) and row.reopened_at is not None


def is_owned(row: Row, run_id: UUID) -> bool:
    """Whether a run may write a row: its own, or one that nobody has ever begun."""
    return row.flow_run_id == run_id or (row.flow_run_id is None and row.started_at is None)


def closed(preview: Row) -> Change:
    """What becomes of a preview whose run has ended without it.

    One that was to be made anew, and was not, has the halves that it shows.
    """
    if preview.filled_attempt is None:
        return {"status": "failed"}
    if preview.filled_attempt == preview.attempt:
        return {"status": "done"}
    shown = dict(preview.prefill)
    background_url = shown.pop("generated_background_url")
    del shown["original_background_url"]
    return {
        "status": "done",
        "background_url": preview.background_url or background_url,
        "draft": preview.draft or shown,
    }


def queued(preview: Row) -> Change:
    """What becomes of a preview that is to be made by another run."""
    if is_moving(preview) and preview.filled_attempt == preview.attempt:
        return {"status": "done"}
    return {"status": "queued", "attempt": preview.attempt + (preview.status != "queued")}


def given_up(preview: Row) -> Change:
    """What becomes of one that was lost too often."""
    return closed(preview) | {"attempt": queued(preview).get("attempt", preview.attempt)}


Expected = Mapping[UUID, Change | Iterable[Change]]


def check_changes(before: Rows, after: Rows, expected: Expected) -> None:
    """Each preview is what its step should have made of it, and all others are as they were.

    One of which anything becomes is another than was seen, and has no review then.
    """
    for preview_id, was in before.previews.items():
        options = expected.get(preview_id, {})
        values = {name: getattr(was, name) for name in WATCHED}
        wanted = [
            values | ({"review": None} if one else {}) | one
            for one in ([options] if isinstance(options, dict) else options)
        ]
        found = {name: getattr(after.previews[preview_id], name) for name in WATCHED}
        assert found in wanted, (found, wanted)


def check_untouched(before: Rows, after: Rows) -> None:
    """Whoever came late, or was refused, has changed no row at all."""
    for row_id, was in before.all.items():
        assert after.all[row_id] == was
    assert after.all.keys() == before.all.keys()


def check_steps(before: Rows, after: Rows) -> None:
    """Nothing goes backwards, and an end is left for another attempt alone (I3)."""
    assert before.all.keys() <= after.all.keys()
    for preview_id, was in before.previews.items():
        now = after.previews[preview_id]
        assert now.attempt in (was.attempt, was.attempt + 1)
        if not is_moving(was) and now.status != was.status:
            assert now.attempt == was.attempt + 1, "an end changed within its attempt"
    for bulk_task_id, was in before.bulk_tasks.items():
        assert after.bulk_tasks[bulk_task_id].attempt >= was.attempt


def check_truth(rows: Rows) -> None:
    """What holds at any moment: I2, I4, I8, and that counts add up."""
    for preview in rows.previews.values():
        check_preview(preview)
    places = Counter((one.source_id, one.position) for one in rows.previews.values())
    assert not places or max(places.values()) == 1
    for row in rows.all.values():
        if row.status == "running" and (row.id in rows.previews or has_its_own_run(row)):
            assert row.flow_run_id is not None, "nobody can end it"
        assert is_moving(row) or row.lease_id is None
        if row.status == "failed":
            assert row.error_message
            assert row.error_message.strip()
            assert row.finished_at is not None
    for source in rows.sources.values():
        assert len(rows.of_source(source.id)) <= source.batch_size
        if not is_moving(source):
            check_ended(source, rows.of_source(source.id))
    for bulk_task in rows.bulk_tasks.values():
        counts = rows.progress[bulk_task.id]
        parts = (counts.queued, counts.running, counts.done, counts.failed)
        assert sum(parts) == counts.total
        assert min(parts) >= 0
        if not is_moving(bulk_task):
            assert counts.queued == counts.running == 0
            check_ended(bulk_task, rows.of_bulk_task(bulk_task.id))


def check_preview(preview: Row) -> None:
    if preview.status == "done":
        assert preview.filled_attempt is not None
        assert preview.prefill["generated_background_url"]
        is_whole = preview.filled_attempt == preview.attempt
        assert is_whole or preview.error_message.startswith(STAYS_AS_IT_WAS)
        # After an attempt that did not succeed one half may be newer than what is shown.
        if is_whole and "generated_background_url" not in preview.edited_fields:
            assert preview.prefill["generated_background_url"] == preview.background_url
    if preview.status == "failed":
        assert preview.filled_attempt is None, "there is a result to show"
    if preview.status in WAITING:
        assert preview.lease_id is None or preview.flow_run_id is not None


def check_ended(row: Row, previews: list[Row]) -> None:
    assert not [one for one in previews if is_moving(one)], "a part is moving still"
    assert row.status == ("done" if any(one.status == "done" for one in previews) else "failed")
