"""One preview made anew, whole or in one of its halves."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows.generate_preview import make_preview
from flows.hooks import mark_preview_done, mark_preview_failed
from flows.parameters import RecordId

Part = Literal["background", "prefill"]
Parts = Annotated[
    Sequence[Part], Field(min_length=1, max_length=2, json_schema_extra={"uniqueItems": True})
]


@flow(
    name="regenerate",
    flow_run_name="preview {preview_id} anew",
    task_runner=ThreadPoolTaskRunner(max_workers=2),
    on_completion=[mark_preview_done],
    on_failure=[mark_preview_failed],
    on_cancellation=[mark_preview_failed],
    on_crashed=[mark_preview_failed],
)
def regenerate(preview_id: RecordId, parts: Parts = ("background", "prefill")) -> UUID:
    """Make a preview anew, in place.

    The other half, and what a person has edited, stay as they are. Until the new parts are there
    the preview keeps what it has; where they cannot be made it is `done` as before, and says why.

    Args:
        preview_id: the preview, by the id that stands in the name of its runs and in the API's
            list of previews.
        parts: what is made anew: its `background`, its words (`prefill`), or both.

    Raises:
        PreviewFailed: one of the parts could not be made; the message tells why.
        UnknownRecord, NotRunAgain: there is no such preview, or a run is at work on it.
    """
    make_preview(preview_id, parts)
    return preview_id
