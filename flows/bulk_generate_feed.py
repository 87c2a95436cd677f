"""A request that a feed makes: for scheduled batch jobs."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from prefect import Flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import Field

from flows.bulk_generate import Name, answer, work_through
from flows.hooks import mark_bulk_task_running, settle_bulk_task
from flows.task_runners import check_source_runner, source_runner
from tasks.bulk_tasks import record_bulk_task, recorded_sources
from tasks.feeds import FeedFormat, read_sources, shown_address
from tasks.limits import ensure_generation_limit

FeedAddress = Annotated[
    str, Field(min_length=1, max_length=2048, title="Feed", examples=["s3://acme/products.csv"])
]
BatchSize = Annotated[int, Field(ge=1, le=10, title="Previews")]
Locale = Annotated[str | None, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", title="Language")]


class BulkGenerateFeed(Flow[..., Any]):
    """A flow that answers from the records."""

    def __call__(self, *args: Any, return_state: bool = False, **kwargs: Any) -> Any:
        """Run the feed; returns a `BulkGenerateResult`, None where nothing had changed, or the
        run's state when asked for it.
        """
        state: State[Any] = super().__call__(*args, return_state=True, **kwargs)  # type: ignore[assignment]
        if return_state:
            return state
        return None if state.name == NOTHING_CHANGED else answer(state)


NOTHING_CHANGED = "NothingChanged"


def run_name() -> str:
    """Says which feed the run reads, and whose it is."""
    return (
        f"feed {shown_address(flow_run.parameters['feed'])} of {flow_run.parameters['workspace']}"
    )


@partial(
    BulkGenerateFeed,
    name="bulk-generate-feed",
    flow_run_name=run_name,
    task_runner=source_runner(),
    on_running=[mark_bulk_task_running],
    on_completion=[settle_bulk_task],
    on_failure=[settle_bulk_task],
    on_cancellation=[settle_bulk_task],
    on_crashed=[settle_bulk_task],
)
def bulk_generate_feed(
    feed: FeedAddress,
    workspace: Name = "default",
    user: Name = "default",
    feed_format: FeedFormat | None = None,
    batch_size: BatchSize = 1,
    locale: Locale = None,
    only_changed: bool = False,
    refresh: bool = False,
) -> UUID | State[None]:
    """Make previews of the products of a feed.

    Args:
        feed: a path or an address of CSV, JSON Lines, Parquet, or of a Google Merchant feed.
        workspace: the tenant that everything belongs to.
        user: who asks for it.
        feed_format: how the feed is written; by the end of its name when left out.
        batch_size: how many previews are wanted of rows that do not say.
        locale: the language of rows that do not say, such as de-DE.
        only_changed: leave out rows whose product is as it was when it was last made.
        refresh: read the pages of rows without product data again, however lately they were read.

    Raises:
        InvalidFeed: the feed cannot be read, or has rows that are wrong; nothing was started.
        NothingGenerated: not a single preview could be made.
        DaskUnusable: the sources were to be handed to Dask, and nobody would work on them.
    """
    check_source_runner()
    ensure_generation_limit()
    run_id = UUID(flow_run.id)
    references = recorded_sources(run_id)
    if references is None:
        sources = read_sources(
            feed, feed_format=feed_format, batch_size=batch_size, locale=locale,
            only_changed=only_changed, workspace=workspace,
        )  # fmt: skip
        if not sources:
            return Completed(name=NOTHING_CHANGED, message="No product of the feed has changed.")
        references = record_bulk_task(
            None, sources, run_id=run_id, workspace=workspace, user=user, refresh=refresh
        )
    work_through(run_id, references)
    return run_id
