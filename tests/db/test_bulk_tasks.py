from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.product import ProductData, Source
from db import bulk_tasks, previews, sources
from db.errors import UnknownRecord
from db.models import CTABulkGenerateSource


def test_the_name_is_made_for_the_user() -> None:
    assert bulk_tasks.name_for(datetime(2026, 1, 28, 10, 30)) == "Batch Task - Jan 28, 10:30 AM"
    assert bulk_tasks.name_for(datetime(2026, 7, 3, 15, 5)) == "Batch Task - Jul 3, 3:05 PM"


def test_recording_twice_records_once(session: Session, bulk_task_id: UUID) -> None:
    again = [Source(url="https://other.example/", batch_size=1)]
    bulk_tasks.record(session, bulk_task_id, again, workspace="acme", user="ann")
    session.flush()
    assert session.scalar(select(func.count()).select_from(CTABulkGenerateSource)) == 2


def test_the_sources_come_in_the_order_that_they_were_given(session: Session) -> None:
    bulk_task_id = uuid4()
    urls = [f"https://shop.example/{number}" for number in range(30)]
    given = [Source(url=url) for url in urls]
    bulk_tasks.record(session, bulk_task_id, given, workspace="acme", user="ann")
    assert [source.url for source in sources.unfinished(session, bulk_task_id)] == urls


def test_product_data_is_kept_with_its_source(session: Session) -> None:
    data = {
        "title": "Kettle ☕", "price": "1.299,00 €", "brand": "Norrland", "locale": "de-DE",
        "image_urls": ["https://shop.example/1.jpg", "https://shop.example/2.jpg"],
    }  # fmt: skip
    given = Source(url="https://shop.example/kettle", product=ProductData.model_validate(data))
    bulk_task_id = uuid4()
    plain = Source(url="https://shop.example/cup")
    bulk_tasks.record(session, bulk_task_id, [given, plain], workspace="acme", user="ann")
    session.flush()
    session.expire_all()
    handed, without = (
        sources.request(session, source.id) for source in sources.unfinished(session, bulk_task_id)
    )
    assert handed.product == given.product
    assert without.product is None
    rows = select(func.count()).where(CTABulkGenerateSource.product_data.is_(None))
    assert session.scalar(rows) == 1


def test_queueing_twice_makes_no_second_preview(
    session: Session, source_ids: list[UUID], product_id: UUID, preview_ids: list[UUID]
) -> None:
    images = ["https://shop.example/9.jpg"] * 3
    assert previews.queue(session, source_ids[0], product_id, images) == preview_ids


def test_a_done_preview_is_not_handed_out_again(
    session: Session, source_ids: list[UUID], product_id: UUID, preview_ids: list[UUID]
) -> None:
    previews.fail(session, preview_ids[1], uuid4(), "broken")
    images = ["https://shop.example/1.jpg"] * 3
    left = previews.queue(session, source_ids[0], product_id, images)
    assert left == [preview_ids[0], preview_ids[2]]


def test_an_unknown_id_is_named(session: Session) -> None:
    unknown = uuid4()
    with pytest.raises(UnknownRecord, match=str(unknown)):
        bulk_tasks.own(session, unknown, uuid4())
    with pytest.raises(UnknownRecord, match=str(unknown)):
        previews.request(session, unknown)
