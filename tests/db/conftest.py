from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.product import ScrapedProduct, Source
from db import bulk_tasks, previews, products
from db.models import CTABulkGenerateSource

PRODUCT_URL = "https://shop.example/kettle"


@pytest.fixture
def bulk_task_id(session: Session) -> UUID:
    """A recorded bulk task of two sources: three previews of one, two of the other."""
    new_id = uuid4()
    sources = [Source(url=PRODUCT_URL, batch_size=3), Source(url=f"{PRODUCT_URL}-2", batch_size=2)]
    bulk_tasks.record(session, new_id, sources, workspace="acme", user="ann")
    session.flush()
    return new_id


@pytest.fixture
def source_ids(session: Session, bulk_task_id: UUID) -> list[UUID]:
    return list(
        session.scalars(
            select(CTABulkGenerateSource.id)
            .where(CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id)
            .order_by(CTABulkGenerateSource.position)
        )
    )


@pytest.fixture
def product_id(session: Session) -> UUID:
    return save_product(session)


def save_product(session: Session, workspace: str = "acme", url: str = PRODUCT_URL) -> UUID:
    scraped = ScrapedProduct(
        url=url,
        title="Kettle",
        price=Decimal("49.90"),
        currency="EUR",
        image_urls=("https://shop.example/1.jpg", "https://shop.example/2.jpg"),
    )
    return products.save(session, url, scraped, workspace=workspace, user="ann")


@pytest.fixture
def preview_ids(session: Session, source_ids: list[UUID], product_id: UUID) -> list[UUID]:
    """The three queued previews of the first source."""
    images = [f"https://shop.example/{number}.jpg" for number in (1, 2, 1)]
    return previews.queue(session, source_ids[0], product_id, images)


@pytest.fixture
def make_done(session: Session) -> Callable[[UUID, UUID], None]:
    def make(preview_id: UUID, run_id: UUID) -> None:
        previews.start(session, preview_id, run_id)
        previews.fill(session, preview_id, run_id, {"generated_background_url": "file:///b.jpg"})
        assert previews.complete(session, preview_id, run_id)

    return make
