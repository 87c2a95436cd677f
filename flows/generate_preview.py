"""One preview: its background and its prefill, made at the same time."""

from collections.abc import Collection
from uuid import UUID

from prefect import flow
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner

from flows.hooks import mark_preview_done, mark_preview_failed, mark_preview_running
from flows.parameters import RecordId
from tasks.backgrounds import generate_background
from tasks.claims import claim_preview
from tasks.failures import PreviewFailed, problems_of
from tasks.prefills import generate_prefill
from tasks.previews import fill_preview


def make_preview(preview_id: UUID, parts: Collection[str] = ()) -> None:
    """Claim a preview for the run at hand, make the halves that are missing, and fill it.

    Args:
        preview_id: the preview.
        parts: what of it is to be made anew (see `tasks.claims.claim_preview`).

    Raises:
        PreviewFailed: one of its halves could not be made.
        PreviewNotOwned, UnknownRecord, NotRunAgain: the preview is not this run's to make.
    """
    attempt = claim_preview(preview_id, parts)
    if attempt is None:
        return
    made = [generate_background.submit(attempt), generate_prefill.submit(attempt)]
    wait(made)
    if problems := problems_of(made):
        raise PreviewFailed(" ".join(problems))
    fill_preview(attempt)


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
    make_preview(preview_id)
    return preview_id
