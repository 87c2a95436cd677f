"""What the API asks for when a bulk task that was recorded is to get its run."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


class RunNotStarted(Exception):
    """No run could be started; the message says why, and what to do."""


@dataclass(frozen=True)
class Order:
    """A recorded bulk task, as `bulk_generate` takes it.

    `sources` names each by its address and number alone: all else of them is in the records.
    """

    bulk_task_id: UUID
    sources: list[dict[str, Any]]
    workspace: str
    user: str
    refresh: bool

    def as_parameters(self) -> dict[str, Any]:
        """The parameters of the run, as JSON has them."""
        return {
            "sources": self.sources,
            "workspace": self.workspace,
            "user": self.user,
            "refresh": self.refresh,
            "bulk_task_id": str(self.bulk_task_id),
        }


class Launcher(Protocol):
    """What starts runs."""

    def start(self, order: Order) -> UUID:
        """Start the run of a bulk task, once however often it is asked for; returns its id.

        Raises:
            RunNotStarted: it could not be started.
        """

    def check(self) -> None:
        """Raise `RunNotStarted` when no run could be started at the moment."""

    def close(self) -> None:
        """Let go of what was started for the purpose."""
