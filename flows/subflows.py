"""How a run starts another inside of it, with as few requests to Prefect as that takes."""

import contextvars
import copy
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from prefect import Flow, Task
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import FlowRunCreate
from prefect.client.schemas.objects import FlowRun, FlowRunPolicy, State
from prefect.context import FlowRunContext
from prefect.flow_engine import FlowRunEngine
from prefect.states import Failed, Running, to_state_create

from tasks.wanted import stop_parts_of

Item = TypeVar("Item")
_FLOW_IDS: dict[tuple[str, str], UUID] = {}


class NoRunAtHand(RuntimeError):
    """A subflow was asked for outside of a run."""


def run_subflow(flow: Flow[..., Any], run_name: str, **parameters: Any) -> State[Any]:
    """Run a flow as a subflow of the run at hand, to its end; returns its state.

    Args:
        flow: the flow, a synchronous one.
        run_name: what the run is called.
        parameters: the flow's parameters, of the types that it declares.

    Raises:
        NoRunAtHand: there is no parent run.
    """
    parent = FlowRunContext.get()
    if parent is None or parent.flow_run is None:
        raise NoRunAtHand(f"{flow.name!r} was to run as a subflow, and no run is at hand.")
    engine = SubflowEngine(_named_and_checked(flow), parameters)
    engine.run_name = run_name
    engine.parent_id = parent.flow_run.id
    with engine.start():
        while engine.is_running():
            with engine.run_context():
                engine.call_flow_fn()
    return engine.state


class SubflowEngine(FlowRunEngine[..., Any]):
    """Prefect's engine, less the requests that change nothing for a run which nobody else knows.

    Prefect's own asks for an earlier run of the subflow, which a call within a task never has,
    names the run in a request of its own, registers the flow anew for each run, makes it pending
    before it is running, and reads it back then.
    """

    run_name: str
    parent_id: UUID

    def create_flow_run(self, client: SyncPrefectClient) -> FlowRun:
        """Create the run, and the placeholder by which the UI shows it within its parent."""
        placeholder = client.create_task_run(
            _placeholder(self.flow), self.parent_id, dynamic_key=uuid4().hex, name=self.run_name
        )
        parameters = self.parameters or {}
        serialized = self.flow.serialize_parameters(parameters)
        flow_run = _create_run(client, self.flow, self.run_name, serialized, placeholder.id)
        flow_run.parameters = parameters
        return flow_run

    def begin_run(self) -> State[Any]:
        """Go on as Prefect's own does when the server has agreed to the run's being `Running`."""
        self._telemetry.update_state(self.state)
        self.call_hooks(self.state)
        return self.state

    @contextmanager
    def setup_run_context(self, client: SyncPrefectClient | None = None) -> Iterator[None]:
        """Enter the context of the run as it was created, in the state that it was given since."""
        own = copy.copy(client or self.client)
        own.read_flow_run = lambda flow_run_id: self.flow_run  # type: ignore[assignment, method-assign, return-value]
        context = super().setup_run_context(own)
        with context:
            del own.read_flow_run
            yield


def _create_run(
    client: SyncPrefectClient,
    flow: Flow[..., Any],
    name: str,
    parameters: dict[str, Any],
    placeholder_id: UUID,
) -> FlowRun:
    """Create a run, at work already, of a flow that is registered once a process.

    It is registered anew when that is lost.
    """
    server = (str(client.api_url), flow.name)
    known = _FLOW_IDS.get(server)
    flow_id = _FLOW_IDS[server] = known or client.create_flow(flow)
    wanted = FlowRunCreate(
        flow_id=flow_id,
        flow_version=flow.version,
        name=name,
        parameters=parameters,
        parent_task_run_id=placeholder_id,
        state=to_state_create(Running()),
        empirical_policy=FlowRunPolicy(
            retries=flow.retries, retry_delay=int(flow.retry_delay_seconds or 0)
        ),
    )
    try:
        answer = client.request(
            "POST", "/flow_runs/", json=wanted.model_dump(mode="json", exclude_unset=True)
        )
    except httpx.HTTPStatusError:
        _FLOW_IDS.pop(server, None)
        if known:  # it may have been deleted since
            return _create_run(client, flow, name, parameters, placeholder_id)
        raise
    return FlowRun.model_validate(answer.json())


def map_subflow(
    start: Callable[[Item], State[Any]], items: Iterable[Item], at_once: int
) -> list[State[Any]]:
    """Run a subflow for each item, begun in their order and several at a time.

    Plain threads: the placeholder of each subflow shows it in the UI, and a task around it would
    say the same once more.

    Args:
        start: runs the subflow for one item, in a thread that knows the run at hand.
        items: what it is run for.
        at_once: how many threads there are.

    Returns their states in the order of the items; where `start` raised, a failed one that says so.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="subflow") as pool, stopping_its_parts():
        begun = [pool.submit(contextvars.copy_context().run, start, item) for item in items]
        wait(begun)
    return [_outcome(one) for one in begun]


@contextmanager
def stopping_its_parts() -> Iterator[None]:
    """When the run at hand is interrupted within, have its parts stop before their next call.

    They run in threads, which nothing interrupts, and which are waited for.
    """
    try:
        yield
    except BaseException as interrupted:
        run = FlowRunContext.get()
        if not isinstance(interrupted, Exception) and run is not None and run.flow_run is not None:
            stop_parts_of(run.flow_run.id)
        raise


def _outcome(ended: Future[State[Any]]) -> State[Any]:
    error = ended.exception()
    if isinstance(error, Exception):
        return Failed(message=str(error), data=error)
    return ended.result()


@lru_cache
def _placeholder(flow: Flow[..., Any]) -> Task[..., Any]:
    return Task(name=flow.name, fn=flow.fn, version=flow.version)


@lru_cache
def _named_and_checked(flow: Flow[..., Any]) -> Flow[..., Any]:
    """The same flow for a run that has its name, and parameters of the right types."""
    ready = copy.copy(flow)
    ready.flow_run_name = None
    ready.should_validate_parameters = False
    return ready
