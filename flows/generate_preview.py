"""One preview: its background and its prefill, made at the same time."""

from uuid import UUID

from prefect import flow
from prefect.futures import wait
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.hooks import mark_preview_done, mark_preview_failed, mark_preview_running
from flows.parameters import RecordId
from tasks.backgrounds import generate_background
from tasks.claims import claim_preview
from tasks.failures import PreviewFailed, problems_of
from tasks.prefills import generate_prefill
from tasks.previews import fill_preview


@flow(
    name="generate-preview",
    flow_run_name="preview {preview_id}",
    task_runner=ThreadPoolTaskRunner(max_workers=2),
    on_running=[mark_preview_running],
    on_completion=[mark_preview_done],
    on_failure=[mark_preview_failed],
    on_cancellation=[mark_preview_failed],
    on_crashed=[mark_preview_failed],
)
def generate_preview(preview_id: RecordId) -> UUID:
    """Make one preview: its background and its prefill.

    Run by itself, it makes a preview that failed once more, as a new attempt. What is done is not
    made again, and what is being made is left alone.

    Args:
        preview_id: the preview, by the id that stands in the name of its runs and in the API's
            list of previews.

    Raises:
        PreviewFailed: one of its halves could not be made; the message tells each reason.
        PreviewNotOwned, UnknownRecord, NotRunAgain: the preview is not this run's to make.
    """
    claim_preview(preview_id)
    background = generate_background.submit(preview_id)
    prefill = generate_prefill.submit(preview_id)
    wait([background, prefill])
    if problems := problems_of([background, prefill]):
        raise PreviewFailed(" ".join(problems))
    fill_preview(preview_id, background.result(), prefill.result(), run_id=flow_run.id)
    return preview_id
