"""What failed of a bulk task, or was left behind by a process that died, made in place."""

from functools import partial
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.bulk_generate import answer, work_through
from flows.hooks import settle_bulk_task
from flows.parameters import RecordId
from flows.task_runners import check_source_runner, source_runner
from tasks.bulk_tasks import resume_bulk_task
from tasks.claims import row_has_waited
from tasks.limits import ensure_generation_limit


class RetryFailed(Flow[..., Any]):
    """A flow that answers from the records."""

    def __call__(self, *args: Any, return_state: bool = False, **kwargs: Any) -> Any:
        """Run it; returns a `BulkGenerateResult`, or the run's state when asked for it."""
        state: State[Any] = super().__call__(*args, return_state=True, **kwargs)  # type: ignore[assignment]
        return (
            state
            if return_state
            else answer(state, next(iter(args), None) or kwargs["bulk_task_id"])
        )


@partial(
    RetryFailed,
    name="retry-failed",
    flow_run_name="bulk task {bulk_task_id} again",
    task_runner=source_runner(),
    on_completion=[settle_bulk_task],
    on_failure=[settle_bulk_task],
    on_cancellation=[settle_bulk_task],
    on_crashed=[settle_bulk_task],
)
def retry_failed(bulk_task_id: RecordId) -> UUID:
    """Make what is missing of a bulk task: what failed, and what a dead process left behind.

    Each preview that is not done is made again in its place, as a new attempt; a half of it that
    exists is not made, or paid for, once more. What is done stays, and what a person edited.

    Args:
        bulk_task_id: the bulk task, by the id that stands in the name of its run and in the API's
            list of batches.

    Raises:
        NothingGenerated: not a single preview is done in the end.
        UnknownRecord, NotRunAgain: there is no such bulk task, nothing of it is missing, or another
            run is at work on it.
        BulkTaskGivenUp: it was ended before this run began.
    """
    check_source_runner()
    ensure_generation_limit()
    again = resume_bulk_task(
        bulk_task_id, run_id=UUID(flow_run.id), waited=row_has_waited(bulk_task_id)
    )
    work_through(bulk_task_id, again)
    return bulk_task_id
