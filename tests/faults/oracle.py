"""What must always hold, whatever went wrong: the invariants I1 to I8 of a batch that is at rest.

`violations` looks at the rows, at every status that they have had, at the media folder, and at what
was paid for. I5's window and I9 are measured elsewhere: `tests/tasks/test_pacing_processes.py`,
`tests/flows/test_memory.py`.
"""

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from PIL import Image
from sqlalchemy import Engine, select, text

from creative.prefill import Prefill
from db.models import (
    Base,
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    CTAModelCall,
)
from db.session import unit_of_work

PREVIEW = "cta_iframe_preview"
SOURCE = "cta_bulk_generate_source"
BULK_TASK = "cta_bulk_generate_task"
ENDED = ("done", "failed")
WAITING = ("pending", "queued")


@dataclass(frozen=True)
class Move:
    """A status that a row had, and its attempt where the table has one."""

    status: str
    attempt: int | None


@contextmanager
def watched(engine: Engine) -> Iterator[None]:
    """Keep every status that the rows have while the block lasts, for `moves`."""
    with engine.begin() as connection:
        connection.execute(text(_LOG))
        for table in (BULK_TASK, SOURCE, PREVIEW):
            connection.execute(
                text(
                    f"CREATE TRIGGER log_status AFTER INSERT OR UPDATE ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION log_status()"
                )
            )
    try:
        yield
    finally:
        with engine.begin() as connection:
            for table in (BULK_TASK, SOURCE, PREVIEW):
                connection.execute(text(f"DROP TRIGGER log_status ON {table}"))
            connection.execute(text("DROP FUNCTION log_status; DROP TABLE status_log"))


def moves(engine: Engine) -> dict[tuple[str, UUID], list[Move]]:
    """Every status that each row had, in order, by table and id."""
    found: dict[tuple[str, UUID], list[Move]] = {}
    with engine.connect() as connection:
        for record, row_id, status, attempt in connection.execute(
            text("SELECT record, id, status, attempt FROM status_log ORDER BY number")
        ):
            found.setdefault((record, row_id), []).append(Move(status, attempt))
    return found


def violations(
    engine: Engine, media_dir: Path, *, secrets: Iterable[str] = (), is_swept: bool = False
) -> list[str]:
    """What does not hold of the batches in a database, each with its invariant and its row.

    Args:
        engine: of a database whose rows were `watched`.
        media_dir: where the pictures are.
        secrets: what may stand in no row.
        is_swept: whether files that no row names should be gone.
    """
    with unit_of_work(engine) as session:
        bulk_tasks = list(session.scalars(select(CTABulkGenerateTask)))
        sources = list(session.scalars(select(CTABulkGenerateSource)))
        previews = list(session.scalars(select(CTAIFramePreview)))
    told = [*_liveness(bulk_tasks, sources, previews), *_explained(bulk_tasks, sources, previews)]
    for preview in previews:
        told += _truth(preview, media_dir)
    told += _sums(bulk_tasks, sources, previews)
    told += _paths(engine)
    told += _once(sources, previews)
    told += _secrecy(engine, secrets)
    if is_swept:
        told += [f"I2 no row names the file {file}" for file in unnamed_files(previews, media_dir)]
    return told


def recorded_calls(engine: Engine, bulk_task_id: UUID | None = None) -> Counter[tuple[UUID, str]]:
    """How many calls are on record that gave something, by preview and half."""
    with unit_of_work(engine) as session:
        wanted = select(CTAModelCall.preview_id, CTAModelCall.half).where(
            CTAModelCall.failure.is_(None)
        )
        if bulk_task_id is not None:
            wanted = wanted.where(CTAModelCall.bulk_generate_task_id == bulk_task_id)
        return Counter((row.preview_id, row.half) for row in session.execute(wanted))


def unnamed_files(previews: Iterable[CTAIFramePreview], media_dir: Path) -> list[str]:
    """The files of the media folder that no preview names, those that are half written too."""
    named = {
        Path(unquote(urlsplit(str(url)).path)).stem
        for preview in previews
        for url in (
            preview.background_url if hasattr(preview, "background_url") else None,
            (preview.prefill or {}).get("generated_background_url"),
        )
        if url
    }
    return sorted(
        str(file.relative_to(media_dir))
        for file in media_dir.rglob("*")
        if file.is_file() and file.stem not in named
    )


def _name(row: Any) -> str:
    return f"{row.__tablename__} {row.id} ({row.workspace})"


