"""What failed, in words, and whether another try may help."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    MissingResult,
    UnfinishedRun,
)
from prefect.futures import PrefectFuture
from sqlalchemy.exc import OperationalError

from catalog.clip import ClipUnavailable
from catalog.errors import CatalogError
from catalog.feeds import InvalidFeed
from creative.errors import GenerationError
from creative.media import MediaStoreFailed
from db.errors import (
    BulkTaskGivenUp,
    BulkTaskNotOwned,
    NotRunAgain,
    PreviewNotOwned,
    SourceNotOwned,
    UnknownRecord,
)
from tasks.pacing import GenerationLimitUnreachable, GenerationLimitUnusable


class RunFailed(Exception):
    """A run of the project ended without what it was for; the message is a sentence."""


class PreviewFailed(RunFailed):
    """A preview lacks one of its halves, or both."""


class NothingGenerated(RunFailed):
    """None of the previews of a source, or of a whole bulk task, could be made.

    `record_id` is the source's id or the bulk task's.
    """

    def __init__(self, record_id: UUID, message: str) -> None:
        self.record_id = record_id
        super().__init__(message)

    def __reduce__(self) -> tuple[type["NothingGenerated"], tuple[UUID, str]]:
        return type(self), (self.record_id, str(self))


class PartsNotStarted(RunFailed):
    """Some of a run's parts never began."""


class SourceTakenOver(RunFailed):
    """A source has ended, or belongs to another run, while this one was still at it."""


class RunCancelled(RunFailed):
    """A run was cancelled while this was about to be done for it."""

    def __init__(self) -> None:
        super().__init__("The run was cancelled; it can be run again.")

    def __reduce__(self) -> tuple[type["RunCancelled"], tuple[()]]:
        return type(self), ()


class HalfNotKept(RunFailed):
    """One half of a preview was made, and the database stayed away for too long to keep it."""

    def __init__(self, half: str) -> None:
        self.half = half
        super().__init__(
            f"The {half} was made and could not be kept, because the database could not be reached "
            "for ten minutes."
        )

    def __reduce__(self) -> tuple[type["HalfNotKept"], tuple[str]]:
        return type(self), (self.half,)


_TOLD_AS_THEY_ARE = (
    InvalidFeed,
    CatalogError, GenerationError, ClipUnavailable, MediaStoreFailed, PreviewNotOwned,
    SourceNotOwned, UnknownRecord, NotRunAgain, BulkTaskGivenUp, BulkTaskNotOwned,
    GenerationLimitUnusable, GenerationLimitUnreachable,
    RunFailed,
)  # fmt: skip


def explain(error: BaseException) -> str:
    """A failure as a sentence for a row: the project's own as they are, others with their class."""
    if isinstance(error, _TOLD_AS_THEY_ARE):
        return str(error)
    if isinstance(error, OperationalError):
        return "The database could not be reached."
    if isinstance(error, TimeoutError):
        return "It took too long and was stopped."
    return f"An unexpected error came up ({type(error).__name__}): {error}"


def outcome_of(end: PrefectFuture[Any] | State[Any]) -> Any:
    """What a run that has ended gave: its value, or the exception that ended it.

    None for a run that ended well and whose value nobody has any more: where Prefect's server did
    not get its answer through in time, it is told of the end once more, and answers with the state
    that it keeps, which has no values.
    """
    try:
        outcome = end.result(raise_on_failure=False)
    except MissingResult:
        state = end if isinstance(end, State) else end.state
        return None if state.is_completed() else RunFailed(state.message or "The run failed.")
    if isinstance(outcome, UnfinishedRun | CrashedRun | FailedRun | CancelledRun):
        return RunFailed(str(outcome))
    return outcome


def problems_of(ends: Iterable[PrefectFuture[Any] | State[Any]]) -> list[str]:
    """Why those that failed did, each reason once, in order."""
    outcomes = map(outcome_of, ends)
    return list(
        dict.fromkeys(explain(outcome) for outcome in outcomes if isinstance(outcome, Exception))
    )


def may_pass(task: Task[..., object], task_run: TaskRun, state: State[object]) -> bool:
    """Prefect's question after a failure: whether trying again may help.

    A generator has tried again by itself, as often as is worth while.
    """
    return isinstance(outcome_of(state), OperationalError | ConnectionError)
