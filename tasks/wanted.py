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
_AT_WORK_SECONDS = 10  # a run that nobody has asked about for so long has ended or waits


class _Cancellations:
    """What Prefect said lately of runs: one request, by one thread, asks about all at work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted_at: dict[UUID, float] = {}
        self._cancelled: dict[UUID, bool] = {}
        self._asked_at = -float("inf")
        self._stopped: set[UUID] = set()

    def stop(self, run_id: UUID) -> None:
        """From now on a run counts as cancelled, whatever Prefect says."""
        self._stopped.add(run_id)

    def among(self, run_ids: Iterable[UUID]) -> bool:
        """Whether one of the runs was cancelled; what cannot be asked was not."""
        run_ids = list(run_ids)
        if not self._stopped.isdisjoint(run_ids):
            return True
        with self._lock:
            now = time.monotonic()
            self._wanted_at |= dict.fromkeys(run_ids, now)
            is_old = now - self._asked_at >= _BELIEVED_SECONDS
            if is_old or not self._cancelled.keys() >= set(run_ids):
                self._ask(now)
            return any(self._cancelled[run_id] for run_id in run_ids)

    def _ask(self, now: float) -> None:
        self._wanted_at = {
            run_id: at for run_id, at in self._wanted_at.items() if now - at <= _AT_WORK_SECONDS
        }
        cancelled = _cancelled_of(list(self._wanted_at))
        self._cancelled = {run_id: run_id in cancelled for run_id in self._wanted_at}
        self._asked_at = now


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


def stop_parts_of(run_id: UUID) -> None:
    """Have what a run of this process has begun stop before its next call, for the run is over."""
    _CANCELLATIONS.stop(run_id)


def check_not_cancelled(run_ids: Iterable[UUID]) -> None:
    """See to it that none of the runs was cancelled in Prefect, as of two seconds ago.

    Raises:
        RunCancelled: one of them was.
    """
    if _CANCELLATIONS.among(run_ids):
        raise RunCancelled
