"""Runs and processes that are only played: what Prefect says of them, and whose lease is whose."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Crashed, Running, Scheduled

from creative.calls import ModelCall
from db import leases
from db.halves import PreviewAttempt
from db.session import unit_of_work
from tasks import previews as task_previews
from tasks.calls import PreviewCalls
from tasks.failures import RunCancelled
from tests.creative.edit_samples import STORED

# The package gives the flow of this name, and not the module.
RECONCILE = import_module("flows.reconcile")
LONG = 3600.0
ADDRESSES = ("original_background_url", "generated_background_url")
BULK, SOURCE, PREVIEW = "bulk-generate", "process-url", "generate-preview"
RETRY, REGENERATE = "retry-failed", "regenerate"
PARAMETERS = {
    BULK: "bulk_task_id", RETRY: "bulk_task_id", SOURCE: "source_id", PREVIEW: "preview_id",
    REGENERATE: "preview_id",
}  # fmt: skip


@dataclass(eq=False)
class PlayedRun:
    """A run of a flow about a row; a part of another where it has a parent."""

    flow_name: str
    row_id: UUID
    parent: "PlayedRun | None" = None
    lease_id: UUID | None = None
    parts: tuple[str, ...] = ()
    attempt: PreviewAttempt | None = None
    has_claimed: bool = False
    calls: dict[str, tuple[PreviewAttempt, PreviewCalls]] = field(default_factory=dict)
    flow_run: FlowRun = field(init=False)

    def __post_init__(self) -> None:
        self.flow_run = FlowRun(
            id=uuid4(),
            flow_id=uuid4(),
            parameters={PARAMETERS[self.flow_name]: str(self.row_id)},
            parent_task_run_id=None if self.parent is None else uuid4(),
            state=Scheduled() if self.lease_id is None else Running(),
        )

    @property
    def id(self) -> UUID:
        return self.flow_run.id

    @property
    def state(self) -> State[Any]:
        assert self.flow_run.state is not None
        return self.flow_run.state

    def is_cancelled(self) -> bool:
        return self.state.is_cancelled() or (self.parent is not None and self.parent.is_cancelled())

    def __repr__(self) -> str:
        return f"{self.flow_name} {str(self.id)[:4]} about {str(self.row_id)[:4]}"


class Played:
    """Prefect and the processes, as the product sees them; stands in for `flows.runs.Runs`."""

    def __init__(self) -> None:
        self.runs: dict[UUID, PlayedRun] = {}
        self.started: dict[str, PlayedRun] = {}
        self.closed: list[PlayedRun] = []
        self.paid: Counter[tuple[UUID, int, str]] = Counter()
        self.alive: dict[UUID, bool] = {}
        self.has_deployments = True
        self.now: PlayedRun | None = None

    def new_process(self) -> UUID:
        lease_id = uuid4()
        self.renew(lease_id)
        return lease_id

    def renew(self, lease_id: UUID) -> None:
        with unit_of_work() as session:
            leases.renew(session, lease_id, LONG)
        self.alive[lease_id] = True

    def lose(self, lease_id: UUID) -> None:
        """Its lease has run out, also where Postgres has only just begun."""
        with unit_of_work() as session:
            leases.renew(session, lease_id, -1)
        self.alive[lease_id] = False

    def new_run(self, *arguments: Any, **named: Any) -> PlayedRun:
        run = PlayedRun(*arguments, **named)
        self.runs[run.id] = run
        return run

    def begin(self, run: PlayedRun, lease_id: UUID) -> None:
        run.lease_id = lease_id
        if not run.state.is_final():
            run.flow_run.state = Running()

    def check_not_cancelled(self, run_ids: Iterable[UUID]) -> None:
        if any(run_id in self.runs and self.runs[run_id].is_cancelled() for run_id in run_ids):
            raise RunCancelled

    @contextmanager
    def within(self, run: PlayedRun) -> Iterator[None]:
        """What is done meanwhile is done by the run, in its process."""
        self.now = run
        yield
        self.now = None

    def known(self, run_ids: Iterable[UUID]) -> dict[UUID, FlowRun]:
        return {one: self.runs[one].flow_run for one in run_ids if one in self.runs}

    def can_start(self, name: str) -> bool:
        return self.has_deployments

    def start(self, name: str, parameters: dict[str, Any], idempotency_key: str) -> UUID:
        if idempotency_key not in self.started:
            (row_id,) = parameters.values()
            self.started[idempotency_key] = self.new_run(name, UUID(row_id))
        return self.started[idempotency_key].id

    def moving(self, flow_name: str, age: timedelta) -> Iterator[list[FlowRun]]:
        yield [
            run.flow_run
            for run in self.runs.values()
            if run.flow_name == flow_name
            and not run.state.is_final()
            and not run.state.is_scheduled()
        ]

    def close(self, run_id: UUID, reason: str) -> None:
        self.runs[run_id].flow_run.state = Crashed(message=reason)
        self.closed.append(self.runs[run_id])

    def begin_call(self, run: PlayedRun, half: str) -> bool:
        """What a half does before its call; False where it exists already."""
        assert run.attempt is not None
        made = task_previews.halves_made(run.attempt)
        if made.background_url if half == "background" else made.draft:
            return False
        calls = PreviewCalls(run.attempt, half)  # type: ignore[arg-type]
        calls.allow()
        self.paid[run.attempt.preview_id, run.attempt.attempt, half] += 1
        run.calls[half] = run.attempt, calls
        return True

    def end_call(self, run: PlayedRun, half: str, failure: str | None) -> None:
        """The answer has come, and is kept where it may be."""
        attempt, made_calls = run.calls.pop(half)
        key = f"{attempt.preview_id}-{attempt.attempt}-{uuid4().hex[:8]}"
        draft = {name: value for name, value in STORED.items() if name not in ADDRESSES}
        made: dict[str, Any] = (
            {"background_url": f"file:///{key}.jpg"}
            if half == "background"
            else {"draft": {**draft, "headline": f"Words {key[-8:]}", "alternatives": []}}
        )
        with made_calls as calls:
            calls.record(ModelCall("played", 1.0, failure=failure))
            if failure is not None:  # its half may be asked for once more
                self.paid[attempt.preview_id, attempt.attempt, half] -= 1
            else:
                calls.keep(**made)


class _AnyStore:
    """Pictures that need not be there."""

    def __init__(self, *arguments: Any) -> None: ...

    def load(self, url: str) -> None: ...


def put_on(played: Played) -> Callable[[], None]:
    """Have the product see the played world until what comes back is called."""

    @contextmanager
    def prefect_runs() -> Iterator[Played]:
        yield played

    def lease_of_process() -> UUID | None:
        return played.now and played.now.lease_id

    def flow_run() -> FlowRun:
        assert played.now is not None
        return played.now.flow_run

    stack = ExitStack()
    instead = {
        "flows.hooks.lease_of_process": lease_of_process,
        "tasks.claims.lease_of_process": lease_of_process,
        "tasks.claims._flow_run": flow_run,
        "tasks.claims.wait_for_generation_slot": lambda check: check(),
        "tasks.claims.check_not_cancelled": played.check_not_cancelled,
        "tasks.calls.check_not_cancelled": played.check_not_cancelled,
        "tasks.taking_over.check_not_cancelled": played.check_not_cancelled,
        "tasks.previews.make_readable": lambda draft, background: draft,
        "tasks.previews.MediaStore": _AnyStore,
    }
    for name, value in instead.items():
        stack.enter_context(patch(name, value))
    for name, value in {
        "GRACE": timedelta(0), "UNSTARTED_AFTER": timedelta(0), "prefect_runs": prefect_runs,
        "sweep_media": lambda: 0,
    }.items():  # fmt: skip
        stack.enter_context(patch.object(RECONCILE, name, value))
    return stack.close
