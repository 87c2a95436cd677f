"""One request, whole: product addresses in, previews out."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from prefect import Flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.runtime import flow_run
from pydantic import Field

from catalog.product import CheckedSources, check_sources
from flows.heartbeats import without_heartbeats
from flows.hooks import mark_bulk_task_running, settle_bulk_task
from flows.process_url import process_url
from flows.subflows import run_subflow, stopping_its_parts
from flows.task_runners import check_source_runner, source_runner
from tasks.bulk_tasks import (
    BulkGenerateResult,
    SourceReference,
    bulk_generate_result,
    check_bulk_task,
    record_bulk_task,
)
from tasks.failures import NothingGenerated, outcome_of, problems_of
from tasks.limits import ensure_generation_limit
from tasks.progress import shown_progress
from tasks.taking_over import take_over_source

Sources = Annotated[
    CheckedSources, Field(min_length=1, description="The product pages, and how many of each.")
]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class BulkGenerate(Flow[..., Any]):
    """A flow that checks its sources before a run exists, and answers from the records."""

    def __call__(
        self, sources: object = (), *args: Any, return_state: bool = False, **kwargs: Any
    ) -> Any:
        """Run the bulk task; returns a `BulkGenerateResult`, or the run's state when asked for it.

        Raises:
            InvalidSources: an item of the sources is wrong; nothing was recorded or started.
            DaskUnusable: nobody would work on them; nothing was recorded or started.
        """
        checked = check_sources(sources)
        check_source_runner()
        state: State[Any] = super().__call__(checked, *args, return_state=True, **kwargs)  # type: ignore[assignment]
        return state if return_state else answer(state, kwargs.get("bulk_task_id"))


def answer(state: State[Any], bulk_task_id: UUID | None = None) -> BulkGenerateResult:
    """What the records say of the bulk task of a run that has ended.

    Args:
        state: of the run.
        bulk_task_id: the one that the run was given, if it was.

    Raises whatever the run did, unless it was that nothing could be made.
    """
    outcome = outcome_of(state)
    if isinstance(outcome, NothingGenerated):
        return bulk_generate_result(outcome.record_id)
    if isinstance(outcome, BaseException):
        raise outcome
    recorded = outcome or bulk_task_id or state.state_details.flow_run_id
    return bulk_generate_result(UUID(str(recorded)))


def run_name() -> str:
    """Says which bulk task the run serves, and whose it is."""
    parameters = flow_run.parameters
    bulk_task_id = parameters.get("bulk_task_id") or flow_run.id
    return f"bulk task {bulk_task_id} of {parameters['workspace']}"


@task(name="start-source", task_run_name="{source.url}", cache_policy=NO_CACHE)
def start_source(source: SourceReference) -> State[Any] | UUID:
    """Run `process_url` for one source, or go on with what a dead process left of it.

    Dask calls it again when a worker dies, also for sources that had ended there.
    """
    if not take_over_source(source.id, run_id=UUID(flow_run.id)):
        return source.id
    return run_subflow(process_url, f"source {source.id}", source_id=source.id)


def work_through(bulk_task_id: UUID, sources: Sequence[SourceReference]) -> None:
    """Run `process_url` for each source of a recorded bulk task, and look at what became of it.

    Raises:
        NothingGenerated: not a single preview could be made.
    """
    with shown_progress(bulk_task_id), stopping_its_parts():
        with without_heartbeats():
            starts = start_source.map(sources)
        wait(starts)
    check_bulk_task(bulk_task_id, problems_of(starts))


@partial(
    BulkGenerate,
    name="bulk-generate",
    flow_run_name=run_name,
    task_runner=source_runner(),
    on_running=[mark_bulk_task_running],
    on_completion=[settle_bulk_task],
    on_failure=[settle_bulk_task],
    on_cancellation=[settle_bulk_task],
    on_crashed=[settle_bulk_task],
)
def bulk_generate(
    sources: Sources,
    workspace: Name = "default",
    user: Name = "default",
    refresh: bool = False,
    bulk_task_id: UUID | None = None,
) -> UUID:
    """Make previews of product pages.

    Args:
        sources: the product pages, each with a `url`, a `batch_size` from 1 to 10 and, where its
            page is not to be read, the data of the `product`.
        workspace: the tenant that everything belongs to.
        user: who asks for it.
        refresh: read the pages again, however lately they were read.
        bulk_task_id: a bulk task that is recorded already, with its sources; left out, the run
            records one, which gets the run's own id.

    Raises:
        NothingGenerated: not a single preview could be made.
        DaskUnusable: the sources were to be handed to Dask, and nobody would work on them.
    """
    check_source_runner()
    ensure_generation_limit()
    run_id = flow_run.id
    references = record_bulk_task(
        bulk_task_id, sources, run_id=UUID(run_id), workspace=workspace, user=user, refresh=refresh
    )
    bulk_task_id = bulk_task_id or UUID(run_id)
    work_through(bulk_task_id, references)
    return bulk_task_id
