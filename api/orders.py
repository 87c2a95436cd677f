"""What the API asks for when a row that was recorded, or reopened, is to get its run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from db.models import CTABulkGenerateTask
from db.waiting import WaitingRecord, run_key


class RunNotStarted(Exception):
    """No run could be started; the message says why, and what to do."""


@dataclass(frozen=True)
class Order:
    """A run of a flow, for a row that waits for it.

    `flow` is the name of the flow and of its deployment; `parameters` are as JSON has them. Orders
    with one `key` are for one and the same run. `earlier_run_id` is the run that worked on the row
    last.
    """

    flow: str
    parameters: dict[str, Any]
    key: str
    record: WaitingRecord
    row_id: UUID
    workspace: str
    earlier_run_id: UUID | None = None


def first_run(
    bulk_task_id: UUID, sources: list[dict[str, Any]], *, workspace: str, user: str, refresh: bool
) -> Order:
    """The run that makes a bulk task for the first time.

    `sources` names each by its address and number alone: all else of them is in the records.
    """
    parameters = {
        "sources": sources,
        "workspace": workspace,
        "user": user,
        "refresh": refresh,
        "bulk_task_id": str(bulk_task_id),
    }
    return Order(
        "bulk-generate", parameters, str(bulk_task_id), CTABulkGenerateTask, bulk_task_id, workspace
    )


def run_again(
    record: WaitingRecord,
    row_id: UUID,
    since: datetime,
    workspace: str,
    earlier_run_id: UUID | None = None,
) -> Order:
    """The run that makes what is missing of a row, the one that `reconcile` would start as well.

    Args:
        record: what kind of row it is.
        row_id: the row, which waits for the run.
        since: when it was queued.
        workspace: whose it is.
        earlier_run_id: the run that worked on it last.
    """
    flow, parameter = (
        ("retry-failed", "bulk_task_id")
        if record is CTABulkGenerateTask
        else ("generate-preview", "preview_id")
    )
    key = run_key(flow, row_id, since)
    return Order(flow, {parameter: str(row_id)}, key, record, row_id, workspace, earlier_run_id)


class Launcher(Protocol):
    """What starts runs."""

    def start(self, order: Order) -> UUID:
        """Start the run of an order, once for each key; returns its id.

        Raises:
            RunNotStarted: it could not be started.
        """

    def check(self) -> None:
        """Raise `RunNotStarted` when no run could be started at the moment."""

    def per_minute(self) -> int:
        """How many generations may start in a minute; the settings' number where nobody says."""

    def close(self) -> None:
        """Let go of what was started for the purpose."""
