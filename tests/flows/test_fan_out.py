"""Many sources in one run: begun in order, at once, and with a bounded number of threads."""

import threading

import pytest
from sqlalchemy import Engine, func, select

from db.models import CTABulkGenerateSource, CTAIFramePreview
from db.session import unit_of_work
from flows import bulk_generate
from settings import get_settings
from tests.pages import Pages

SOURCES, PREVIEWS = 12, 2


@pytest.mark.long
@pytest.mark.usefixtures("prefect_server")
def test_sources_are_begun_in_order_and_work_starts_with_the_first(
    database: Engine, pages: Pages
) -> None:
    pages.pictures["/pot.jpg"] = pages.pictures["/mug.jpg"]
    before = threading.active_count()
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.02):
            most = max(most, threading.active_count() - before)

    threading.Thread(target=watch, daemon=True).start()
    result = bulk_generate(
        [
            {
                "url": f"http://127.0.0.1:1/{number}",
                "batch_size": PREVIEWS,
                "product": {"title": f"Kettle {number}", "image_urls": [f"{pages.url}/pot.jpg"]},
            }
            for number in range(SOURCES)
        ]
    )
    ended.set()
    assert result.progress["done"] == SOURCES * PREVIEWS, result.error_message

    with unit_of_work() as session:
        order = list(
            session.scalars(
                select(CTABulkGenerateSource.position).order_by(CTABulkGenerateSource.started_at)
            )
        )
        first_done = session.scalar(select(func.min(CTAIFramePreview.finished_at)))
        last_begun = session.scalar(select(func.max(CTABulkGenerateSource.started_at)))
    at_once = get_settings().max_concurrent_sources
    # Those that are worked on at the same time may overtake each other, and no others.
    assert all(abs(place - position) < at_once for place, position in enumerate(order))
    assert first_done is not None
    assert last_begun is not None
    assert first_done < last_begun
    # Each source has a thread and one for each of its previews, which has two for its halves; the
    # rest are the watcher, Prefect's own, and pools of the generator.
    previews = at_once * min(PREVIEWS, get_settings().max_concurrent_previews)
    assert most <= at_once + 3 * previews + 24
