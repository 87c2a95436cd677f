"""What the faults' tests ask for, and what they look at afterwards."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from tests.gemini_server import GeminiServer
from tests.pages import Pages

IMAGE_MODEL, TEXT_MODEL = "gemini-3.1-flash-image", "gemini-flash-latest"
PUT_RIGHT = """
import importlib
from datetime import timedelta
reconcile = importlib.import_module("flows.reconcile")
reconcile.ORPHANED_AFTER = timedelta(0)
print(reconcile.put_right())
"""
"""What the flow `reconcile` does; runs that nobody works on need not be five minutes old."""
SWEEP = f"""
import os
from settings import get_settings
os.environ["CTA_MEDIA_GRACE_HOURS"] = "0"
get_settings.cache_clear()
{PUT_RIGHT}
"""
"""The same, and files that no row names need not be a day old."""
SWEEP_AFTER_AN_HOUR = f"""
import importlib
from datetime import timedelta
importlib.import_module("flows.reconcile").FORGOTTEN_AFTER = timedelta(0)
{SWEEP}
"""
"""The same, an hour after the last of it was written."""
RETRY = "import flows; flows.retry_failed('{}')"
MODEL_OF = {"background": IMAGE_MODEL, "prefill": TEXT_MODEL}


def source(pages: Pages, name: str, batch_size: int) -> dict[str, Any]:
    """A source whose product is handed over, with two pictures on loopback."""
    return {
        "url": f"{pages.url}/{name}",
        "batch_size": batch_size,
        "product": {
            "title": f"Norrland {name}",
            "brand": "Norrland",
            "price": "19.90 EUR",
            "locale": "en-GB",
            "image_urls": [f"{pages.url}/mug.jpg", f"{pages.url}/mug-2.jpg"],
        },
    }


class Paid:
    """What the model was asked since it was last looked at."""

    def __init__(self, server: GeminiServer) -> None:
        self._server = server
        self._seen = len(server.calls)

    def since(self) -> Counter[str]:
        """The calls by their models, and from here on anew."""
        calls = self._server.calls[self._seen :]
        self._seen += len(calls)
        return Counter(call.model for call in calls)


def bulk_task(workspace: str | None = None) -> CTABulkGenerateTask | None:
    """The one bulk task (of a workspace), if it was recorded."""
    with unit_of_work() as session:
        wanted = select(CTABulkGenerateTask)
        if workspace is not None:
            wanted = wanted.where(CTABulkGenerateTask.workspace == workspace)
        return session.scalars(wanted).one_or_none()


def previews(bulk_task_id: UUID | None = None) -> list[CTAIFramePreview]:
    """The previews (of a bulk task), in the order in which they were recorded."""
    with unit_of_work() as session:
        wanted = select(CTAIFramePreview).order_by(
            CTAIFramePreview.created_at, CTAIFramePreview.position
        )
        if bulk_task_id is not None:
            wanted = wanted.where(CTAIFramePreview.bulk_generate_task_id == bulk_task_id)
        return list(session.scalars(wanted))


def statuses() -> dict[str, Counter[str]]:
    """How many rows of each kind have each status."""
    with unit_of_work() as session:
        return {
            name: Counter(session.scalars(select(record.status)))
            for name, record in {
                "bulk task": CTABulkGenerateTask,
                "source": CTABulkGenerateSource,
                "preview": CTAIFramePreview,
            }.items()
        }


def wait_for(condition: Callable[[], Any], seconds: float = 90, told: str = "") -> Any:
    """Wait until something holds; what it is then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if outcome := condition():
            return outcome
        time.sleep(0.1)
    pytest.fail(f"What was waited for did not come. {told} {statuses()}")