def _liveness(*tables: list[Any]) -> Iterator[str]:
    for rows in tables:
        for row in rows:
            if row.status not in ENDED:
                yield f"I1 {_name(row)} is still {row.status}"
            elif row.finished_at is None:
                yield f"I1 {_name(row)} is {row.status} and does not say since when"


def _explained(*tables: list[Any]) -> Iterator[str]:
    for rows in tables:
        for row in rows:
            reason = row.error_message or ""
            if row.status == "failed" and not (" " in reason and reason.endswith((".", ")"))):
                yield f"I8 {_name(row)} failed without a sentence: {reason!r}"


def _truth(preview: CTAIFramePreview, media_dir: Path) -> Iterator[str]:
    """`done` <=> both halves and their file are there."""
    if preview.status == "done":
        try:
            prefill = Prefill.model_validate(preview.prefill)
            file = Path(unquote(urlsplit(prefill.generated_background_url).path))
            if not file.is_relative_to(media_dir):
                yield f"I2 {_name(preview)} names a file elsewhere: {file}"
            with Image.open(file) as picture:
                picture.load()
                if picture.size != (1920, 1080):
                    yield f"I2 {_name(preview)} has a background of {picture.size}"
        except Exception as error:
            yield f"I2 {_name(preview)} is done without what that takes: {error!r}"
    elif getattr(preview, "filled_attempt", None) == preview.attempt:
        yield f"I2 {_name(preview)} is {preview.status} although its prefill is whole"


def _sums(
    bulk_tasks: list[CTABulkGenerateTask],
    sources: list[CTABulkGenerateSource],
    previews: list[CTAIFramePreview],
) -> Iterator[str]:
    """A parent that has ended is `done` just when a preview of it is."""
    for parent, key in [(one, "bulk_generate_task_id") for one in bulk_tasks] + [
        (one, "source_id") for one in sources
    ]:
        done = any(p.status == "done" for p in previews if getattr(p, key) == parent.id)
        if parent.status in ENDED and (parent.status == "done") != done:
            yield f"I2 {_name(parent)} is {parent.status}, and {'one' if done else 'no'} preview is done"


def _once(sources: list[CTABulkGenerateSource], previews: list[CTAIFramePreview]) -> Iterator[str]:
    for source in sources:
        positions = sorted(p.position for p in previews if p.source_id == source.id)
        if positions not in ([], list(range(source.batch_size))):
            yield f"I4 {_name(source)} has previews at {positions}"


def _paths(engine: Engine) -> Iterator[str]:
    for (record, row_id), had in moves(engine).items():
        attempts = [move.attempt for move in had if move.attempt is not None]
        if attempts != sorted(attempts):
            yield f"I3 {record} {row_id} went back to an earlier attempt: {had}"
        for before, after in itertools.pairwise(had):
            if not _may_follow(record, before, after):
                yield f"I3 {record} {row_id} went from {before} to {after}: {had}"


def _may_follow(record: str, before: Move, after: Move) -> bool:
    """Forwards within an attempt, or from the beginning of another.

    A source has no attempts of its own, and begins anew with its bulk task's. A bulk task may be
    given to its next run as it begins anew.
    """
    begins = after.status in (("running", *WAITING) if record == BULK_TASK else WAITING)
    is_another = after.attempt is None or after.attempt > (before.attempt or 0)
    if begins and is_another:
        return True
    if after.attempt != before.attempt or before.status in ENDED:
        return False
    return after.status in ENDED or before.status in WAITING


def _secrecy(engine: Engine, secrets: Iterable[str]) -> Iterator[str]:
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            said = json.dumps(
                [list(row) for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))],
                default=str,
            )
            for secret in secrets:
                if secret in said:
                    yield f"I7 a secret stands in {table.name}"


_LOG = """
DROP TABLE IF EXISTS status_log;
CREATE TABLE status_log (number bigserial, record text, id uuid, status text, attempt int);
CREATE OR REPLACE FUNCTION log_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.status <> NEW.status
        OR to_jsonb(OLD) ->> 'attempt' IS DISTINCT FROM to_jsonb(NEW) ->> 'attempt' THEN
        INSERT INTO status_log (record, id, status, attempt)
        VALUES (TG_TABLE_NAME, NEW.id, NEW.status, (to_jsonb(NEW) ->> 'attempt')::int);
    END IF;
    RETURN NEW;
END $$;
"""
