"""Submit, run, edit, review, cancel, retry, crash and reconcile, in any order, on a real Postgres.

The product's own functions write the rows. Runs and processes are only played: nothing of Prefect
is asked, a process that dies is one whose lease runs out, and each may come back and go on with
whatever it was at. After each step the rows must be what a small model says, and the invariants of
FAULTS.md hold: I2, I3, I4, I5 and I8; I1 is asked for in the end.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Crashed, Failed, Running
from sqlalchemy import Connection, Engine, event

from catalog.product import Source
from creative.edits import edit_prefill
from creative.prefill import headline_key
from db import bulk_tasks, previews, reopening, resuming, reviews, shown_previews
from db.errors import (
    BulkTaskGivenUp,
    BulkTaskNotFailed,
    BulkTaskNotOwned,
    NotRunAgain,
    PreviewNotDone,
    PreviewNotOwned,
)
from db.halves import PreviewAttempt
from db.models import Review
from db.session import get_engine, unit_of_work
from flows import hooks
from tasks import claims
from tasks import previews as task_previews
from tasks.failures import NothingGenerated, PreviewFailed, RunCancelled, SourceTakenOver
from tasks.taking_over import check_source_is_ours, take_over_source
from tests.conftest import empty
from tests.db.conftest import PRODUCT_URL, save_product
from tests.faults.played_rows import (
    HALVES,
    Change,
    Expected,
    Row,
    Rows,
    check_changes,
    check_steps,
    check_truth,
    check_untouched,
    closed,
    given_up,
    has_its_own_run,
    is_moving,
    is_owned,
    queued,
)
from tests.faults.played_runs import (
    BULK,
    PREVIEW,
    RECONCILE,
    REGENERATE,
    RETRY,
    SOURCE,
    Played,
    PlayedRun,
    put_on,
)

ENDS: dict[str, Callable[[], State[Any]]] = {
    "completed": Completed,
    "failed": lambda: Failed(data=PreviewFailed("The model had no answer.")),
    "cancelled": Cancelled,
    "crashed": lambda: Crashed(message="The process was killed."),
}
ANEW = [("background",), ("prefill",), ("background", "prefill")]
BEGUN = ["taken over", "made anew", "made", "failed", "at work", "nothing"]
EDITS = ["headline", "subtitle", "brand", "cta.text"]
OF_BULK_TASKS, OF_PREVIEWS = (BULK, RETRY), (PREVIEW, REGENERATE)
MOST_BULK_TASKS = 2
LOST_OFTEN_ENOUGH = 12


class AnyOrder(RuleBasedStateMachine):
    """The product's writes, in any order."""

    def __init__(self) -> None:
        super().__init__()
        empty(get_engine())
        self.played = Played()
        self.undo = put_on(self.played)
        self.edited: dict[UUID, dict[str, str]] = {}
        with unit_of_work() as session:
            self.product_id = save_product(session)
        self.rows = Rows()
        self.is_right = True

    # What holds after each step.

    def look(self, expected: Expected | None = None, *, untouched: bool = False) -> None:
        """See to it that a step made of the rows what it should have made of them."""
        before, self.is_right = self.rows, False
        self.rows = after = Rows()
        if untouched:
            check_untouched(before, after)
        check_steps(before, after)
        check_changes(before, after, expected or {})
        check_truth(after)
        self.check_spending(after)
        for preview_id, fields in self.edited.items():
            for path, value in fields.items():
                assert at(after.previews[preview_id].prefill, path) == value, "an edit was lost"
                assert path in after.previews[preview_id].edited_fields
        self.is_right = True

    def check_spending(self, rows: Rows) -> None:
        """I5: no half is paid for twice in one attempt, and what exists was paid for."""
        assert all(count <= 1 for count in self.played.paid.values())
        assert rows.calls <= self.played.paid
        for preview in rows.previews.values():
            for half, column in HALVES.items():
                bought = [key for key in rows.calls if (key[0], key[2]) == (preview.id, half)]
                assert bought or getattr(preview, column) is None, "the cost was not kept with it"

    def is_lost(self, row: Row) -> bool:
        return row.lease_id is not None and not self.played.alive[row.lease_id]

    def is_at_work(self, run: PlayedRun, attempt: PreviewAttempt | None = None) -> bool:
        preview, at_hand = self.rows.previews[run.row_id], attempt or run.attempt
        return (
            at_hand is not None
            and preview.status == "running"
            and (preview.flow_run_id, preview.attempt) == (run.id, at_hand.attempt)
        )

    def above(self, row: Row) -> tuple[Row, Row]:
        """The bulk task and the source of a preview, or of a source."""
        source = self.rows.sources[row.source_id] if row.id in self.rows.previews else row
        return self.rows.bulk_tasks[source.bulk_generate_task_id], source

    def runs(self, names: Iterable[str], *, top: bool = False) -> list[PlayedRun]:
        return [
            run
            for run in self.played.runs.values()
            if run.flow_name in names and (run.parent is None or not top)
        ]

    # What a run does.

    def begin(self, run: PlayedRun, lease_id: UUID) -> None:
        """A run that is no part of another begins, in some process; or does so once more."""
        self.played.begin(run, lease_id)
        with self.played.within(run):
            if run.flow_name == BULK:
                self.begin_bulk_task(run)
            elif run.flow_name == RETRY:
                self.resume(run.row_id, run)
            elif run.flow_name == SOURCE:
                self.claim_source(run)
            else:
                self.claim_preview(run)

    def begin_bulk_task(self, run: PlayedRun) -> None:
        hooks.mark_bulk_task_running(None, run.flow_run, Running())
        with suppress(NotRunAgain, BulkTaskGivenUp):
            with unit_of_work() as session:
                bulk_tasks.own(session, run.row_id, run.id, run.lease_id)
            run.has_claimed = True
        self.look()

    def resume(self, bulk_task_id: UUID, run: PlayedRun | None) -> bool:
        bulk_task = self.rows.bulk_tasks[bulk_task_id]
        is_free = not is_moving(bulk_task) or (
            run is not None
            and bulk_task.reopened_at is None
            and (bulk_task.flow_run_id in (None, run.id) or self.is_lost(bulk_task))
        )
        try:
            with unit_of_work() as session:
                resuming.resume(session, bulk_task_id, *((run and (run.id, run.lease_id)) or ()))
        except BulkTaskNotFailed:
            self.look(untouched=True)
            return False
        except NotRunAgain:
            assert not is_free
            self.look(untouched=True)
            return False
        assert is_free
        if run is not None:
            run.has_claimed = True
        waits = bulk_task.status == "pending" and bulk_task.flow_run_id in (None, run and run.id)
        of_it = [] if waits else self.rows.of_bulk_task(bulk_task_id)
        self.look({one.id: queued(one) for one in of_it if one.status != "done"})
        return True

    def claim_source(self, run: PlayedRun) -> None:
        source = self.rows.sources[run.row_id]
        bulk_task, _ = self.above(source)
        is_free = not has_its_own_run(bulk_task) and (
            not is_moving(source)
            or (
                has_its_own_run(source)
                and ((source.flow_run_id is None) or self.is_lost(source))
            )
        )  # fmt: skip
        is_its_own = has_its_own_run(source) and source.flow_run_id == run.id
        try:
            claims.claim_source(run.row_id)
        except NotRunAgain:
            self.look(untouched=True)
            return
        run.has_claimed = True
        assert is_free or is_its_own
        of_it = self.rows.of_source(source.id)
        self.look({one.id: queued(one) for one in of_it if one.status != "done"})

    def may_be_reopened(self, preview: Row, run: PlayedRun | None) -> bool:
        bulk_task, source = self.above(preview)
        is_alone = not has_its_own_run(bulk_task) and not has_its_own_run(source)
        if not is_moving(preview):
            return is_alone
        waits = preview.flow_run_id is None and preview.status == "queued"
        return run is not None and (
            preview.flow_run_id == run.id or (is_alone and (waits or self.is_lost(preview)))
        )

    def reopened(self, preview: Row, parts: Sequence[str]) -> Change:
        if is_moving(preview):
            return queued(preview)
        return queued(preview) | {HALVES[part]: None for part in parts}

    def claim_preview(self, run: PlayedRun) -> None:
        preview = self.rows.previews[run.row_id]
        may_be, change = self.may_be_reopened(preview, run), self.reopened(preview, run.parts)
        try:
            run.attempt = claims.claim_preview(run.row_id, run.parts)
        except NotRunAgain:
            self.look(untouched=True)
            return
        except RunCancelled:
            assert run.is_cancelled()
        else:
            if run.attempt is not None:
                change |= {"status": "running"}
        assert may_be
        self.look({preview.id: change})

    def begin_source(self, run: PlayedRun, source_id: UUID) -> PlayedRun | None:
        """What `start_source` does, and the beginning of its `process_url`."""
        source = self.rows.sources[source_id]
        bulk_task = self.rows.bulk_tasks[run.row_id]
        is_its_own = has_its_own_run(bulk_task) and bulk_task.flow_run_id == run.id
        is_wanted = is_its_own and is_moving(source) and not run.is_cancelled()
        begun = False
        with suppress(RunCancelled, NothingGenerated, BulkTaskNotOwned):
            begun = take_over_source(source_id, run_id=run.id)
        assert begun == is_wanted, (run, bulk_task, source)
        if not begun:
            self.look(untouched=True)
            return None
        part = self.played.new_run(SOURCE, source_id, parent=run, lease_id=run.lease_id)
        with self.played.within(part):
            hooks.mark_source_running(None, part.flow_run, Running())
            claims.claim_source(source_id)
        part.has_claimed = True
        was_begun = source.flow_run_id is not None
        self.look({one.id: queued(one) for one in self.rows.parts(source)} if was_begun else {})
        return part

    def is_its_source(self, run: PlayedRun) -> bool:
        source = self.rows.sources[run.row_id]
        return has_its_own_run(source) and source.flow_run_id == run.id

    def queue(self, run: PlayedRun) -> None:
        size = self.rows.sources[run.row_id].batch_size
        images = [f"https://shop.example/{number}.jpg" for number in range(size)]
        is_its_own = self.is_its_source(run)
        with unit_of_work() as session:
            previews.queue(session, run.row_id, self.product_id, images)
        self.look(untouched=not is_its_own and not is_moving(self.rows.sources[run.row_id]))

    def begin_preview(self, run: PlayedRun, preview_id: UUID) -> PlayedRun | None:
        """What `start_preview` does, and the beginning of its `generate_preview`."""
        preview = self.rows.previews[preview_id]
        is_free = preview.status == "queued" and preview.flow_run_id is None
        is_wanted = self.is_its_source(run) and is_free and not run.is_cancelled()
        part = PlayedRun(PREVIEW, preview_id, parent=run, lease_id=run.lease_id)
        with suppress(SourceTakenOver, RunCancelled, PreviewNotOwned), self.played.within(part):
            check_source_is_ours(preview_id, run_id=run.id)
            self.played.runs[part.id] = part
            hooks.mark_preview_running(None, part.flow_run, Running())
            part.attempt = claims.claim_preview(preview_id)
        assert (part.attempt is not None) == is_wanted
        self.look({preview_id: {"status": "running"}} if is_wanted else {}, untouched=not is_wanted)
        return part if is_wanted else None

    def begin_call(self, run: PlayedRun, half: str) -> bool:
        preview = self.rows.previews[run.row_id]
        is_wanted = self.is_at_work(run) and getattr(preview, HALVES[half]) is None
        begun = False
        with suppress(PreviewNotOwned, RunCancelled):
            begun = self.played.begin_call(run, half)
        assert begun == (is_wanted and not run.is_cancelled())
        self.look(untouched=True)
        return begun

    def end_call(self, run: PlayedRun, half: str, failure: str | None = None) -> None:
        is_kept = self.is_at_work(run, run.calls[half][0]) and failure is None
        refused = False
        try:
            self.played.end_call(run, half, failure)
        except PreviewNotOwned:
            refused = True
        assert refused == (failure is None and not is_kept)
        made = getattr(Rows().previews[run.row_id], HALVES[half])
        assert made or not is_kept
        change = {run.row_id: {HALVES[half]: made}} if is_kept else {}
        self.look(change, untouched=not is_kept)

    def fill(self, run: PlayedRun) -> None:
        assert run.attempt is not None
        preview = self.rows.previews[run.row_id]
        is_whole = preview.background_url is not None and preview.draft is not None
        is_wanted = self.is_at_work(run) and is_whole
        refused = False
        try:
            task_previews.fill_preview(run.attempt)
        except PreviewNotOwned:
            refused = True
        assert refused != is_wanted
        prefill = Rows().previews[run.row_id].prefill
        change = {"prefill": prefill, "filled_attempt": preview.attempt}
        self.look({preview.id: change} if is_wanted else {}, untouched=not is_wanted)

    def end(self, run: PlayedRun, how: str) -> None:
        """The hook of a run that ends, or that has ended long ago, or of no run of the row."""
        state = ENDS[how]()
        if not run.state.is_final():
            run.flow_run.state = state
        expected = self.ended_by(run, how)
        if run.flow_name in OF_BULK_TASKS:
            hooks.settle_bulk_task(None, run.flow_run, state)
        elif run.flow_name == SOURCE:
            hooks.settle_source(None, run.flow_run, state)
        elif how == "completed":
            hooks.mark_preview_done(None, run.flow_run, state)
        else:
            hooks.mark_preview_failed(None, run.flow_run, state)
        self.look(expected or {}, untouched=expected is None)

    def ended_by(self, run: PlayedRun, how: str) -> Expected | None:
        """What the hook of a run makes of the previews; None where the row is not its own."""
        row = self.rows.all[run.row_id]
        if run.flow_name in OF_PREVIEWS:
            known = claims.attempt_of(run.id)
            is_its_own = is_moving(row) and (
                row.flow_run_id == run.id if run.parent is None else is_owned(row, run.id)
            )
            if not is_its_own or known not in (None, row.attempt):
                return None
            is_whole = row.filled_attempt == row.attempt
            return {row.id: closed(row)} if is_whole or how != "completed" else None
        was_taken = row.id in self.rows.bulk_tasks and row.attempt > 1
        is_its_own = is_owned(row, run.id) and not (row.flow_run_id is None and was_taken)
        if run.flow_name == SOURCE and run.parent is None:
            is_its_own = row.flow_run_id == run.id
        if not has_its_own_run(row) or not is_its_own:
            return None
        return {one.id: closed(one) for one in self.rows.parts(row)}

    def put_right(self) -> bool:
        """`reconcile`; returns whether it did anything."""
        expected: dict[UUID, list[Change]] = {}
        for row in self.rows.topmost():
            ends = self.reconciled(row)
            expected |= {one.id: [end(one) for end in ends] for one in self.rows.parts(row) if ends}
        self.played.closed.clear()
        known = set(self.played.runs)
        done = RECONCILE.put_right()
        self.look(expected)
        # In the order of their rows, so that a game can be played again.
        rows = list(self.rows.all)
        started = [self.played.runs.pop(one) for one in self.played.runs.keys() - known]
        started.sort(key=lambda run: rows.index(run.row_id))
        self.played.runs |= {run.id: run for run in started}
        for run in self.played.closed:
            row = self.rows.all[run.row_id]
            assert not is_moving(row) or row.flow_run_id not in (None, run.id)
        return bool(done != RECONCILE.Reconciled(0, 0, 0))

    def reconciled(self, row: Row) -> list[Callable[[Row], Change]]:
        """What may become of the previews of a row; nothing while it is alive."""
        if row.flow_run_id is None or (row.lease_id is not None and not self.is_lost(row)):
            return []
        state = self.played.runs[row.flow_run_id].state
        if state.is_final() and not state.is_crashed():
            return [closed]
        if row.lease_id is None and not state.is_final():
            return []
        return [queued, given_up] if self.played.has_deployments else [closed]

    # The rules: who does what next.

    @initialize(has_deployments=st.booleans(), begun=st.sampled_from(BEGUN))
    def serve(self, has_deployments: bool, begun: str) -> None:
        """A game begins with a bulk task that stands in some way, or with nothing."""
        self.played.has_deployments = has_deployments
        if begun == "nothing":
            return
        self.submit([2], "python")
        (run,) = self.runs([BULK])
        if begun in ("made", "made anew"):
            self.work_through_sources(run)
            self.end(run, "completed")
        else:
            self.begin_all(run)
        if begun == "made anew":
            for preview, parts in zip(list(self.rows.previews.values()), ANEW, strict=False):
                self.regenerate(preview, parts, by_rest=False, at_once=False)
        elif begun == "failed":
            for other in self.runs([PREVIEW, SOURCE, BULK]):
                self.end(other, "failed")
        elif begun == "taken over":
            self.played.lose(run.lease_id)  # type: ignore[arg-type]
            self.retry(run.row_id, by_rest=False)
            self.begin_all(self.runs([RETRY])[0])

    def begin_all(self, run: PlayedRun) -> None:
        """Begin all sources of a bulk task, all their previews, and one half of each."""
        for source_id in list(self.rows.sources):
            part = self.begin_source(run, source_id)
            assert part is not None
            self.queue(part)
            for preview, half in zip(self.rows.of_source(source_id), HALVES, strict=True):
                maker = self.begin_preview(part, preview.id)
                assert maker is not None
                self.begin_call(maker, half)

    @precondition(lambda self: len(self.rows.bulk_tasks) < MOST_BULK_TASKS)
    @rule(
        sizes=st.lists(st.integers(1, 2), min_size=1, max_size=2),
        way=st.sampled_from(["python", "python", "rest", "recorded"]),
    )
    def submit(self, sizes: list[int], way: str) -> None:
        bulk_task_id = uuid4()
        wanted = [
            Source(url=f"{PRODUCT_URL}-{number}", batch_size=size)
            for number, size in enumerate(sizes)
        ]
        lease_id = self.played.new_process() if way == "python" else None
        with unit_of_work() as session:
            bulk_tasks.record(session, bulk_task_id, wanted, workspace="acme", user="ann")
            if way != "recorded":
                run = self.played.new_run(BULK, bulk_task_id, lease_id=lease_id)
                bulk_tasks.own(session, bulk_task_id, run.id, lease_id)
                run.has_claimed = way == "python"
        self.look()

    @precondition(lambda self: self.runs(PARAMETERS_OF_TOP, top=True))
    @rule(data=st.data())
    def a_run_begins(self, data: st.DataObject) -> None:
        run = pick(data, self.runs(PARAMETERS_OF_TOP, top=True))
        is_old = bool(self.played.alive) and data.draw(st.booleans(), "in a process that is there")
        self.begin(run, pick(data, self.played.alive) if is_old else self.played.new_process())

    @precondition(lambda self: self.workers(OF_BULK_TASKS))
    @rule(data=st.data())
    def a_source_begins(self, data: st.DataObject) -> None:
        run = pick(data, self.workers(OF_BULK_TASKS))
        of_it = [
            one.id for one in self.rows.sources.values() if one.bulk_generate_task_id == run.row_id
        ]
        part = self.begin_source(run, pick(data, of_it))
        if part is not None and data.draw(st.booleans(), "queue at once"):
            self.queue(part)

    @precondition(lambda self: self.workers())
    @rule(data=st.data())
    def previews_are_queued(self, data: st.DataObject) -> None:
        self.queue(pick(data, self.workers()))

    @precondition(lambda self: self.rows.previews)
    @rule(data=st.data())
    def a_preview_begins(self, data: st.DataObject) -> None:
        preview = pick(data, self.rows.previews.values())
        runs = [run for run in self.workers() if run.row_id == preview.source_id]
        if runs:
            self.begin_preview(pick(data, runs), preview.id)

    @precondition(lambda self: self.makers())
    @rule(data=st.data(), half=st.sampled_from(list(HALVES)))
    def a_call_begins(self, data: st.DataObject, half: str) -> None:
        run = pick(data, self.makers_at_work() or self.makers())
        if half not in run.calls:
            self.begin_call(run, half)

    @precondition(lambda self: any(run.calls for run in self.makers()))
    @rule(data=st.data(), failure=st.sampled_from([None, None, "Overloaded"]))
    def a_call_ends(self, data: st.DataObject, failure: str | None) -> None:
        run = pick(data, [run for run in self.makers() if run.calls])
        self.end_call(run, pick(data, run.calls), failure)

    @precondition(lambda self: self.makers())
    @rule(data=st.data())
    def a_preview_is_filled(self, data: st.DataObject) -> None:
        self.fill(pick(data, self.makers()))

    @precondition(lambda self: self.makers())
    @rule(data=st.data(), ends=st.booleans())
    def a_preview_is_made(self, data: st.DataObject, ends: bool) -> None:
        """In one go, so that ends are reached often."""
        run = pick(data, self.makers_at_work() or self.makers())
        self.make(run)
        if ends:
            self.end(run, "completed")

    @precondition(lambda self: self.makers_too_late())
    @rule(
        data=st.data(), half=st.sampled_from(list(HALVES)),
        what=st.sampled_from(["begin", "keep", "keep", "fill", *ENDS]),
    )  # fmt: skip
    def a_late_writer_writes(self, data: st.DataObject, half: str, what: str) -> None:
        """To a preview that another run is making by now, or the same one in another attempt."""
        run = pick(data, self.makers_too_late())
        if what in ENDS:
            self.end(run, what)
        elif what == "fill":
            self.fill(run)
        elif what == "keep" and run.calls:
            self.end_call(run, pick(data, run.calls))
        elif half not in run.calls:
            self.begin_call(run, half)

    @precondition(lambda self: self.owners())
    @rule(data=st.data(), ends=st.booleans())
    def a_bulk_task_is_worked_through(self, data: st.DataObject, ends: bool) -> None:
        """In one go, too."""
        run = pick(data, self.owners())
        self.work_through_sources(run)
        if ends:
            self.end(run, "completed")

    @precondition(lambda self: self.played.runs)
    @rule(
        data=st.data(), how=st.sampled_from(list(ENDS)),
        where=st.sampled_from(["here", "elsewhere", "wrong run"]),
    )  # fmt: skip
    def a_run_ends(self, data: st.DataObject, how: str, where: str) -> None:
        """Its hook comes in its own process, or in another, in time, late, or once more.

        Or it is that of a run which has nothing to do with the row.
        """
        run = pick(data, self.played.runs.values())
        if where == "elsewhere":
            claims.forget_attempt(run.id)
        if where == "wrong run":
            run = PlayedRun(run.flow_name, run.row_id, parent=run.parent)
        self.end(run, how)

    @precondition(lambda self: self.rows.previews)
    @rule(data=st.data(), field=st.sampled_from(EDITS))
    def a_person_edits(self, data: st.DataObject, field: str) -> None:
        """The way `api/previews.py` does."""
        done = [one for one in self.rows.previews.values() if one.status == "done"]
        preview, value = pick(data, done or self.rows.previews.values()), uuid4().hex[:8]
        *above, name = field.split(".")
        changes: dict[str, Any] = {above[0]: {name: value}} if above else {name: value}
        try:
            with unit_of_work() as session:
                shown_previews.hold(session, preview.id)
                shown = shown_previews.filled(session, preview.id)
                edited = edit_prefill(deepcopy(shown.prefill), changes)
                shown_previews.edit(
                    session, shown, edited.prefill.model_dump(mode="json"),
                    headline_key(edited.prefill.headline), edited.fields,
                )  # fmt: skip
        except PreviewNotDone:
            assert preview.status != "done"
            self.look(untouched=True)
            return
        self.edited.setdefault(preview.id, {})[field] = value
        left = Rows().previews[preview.id]
        change = {"prefill": left.prefill, "edited_fields": left.edited_fields}
        self.look({preview.id: change})

    @precondition(lambda self: self.rows.previews)
    @rule(data=st.data(), review=st.sampled_from([*Review, None]))
    def a_person_reviews(self, data: st.DataObject, review: Review | None) -> None:
        done = [one for one in self.rows.previews.values() if one.status == "done"]
        preview = pick(data, done or self.rows.previews.values())
        try:
            with unit_of_work() as session:
                reviews.give(session, preview.id, review, user="ann")
        except PreviewNotDone:
            assert preview.status != "done"
            self.look(untouched=True)
            return
        self.look({preview.id: {"review": review}})

    @precondition(lambda self: self.played.runs)
    @rule(data=st.data())
    def a_person_cancels(self, data: st.DataObject) -> None:
        run = pick(data, self.played.runs.values())
        if not run.state.is_final():
            run.flow_run.state = Cancelled()

    @precondition(lambda self: self.rows.bulk_tasks)
    @rule(
        data=st.data(), by_rest=st.booleans(), at_once=st.booleans(),
        what=st.sampled_from([REGENERATE, REGENERATE, PREVIEW, RETRY, SOURCE]),
        parts=st.sampled_from(ANEW),
    )  # fmt: skip
    def a_person_runs_something_again(
        self, data: st.DataObject, by_rest: bool, at_once: bool, what: str, parts: tuple[str, ...]
    ) -> None:
        """Mostly what may be run again; else it is refused."""
        if what in OF_PREVIEWS and self.rows.previews:
            ended = [
                one
                for one in self.rows.previews.values()
                if not is_moving(one) and self.may_be_reopened(one, None)
            ]
            preview = pick(data, ended or self.rows.previews.values())
            self.regenerate(preview, parts if what == REGENERATE else (), by_rest, at_once)
        elif what == SOURCE:
            run = self.played.new_run(SOURCE, pick(data, self.rows.sources))
            self.begin(run, self.played.new_process())
        else:
            some = [one.id for one in self.rows.bulk_tasks.values() if not is_moving(one)]
            self.retry(pick(data, some or self.rows.bulk_tasks), by_rest)

    def retry(self, bulk_task_id: UUID, by_rest: bool) -> None:
        if not by_rest:
            run = self.played.new_run(RETRY, bulk_task_id)
            self.begin(run, self.played.new_process())
        elif self.resume(bulk_task_id, None):
            self.played.new_run(RETRY, bulk_task_id)

    def regenerate(
        self, preview: Row, parts: tuple[str, ...], by_rest: bool, at_once: bool
    ) -> None:
        """Without parts it is `generate_preview`, run by itself."""
        flow_name = REGENERATE if parts else PREVIEW
        if by_rest:
            try:
                with unit_of_work() as session:
                    reopening.reopen_preview(session, preview.id, None, None, parts)
            except NotRunAgain:
                self.look(untouched=True)
                return
            assert self.may_be_reopened(preview, None)
            self.look({preview.id: self.reopened(preview, parts)})
            self.played.new_run(flow_name, preview.id, parts=parts)
            return
        run = self.played.new_run(flow_name, preview.id, parts=parts)
        self.begin(run, self.played.new_process())
        if at_once and run.attempt is not None:
            self.make(run)
            self.end(run, "completed")

    @precondition(lambda self: self.played.alive)
    @rule(data=st.data(), is_seen=st.booleans())
    def a_process_dies_without_a_word(self, data: st.DataObject, is_seen: bool) -> None:
        """Or one that was taken for dead comes back; Prefect may see that a run is gone."""
        lease_id = pick(data, self.played.alive)
        if not self.played.alive[lease_id]:
            self.played.renew(lease_id)
            return
        self.played.lose(lease_id)
        for run in self.played.runs.values():
            if is_seen and run.lease_id == lease_id and not run.state.is_final():
                run.flow_run.state = Crashed(message="No heartbeat came.")

    @precondition(lambda self: self.rows.bulk_tasks)
    @rule(go_on=st.booleans())
    def reconcile(self, go_on: bool) -> None:
        known = set(self.played.runs)
        self.put_right()
        for run in [self.played.runs[one] for one in self.played.runs if one not in known]:
            if go_on:
                self.begin(run, self.played.new_process())

    def workers(self, names: Iterable[str] = (SOURCE,)) -> list[PlayedRun]:
        """The runs that work, or worked, on a row: those that were never refused theirs."""
        return [run for run in self.runs(names) if run.has_claimed]

    def makers_at_work(self) -> list[PlayedRun]:
        return [run for run in self.makers() if self.is_at_work(run)]

    def makers_too_late(self) -> list[PlayedRun]:
        """Those whose preview another run, or another attempt, is at work on."""
        return [
            run
            for run in self.makers()
            if self.rows.previews[run.row_id].status == "running" and not self.is_at_work(run)
        ]

    def owners(self) -> list[PlayedRun]:
        """The runs that are at work on a bulk task of their own, and are wanted."""
        return [
            run
            for run in self.workers(OF_BULK_TASKS)
            if self.rows.bulk_tasks[run.row_id].flow_run_id == run.id
            and has_its_own_run(self.rows.bulk_tasks[run.row_id])
            and not run.is_cancelled()
        ]

    def makers(self) -> list[PlayedRun]:
        """The runs that have, or had, an attempt at a preview."""
        return [run for run in self.runs(OF_PREVIEWS) if run.attempt is not None]

    # The end: nothing is left behind.

    def teardown(self) -> None:
        try:
            if self.is_right and sys.exc_info()[0] is None:
                self.come_to_rest()
        finally:
            self.undo()

    def come_to_rest(self) -> None:
        """I1: all processes are gone, and what `reconcile` leaves has ended or has its run."""
        for lease_id in self.played.alive:
            self.played.lose(lease_id)
        self.put_right_until_nothing_moves()
        for run in self.played.runs.values():
            if not run.state.is_final() and not run.state.is_scheduled():
                run.flow_run.state = Crashed(message="No heartbeat came.")
        self.put_right_until_nothing_moves()
        for row in self.rows.topmost():
            assert row.status in ("pending", "queued"), row
            if row.flow_run_id is None:
                assert not self.played.has_deployments
            else:
                assert self.played.runs[row.flow_run_id].state.is_scheduled()
        if self.played.has_deployments:
            self.work_off()

    def put_right_until_nothing_moves(self) -> None:
        for _ in range(LOST_OFTEN_ENOUGH):
            if not self.put_right():
                return
        raise AssertionError("reconcile goes on for ever")

    def work_off(self) -> None:
        """The runs that rows wait for do their work, and everything is done."""
        for row in self.rows.topmost():
            run = self.played.runs[row.flow_run_id]
            of_it = [one.id for one in self.rows.parts(row)]
            self.begin(run, self.played.new_process())
            if run.flow_name in OF_BULK_TASKS:
                self.work_through_sources(run)
            elif run.flow_name == SOURCE:
                self.work_through(run)
            else:
                self.make(run)
            self.end(run, "completed")
            assert {self.rows.previews[one].status for one in of_it} <= {"done"}
        assert not self.rows.topmost()

    def work_through_sources(self, run: PlayedRun) -> None:
        for source in list(self.rows.sources.values()):
            if source.bulk_generate_task_id == run.row_id and is_moving(source):
                part = self.begin_source(run, source.id)
                assert part is not None
                self.work_through(part)

    def work_through(self, run: PlayedRun) -> None:
        self.queue(run)
        for preview in self.rows.of_source(run.row_id):
            if is_moving(preview):
                part = self.begin_preview(run, preview.id)
                assert part is not None
                self.make(part)
                self.end(part, "completed")
        if run.parent is not None:
            self.end(run, "completed")

    def make(self, run: PlayedRun) -> None:
        for half in HALVES:
            if half in run.calls or self.begin_call(run, half):
                self.end_call(run, half)
        self.fill(run)


PARAMETERS_OF_TOP = (BULK, RETRY, SOURCE, PREVIEW, REGENERATE)


def at(prefill: dict[str, Any], path: str) -> Any:
    value: Any = prefill
    for part in path.split("."):
        value = value[part]
    return value


def pick(data: st.DataObject, found: Iterable[Any]) -> Any:
    """One of them; the newest are what shrinking leads to."""
    some = list(found)[::-1]
    return some[data.draw(st.integers(0, len(some) - 1))]


@pytest.fixture
def play(database: Engine) -> Iterator[Callable[[int, int], None]]:
    """Plays so many games of so many steps; what is written need not outlive the machine."""

    def hurry(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")

    def play_games(examples: int, steps: int) -> None:
        run_state_machine_as_test(
            AnyOrder,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                derandomize=bool(os.environ.get("CI")),
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )

    event.listen(database, "begin", hurry)
    yield play_games
    event.remove(database, "begin", hurry)


def test_rows_stay_true_whatever_happens_in_whatever_order(
    play: Callable[[int, int], None],
) -> None:
    play(15, 30)


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_rows_stay_true_in_many_more_orders(play: Callable[[int, int], None]) -> None:
    play(150, 50)
