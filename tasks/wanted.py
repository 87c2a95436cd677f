"""Whether what a run is about to do is still wanted: nobody has cancelled it meanwhile."""

import threading
import time
from collections.abc import Iterable
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import StateType
from prefect.logging import get_logger

from tasks.failures import RunCancelled

_LOGGER = get_logger("wanted")
_CANCELLED = (StateType.CANCELLING, StateType.CANCELLED)
_BELIEVED_SECONDS = 2


class _Cancellations:
    """What Prefect said lately of runs; each is asked about once in a while, by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[UUID, tuple[float, bool]] = {}

    def among(self, run_ids: Iterable[UUID]) -> bool:
        """Whether one of the runs was cancelled; what cannot be asked was not."""
        run_ids = list(run_ids)
        with self._lock:
            now = time.monotonic()
            self._known = {
                run_id: known
                for run_id, known in self._known.items()
                if now - known[0] < _BELIEVED_SECONDS
            }
            unknown = [run_id for run_id in run_ids if run_id not in self._known]
            if unknown:
                cancelled = _cancelled_of(unknown)
                self._known |= {run_id: (now, run_id in cancelled) for run_id in unknown}
            return any(self._known[run_id][1] for run_id in run_ids)


def _cancelled_of(run_ids: list[UUID]) -> set[UUID]:
    try:
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=run_ids))
            )
    except httpx.HTTPError as error:
        _LOGGER.warning("Whether the run was cancelled could not be asked: %s", error)
        return set()
    return {run.id for run in runs if run.state_type in _CANCELLED}


_CANCELLATIONS = _Cancellations()


def check_not_cancelled(run_ids: Iterable[UUID]) -> None:
    """See to it that none of the runs was cancelled in Prefect, as of two seconds ago.

    Raises:
        RunCancelled: one of them was.
    """
    if _CANCELLATIONS.among(run_ids):
        raise RunCancelled
