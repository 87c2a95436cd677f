"""The runs that Prefect has of the project's flows: looked up, started from outside, closed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterName,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

_RUNS_PER_CALL = 200
_MOVING = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


class Runs:
    """What a Prefect server knows of runs; each deployment is looked up once."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self._client = client
        self._deployments: dict[str, UUID | None] = {}

    def known(self, run_ids: Iterable[UUID]) -> dict[UUID, FlowRun]:
        """Those of the runs that the server knows, by their id."""
        wanted = sorted(run_ids)
        known: dict[UUID, FlowRun] = {}
        for first in range(0, len(wanted), _RUNS_PER_CALL):
            asked = FlowRunFilterId(any_=wanted[first : first + _RUNS_PER_CALL])
            found = self._client.read_flow_runs(
                flow_run_filter=FlowRunFilter(id=asked), limit=_RUNS_PER_CALL
            )
            known |= {run.id: run for run in found}
        return known

    def can_start(self, name: str) -> bool:
        """Whether there is a deployment of this name; a flow and its deployment have one name."""
        return self._deployment(name) is not None

    def start(self, name: str, parameters: dict[str, Any], idempotency_key: str) -> UUID:
        """Start a run of a deployment, one however often it is asked for; returns its id."""
        deployment_id = self._deployment(name)
        if deployment_id is None:
            raise ObjectNotFound(f"There is no deployment {name!r}: run `make deploy`.")
        return self._client.create_flow_run_from_deployment(
            deployment_id, parameters=parameters, idempotency_key=idempotency_key
        ).id

    def moving(self, flow_name: str, age: timedelta) -> Iterator[list[FlowRun]]:
        """The runs of a flow that have not ended and are older than `age`, some at a time."""
        after = FlowRunFilterExpectedStartTime(before_=datetime.now(UTC) - age)
        wanted = FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_MOVING)),
            expected_start_time=after,
        )
        # Read whole first: those that are closed meanwhile are no part of the list any more.
        found: list[FlowRun] = []
        while True:
            page = self._client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
                flow_run_filter=wanted, limit=_RUNS_PER_CALL, offset=len(found),
                sort=FlowRunSort.ID_DESC,
            )  # fmt: skip
            found += page
            if len(page) < _RUNS_PER_CALL:
                break
        for first in range(0, len(found), _RUNS_PER_CALL):
            yield found[first : first + _RUNS_PER_CALL]

    def has_completed(self, run_id: UUID, task_name: str) -> bool:
        """Whether a task of this name has ended well within a run."""
        found = self._client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])),
            task_run_filter=TaskRunFilter(
                name=TaskRunFilterName(like_=task_name),
                state=TaskRunFilterState(type=TaskRunFilterStateType(any_=[StateType.COMPLETED])),
            ),
            limit=1,
        )
        return bool(found)

    def close(self, run_id: UUID, reason: str) -> None:
        """End a run that nobody works on any more, as crashed."""
        self._client.set_flow_run_state(run_id, Crashed(message=reason), force=True)

    def _deployment(self, name: str) -> UUID | None:
        if name not in self._deployments:
            try:
                found = self._client.read_deployment_by_name(f"{name}/{name}")
                self._deployments[name] = found.id
            except ObjectNotFound:
                self._deployments[name] = None
        return self._deployments[name]


@contextmanager
def prefect_runs() -> Iterator[Runs]:
    """The runs of the Prefect server in use."""
    with get_client(sync_client=True) as client:
        yield Runs(client)
