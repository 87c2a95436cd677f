"""How runs start runs inside of them."""

import threading
import time
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect import Flow, flow, runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    get_current_settings,
    temporary_settings,
)
from prefect.states import Completed

from flows.heartbeats import without_heartbeats
from flows.subflows import NoRunAtHand, map_subflow, run_subflow

pytestmark = pytest.mark.usefixtures("prefect_server")


@flow(name="inner", flow_run_name="inner of {number}")
def inner(number: int, wanted: UUID) -> UUID:
    if number < 0:
        raise ValueError(f"{number} is below zero.")
    return wanted


@flow(name="outer")
def outer(numbers: list[int], wanted: list[UUID], ends: dict[int, State[UUID]]) -> None:
    def start(index: int) -> State[UUID]:
        number = numbers[index]
        ends[index] = run_subflow(inner, f"number {number}", number=number, wanted=wanted[index])
        return ends[index]

    map_subflow(start, range(len(numbers)), at_once=2)


def run_outer(numbers: list[int]) -> tuple[State[None], list[State[UUID]], list[UUID]]:
    """The state of the outer run, those of the inner ones, and what these were to return."""
    ends: dict[int, State[UUID]] = {}
    wanted = [uuid4() for _ in numbers]
    state = outer.with_options(validate_parameters=False)(numbers, wanted, ends, return_state=True)
    return state, [ends[index] for index in range(len(numbers))], wanted


def test_a_subflow_is_shown_within_its_parent_and_ends_with_its_placeholder() -> None:
    state, ends, wanted = run_outer([1, 2, 3])
    assert [end.result() for end in ends] == wanted
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(
                {"parent_flow_run_id": {"any_": [state.state_details.flow_run_id]}}
            )
        )
        assert {run.name for run in runs} == {"number 1", "number 2", "number 3"}
        for run in runs:
            assert run.state_type == StateType.COMPLETED
            assert client.read_task_run(run.parent_task_run_id).state_type == run.state_type


def test_a_subflow_costs_three_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    run_outer([1])
    sent: list[str] = []
    original = httpx.HTTPTransport.handle_request

    def noted(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.method} {request.url.path.split('/')[2]}")
        return original(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", noted)
    run_outer([])
    alone = Counter(sent)
    sent.clear()
    run_outer([1, 2])
    assert Counter(sent) - alone == {"POST task_runs": 2, "POST flow_runs": 4}


def test_a_subflow_is_at_work_in_prefect_and_its_hook_has_run_when_it_begins() -> None:
    seen: list[tuple[str, FlowRun, TaskRun]] = []
    hooked: list[str] = []

    def note(flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
        hooked.append(f"{flow_run.name} {state.name}")

    @flow(name="looks-at-itself", on_running=[note], on_completion=[note])
    def looks_at_itself() -> None:
        with get_client(sync_client=True) as client:
            run = client.read_flow_run(UUID(runtime.flow_run.id))
            assert run.parent_task_run_id
            seen.append((*hooked, run, client.read_task_run(run.parent_task_run_id)))

    @flow(name="has-one-that-looks")
    def has_one_that_looks() -> None:
        run_subflow(looks_at_itself, "one")

    has_one_that_looks()
    [(begun, run, placeholder)] = seen
    assert begun == "one Running"
    assert run.state_type == placeholder.state_type == StateType.RUNNING
    assert run.start_time
    assert hooked == ["one Running", "one Completed"]


def test_a_subflow_that_fails_gives_its_reason() -> None:
    _, ends, wanted = run_outer([-1, 1])
    with pytest.raises(ValueError, match="-1 is below zero"):
        ends[0].result()
    assert ends[1].result() == wanted[1]


def test_a_flow_is_registered_once_and_again_when_it_was_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registered: list[str] = []
    create = SyncPrefectClient.create_flow

    def counted(client: SyncPrefectClient, flow: Flow[..., Any]) -> UUID:
        registered.append(flow.name)
        return create(client, flow)

    run_outer([1])
    monkeypatch.setattr(SyncPrefectClient, "create_flow", counted)
    run_outer([1, 2])
    assert registered == []
    with get_client(sync_client=True) as client:
        found = client.read_flows(flow_filter=FlowFilter(name=FlowFilterName(any_=[inner.name])))
        client.request("DELETE", f"/flows/{found[0].id}")
    _, ends, wanted = run_outer([3])
    assert ends[0].result() == wanted[0]
    assert registered == [inner.name]


def test_outside_of_a_run_there_is_no_subflow() -> None:
    with pytest.raises(NoRunAtHand, match="inner"):
        run_subflow(inner, "alone", number=1, wanted=uuid4())


def test_the_flow_itself_keeps_its_name_and_its_checks() -> None:
    run_outer([1])
    assert isinstance(inner, Flow)
    assert inner.flow_run_name
    assert inner.should_validate_parameters


def test_items_are_begun_in_order_and_so_many_at_once() -> None:
    begun: list[int] = []
    at_once, most = 0, 0
    lock = threading.Lock()

    def start(number: int) -> State[int]:
        nonlocal at_once, most
        with lock:
            begun.append(number)
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.01)
        with lock:
            at_once -= 1
        if number == 7:
            raise OSError("seven")
        return Completed(data=number)

    ends = map_subflow(start, range(20), at_once=3)
    assert most == 3
    assert begun == sorted(begun)
    assert [end.is_completed() for end in ends] == [number != 7 for number in range(20)]
    assert isinstance(ends[7].result(raise_on_failure=False), OSError)


def test_what_is_started_without_heartbeats_sends_none() -> None:
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}), without_heartbeats():
        assert get_current_settings().flows.heartbeat_frequency is None
        seen: list[object] = []
        map_subflow(
            lambda _: seen.append(get_current_settings().flows.heartbeat_frequency) or Completed(),
            [1],
            at_once=1,
        )
    assert seen == [None]
