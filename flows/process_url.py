"""One source: its product read, its pictures ranked, its previews made."""

from functools import partial
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.generate_preview import generate_preview
from flows.hooks import mark_source_running, settle_source
from flows.parameters import RecordId
from flows.subflows import map_subflow, run_subflow
from settings import get_settings
from tasks.claims import claim_source
from tasks.failures import problems_of
from tasks.images import rank_images
from tasks.limits import wait_for_generation_slot
from tasks.previews import check_source, queue_previews
from tasks.products import read_product
from tasks.taking_over import check_source_is_ours


def start_preview(preview_id: UUID) -> State[Any]:
    """Run `generate_preview` once the limit lets one more generation start."""
    wait_for_generation_slot(partial(check_source_is_ours, preview_id, run_id=UUID(flow_run.id)))
    return run_subflow(generate_preview, f"preview {preview_id}", preview_id=preview_id)


@flow(
    name="process-url",
    flow_run_name="source {source_id}",
    on_running=[mark_source_running],
    on_completion=[settle_source],
    on_failure=[settle_source],
    on_cancellation=[settle_source],
    on_crashed=[settle_source],
)
def process_url(source_id: RecordId) -> UUID:
    """Make the previews of one product page.

    Run by itself, it reads the page of a source again and makes those of its previews that failed
    or were never begun, each as a new attempt. Those that are done stay as they are.

    Args:
        source_id: the source of the page, by the id that stands in the name of its runs and in
            the API's answer about its bulk task.

    Raises:
        CatalogError: its page cannot be read, or has no product or no usable picture.
        NothingGenerated: none of its previews could be made.
        SourceNotOwned, UnknownRecord, NotRunAgain: the source is not this run's to work on.
    """
    is_run_again = claim_source(source_id)
    product_id = read_product(source_id, refresh=is_run_again)
    rank_images(product_id)
    preview_ids = queue_previews(source_id, product_id)
    ends = map_subflow(start_preview, preview_ids, get_settings().max_concurrent_previews)
    check_source(source_id, problems_of(ends))
    return source_id
