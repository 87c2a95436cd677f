"""The end of a soak: everybody comes to rest, and what must hold is looked at."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, inspect, make_url, select, text

from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview, CTAModelCall
from db.session import unit_of_work
from tests.faults.batches import SWEEP
from tests.faults.chaos.house import House, patiently
from tests.faults.chaos.model import Model
from tests.faults.chaos.sizes import Sizes
from tests.faults.oracle import ENDED, violations
from tests.prefect_server import run_python

_SWEEP = SWEEP.replace(
    "print(", "reconcile.OVERDUE_AFTER = reconcile.FORGOTTEN_AFTER = timedelta(0)\nprint("
)
"""Nobody is at work any more, so that runs need not be old to be closed."""
_NOTHING = "No row is left of a run that died."
_ORPHANED = "Nobody works on it any more"
_PAUSE_SECONDS = 3
LARGEST_RUN = 1_500_000_000
"""Bytes; see docs/decisions/0006-memory-that-goes-back.md."""
MOST_THREADS = 150


def rows_of(house: House, record: Any) -> list[Any]:
    """All rows of a table."""
    with unit_of_work(house.engine) as session:
        return list(session.scalars(select(record)))


def statuses_of(house: House, record: Any) -> Counter[str]:
    """How many rows of a table have each status."""
    return Counter(str(row.status) for row in rows_of(house, record))


def _is_at_rest(house: House) -> bool:
    records = (CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview)
    return not house.runs() and all(
        set(statuses_of(house, record)) <= set(ENDED) for record in records
    )


def come_to_rest(house: House, seconds: float) -> bool:
    """Reconcile until nothing moves; False when something still does after `seconds`."""
    deadline = time.monotonic() + seconds
    house.restart_workers()
    while time.monotonic() < deadline:
        if _is_at_rest(house):
            break
        if not house.is_reconciling():
            house.reconcile()
        time.sleep(_PAUSE_SECONDS)
    house.wait_for_reconcile()
    for _ in range(5):
        if _NOTHING in run_python(house.environment, "-c", _SWEEP):
            break
    return _is_at_rest(house)


@dataclass
class Judged:
    """What does not hold, and the figures that go with it."""

    broken: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)


def judge(house: House, model: Model, sizes: Sizes, media_dir: Path, cap: int, key: str) -> Judged:
    """Look at all that must hold of a house at rest."""
    judged = Judged()
    judged.broken += violations(house.engine, media_dir, secrets=[key], is_swept=True)
    judged.broken += _left_runs(house) + _told(house, key)
    calls = _calls(house)
    judged.broken += [
        f"I5 preview {preview_id} has {count} calls on record for the {half} of attempt {attempt}"
        for (preview_id, attempt, half), count in calls.items()
        if count != 1
    ]
    if calls.total() > model.paid.total():
        judged.broken.append(
            f"I5 {calls.total()} calls are on record, and {model.paid.total()} were answered"
        )
    busiest = model.busiest_minute()
    if busiest > cap:
        judged.broken.append(f"I5 {busiest} calls of one model came within 60 s; the cap is {cap}")
    if sizes.bytes[True] > LARGEST_RUN:
        judged.broken.append(f"I9 a run took {sizes.bytes[True] / 1e6:.0f} MB")
    if sizes.threads[True] > MOST_THREADS:
        judged.broken.append(f"I9 a run had {sizes.threads[True]} threads")
    judged.figures = dict(_figures(house, model, sizes, media_dir, cap))
    return judged


def _figures(
    house: House, model: Model, sizes: Sizes, media_dir: Path, cap: int
) -> Iterator[tuple[str, str]]:
    previews = rows_of(house, CTAIFramePreview)
    counts = Counter(str(preview.status) for preview in previews)
    yield "previews", ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    tasks = rows_of(house, CTABulkGenerateTask)
    yield "attempts of the bulk task", ", ".join(str(task.attempt) for task in tasks)
    attempts = Counter(preview.attempt for preview in previews)
    yield (
        "attempts of a preview",
        ", ".join(f"{number}: {count}" for number, count in sorted(attempts.items())),
    )
    kept = sum(
        2 if p.status == "done" else (p.background_url is not None) + (p.draft is not None)
        for p in previews
    )
    recorded, paid = _calls(house).total(), model.paid.total()
    yield "halves that are kept: the least that has to be paid", str(kept)
    yield "calls that were answered and so paid", f"{paid} ({paid - kept} of them again)"
    yield "answered calls on record", str(recorded)
    failures = ", ".join(f"{count} × {kind}" for kind, count in sorted(model.failures.items()))
    yield "calls that the model refused or left without an answer", failures or "0"
    yield "busiest 60 seconds of one model, beside the cap", f"{model.busiest_minute()} of {cap}"
    yield "orphaned runs that were closed", str(len(_orphans(house)))
    files = sum(file.is_file() for file in media_dir.rglob("*"))
    yield "files in the media folder", str(files)
    for is_run, name in {True: "a run", False: "a worker or server"}.items():
        yield (
            f"largest process of {name}",
            f"{sizes.bytes[is_run] / 1e6:.0f} MB, {sizes.threads[is_run]} threads, "
            f"{sizes.files[is_run]} open files",
        )


def _calls(house: House) -> Counter[tuple[UUID, int, str]]:
    """How many calls that gave something are on record, by preview, attempt and half.

    A process that was frozen for longer than its lease records what it paid, though another attempt
    has its preview by then: that half is paid for again, and not twice in one attempt.
    """
    return Counter(
        (call.preview_id, call.attempt, call.half)
        for call in rows_of(house, CTAModelCall)
        if call.failure is None
    )


def _left_runs(house: House) -> list[str]:
    return [
        f"I1 Prefect takes the run {name} ({run_id}) for alive"
        for run_id, name in patiently(house.prefect.unfinished).items()
    ]


def _orphans(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = {"flow_runs": {"state": {"type": {"any_": ["CRASHED"]}}}, "limit": 200}
    while True:
        page = house.prefect._ask(
            "POST", "/flow_runs/filter", json=asked | {"offset": len(found), "sort": "ID_DESC"}
        )
        found += page
        if len(page) < 200:
            return [run for run in found if _ORPHANED in str(run["state"].get("message"))]


def _told(house: House, key: str) -> list[str]:
    """Where the key stands that nobody may tell."""
    told = [
        f"I7 the key stands in {log.name}"
        for log in house.folder.glob("*.log")
        if key in log.read_text(errors="replace")
    ]
    url = make_url(house.prefects_postgres.url).set(drivername="postgresql+psycopg2")
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            asked = text(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE :key')
            if connection.scalar(asked, {"key": f"%{key}%"}):
                told.append(f"I7 the key stands in Prefect's {table}")
    engine.dispose()
    return told
