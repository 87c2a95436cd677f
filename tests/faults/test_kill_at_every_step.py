"""A batch is killed before each of its steps, put right, and run again: nothing is lost or paid twice.

All batches of a test are killed first, each before another step; then one `reconcile` finds all of
them dead, and then each is run again.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.faults.batches import (
    MODEL_OF,
    SWEEP,
    SWEEP_AFTER_AN_HOUR,
    Paid,
    bulk_task,
    previews,
    source,
)
from tests.faults.conftest import KEY, LEASE_SECONDS
from tests.faults.oracle import recorded_calls, violations, watched
from tests.faults.processes import Ended, Processes
from tests.faults.workers import Prefect
from tests.gemini_server import GeminiServer
from tests.pages import Pages

RETRY = """
from db.errors import BulkTaskNotFailed
from flows import retry_failed
try:
    retry_failed({bulk_task_id!r})
except BulkTaskNotFailed:
    print("nothing to do")
"""
REPRESENTATIVE = {
    "nothing is recorded": "commit: insert cta_bulk_generate_task",
    "a slot is taken": "prefect: run for a preview",
    "a picture was paid for": "answered: gemini-3.1-flash-image",
    "a picture has its name": "file: backgrounds",
    "a picture is kept": "after commit: update cta_iframe_preview, insert cta_model_call of background",
    "a preview is whole": "prefect: COMPLETED",
}


@dataclass
class Batch:
    """A batch that was killed before a step, and what it had paid for and kept until then."""

    workspace: str
    ended: Ended
    paid: Counter[str]
    bulk_task_id: UUID | None
    stored: Counter[tuple[UUID, str]]

    @property
    def step(self) -> str:
        last = self.ended.lines[-1]
        return f"killed {last['at']} step {last.get('number', '')} ({last['what']})"


class World:
    """A place where batches are killed, put right, and run again."""

    def __init__(
        self, processes: Processes, server: GeminiServer, database: Engine, media_dir: Path
    ) -> None:
        self._processes = processes
        self._paid = Paid(server)
        self._database = database
        self._media_dir = media_dir
        self._count = 0

    def run(self, wanted: Sequence[dict[str, Any]], kill_at: int | str | None = None) -> Batch:
        """Run a batch in a workspace of its own, until it ends or is killed."""
        self._count += 1
        workspace = f"batch-{self._count}"
        program = f"flows.bulk_generate({wanted!r}, workspace={workspace!r})"
        ended = self._processes.run(program, kill_at)
        assert ended.status == (0 if kill_at is None else -9), ended.output
        recorded = bulk_task(workspace)
        stored = Counter[tuple[UUID, str]]()
        if recorded is not None:
            stored = recorded_calls(self._database, recorded.id)
        return Batch(workspace, ended, self._paid.since(), recorded and recorded.id, stored)

    def put_right(self, program: str = SWEEP) -> str:
        """What `reconcile` says that it did; it pays for nothing."""
        ended = self._processes.run(program)
        assert ended.status == 0, ended.output
        assert self._paid.since() == Counter()
        return ended.output.strip().splitlines()[-1]

    def run_again(self, batch: Batch) -> Counter[str]:
        """What another run of what failed pays for."""
        ended = self._processes.run(RETRY.format(bulk_task_id=str(batch.bulk_task_id)))
        assert ended.status == 0, ended.output
        return self._paid.since()

    def violations(self) -> list[str]:
        return violations(self._database, self._media_dir, secrets=[KEY], is_swept=True)

    def stored(self, batch: Batch) -> Counter[tuple[UUID, str]]:
        return recorded_calls(self._database, batch.bulk_task_id)


@pytest.fixture
def world(
    processes: Processes, gemini_server: GeminiServer, database: Engine, data_dir: Path
) -> Iterator[World]:
    with watched(database):
        yield World(processes, gemini_server, database, data_dir / "media")


def problems_of(world: World, batch: Batch, again: Counter[str], asked: int) -> Iterator[str]:
    """What was lost of a batch that was run again, or paid for once too often."""
    if batch.bulk_task_id is None:
        if again or batch.paid:
            yield f"{batch.step}: paid for what was not recorded"
        return
    made = previews(batch.bulk_task_id)
    if [preview.status for preview in made] != ["done"] * asked:
        told = [(preview.status, preview.error_message) for preview in made]
        yield f"{batch.step}: it ended as {told}"
    stored = world.stored(batch)
    if stored != {(preview.id, half): 1 for preview in made for half in MODEL_OF}:
        yield f"{batch.step}: the calls on record are {stored}"
    for half, model in MODEL_OF.items():
        kept = sum(count for (_, kind), count in batch.stored.items() if kind == half)
        lost = batch.paid[model] - kept
        committed = batch.ended.count(f"cta_model_call of {half}")
        in_flight = batch.ended.count(f"ask: {model}") - committed
        if not 0 <= lost <= max(in_flight, 0) <= 1:
            yield f"{batch.step}: {lost} calls of {model} were lost, {in_flight} were under way"
        if again[model] != asked - kept:
            yield f"{batch.step}: kept {kept} of {model}, and paid for {again[model]} again"


def kill_put_right_and_run_again(
    world: World,
    environment: dict[str, str],
    wanted: Sequence[dict[str, Any]],
    steps: Iterable[int | str],
) -> None:
    asked = sum(one["batch_size"] for one in wanted)
    batches = [world.run(wanted, step) for step in steps]
    time.sleep(LEASE_SECONDS + 1)
    world.put_right()
    problems = [f"after reconcile: {told}" for told in world.violations()]
    recorded = [batch.workspace for batch in batches if batch.bulk_task_id]
    problems += [
        f"after reconcile Prefect takes {name} for alive"
        for name in Prefect(environment).unfinished().values()
        if not name.startswith("bulk task") or name.rpartition(" ")[2] in recorded
    ]
    for batch in batches:
        again = world.run_again(batch) if batch.bulk_task_id else Counter[str]()
        problems += problems_of(world, batch, again, asked)
    world.put_right()
    problems += [f"after the run again: {told}" for told in world.violations()]
    assert not problems, "\n".join(problems)


@pytest.mark.faults
def test_a_batch_that_is_killed_before_a_step_loses_nothing_and_pays_for_nothing_twice(
    world: World, pages: Pages, bare_prefect: dict[str, str]
) -> None:
    """The steps that matter most, with two previews of one product."""
    wanted = [source(pages, "mug", 2)]
    kill_put_right_and_run_again(world, bare_prefect, wanted, REPRESENTATIVE.values())


def test_a_run_that_was_killed_before_it_recorded_anything_is_closed(
    world: World, pages: Pages, bare_prefect: dict[str, str]
) -> None:
    batch = world.run([source(pages, "mug", 1)], "commit: insert cta_bulk_generate_task")
    assert batch.bulk_task_id is None
    time.sleep(LEASE_SECONDS + 1)
    assert left_of(batch, bare_prefect), "no row says that the run is about nothing"
    world.put_right(SWEEP_AFTER_AN_HOUR)
    assert not left_of(batch, bare_prefect)


def left_of(batch: Batch, environment: dict[str, str]) -> list[str]:
    """The runs of a batch that Prefect takes for alive."""
    names = Prefect(environment).unfinished().values()
    return [name for name in names if name.endswith(f" of {batch.workspace}")]


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("remainder", range(2))
def test_every_step(
    world: World, pages: Pages, bare_prefect: dict[str, str], remainder: int
) -> None:
    """In two halves: with fewer batches in one database, less is left of each to the others."""
    wanted = [source(pages, "mug", 1), source(pages, "cup", 1)]
    whole = world.run(wanted)
    steps = range(remainder, len(whole.ended.steps), 2)
    kill_put_right_and_run_again(world, bare_prefect, wanted, steps)
