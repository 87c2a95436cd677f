"""All that is known of one preview, in one place."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.ranked import PAGE_ORDER, Ranking, Role, ScoredImage
from creative.calls import ModelCall
from db import bulk_tasks, costs, preview_details, products
from db.costs import Half
from db.errors import UnknownRecord
from db.halves import PreviewAttempt
from db.models import CTAIFramePreview, ECommerceProduct, PreviewStatus, Review
from db.preview_details import RankedPicture
from tests.db.card_batch import BEGAN, KETTLE, CardBatch, record_card_batch

FIRST, SECOND, THIRD = (f"https://shop.example/{number}.jpg" for number in range(3))


@pytest.fixture
def batch(session: Session) -> CardBatch:
    return record_card_batch(session)


@pytest.fixture
def product_id(session: Session, batch: CardBatch) -> UUID:
    return session.get_one(CTAIFramePreview, batch.preview_ids[0]).product_id


def test_the_details_are_those_of_the_preview_and_of_what_it_belongs_to(
    session: Session, batch: CardBatch, product_id: UUID
) -> None:
    session.execute(
        update(ECommerceProduct)
        .where(ECommerceProduct.id == product_id)
        .values(price=Decimal("49.90"), currency="EUR", url=f"{KETTLE}/halden")
    )
    found = preview_details.details(session, batch.preview_ids[0])
    assert (found.id, found.bulk_task_id) == (batch.preview_ids[0], batch.id)
    assert found.batch_name == bulk_tasks.get(session, batch.id).name
    assert (found.source_id, found.source_url) == (batch.source_ids[0], KETTLE)
    assert (found.position, found.attempt, found.user) == (0, 1, "ann")
    assert (found.status, found.error_message) == (PreviewStatus.DONE, None)
    assert found.source_image_url == FIRST
    assert found.prefill == {
        "headline": "Slow mornings", "generated_background_url": "file:///b.jpg",
    }  # fmt: skip
    assert (found.review, found.reviewed_by) == (Review.APPROVED, "ann")
    assert found.reviewed_at is not None
    assert found.started_at is not None
    assert found.finished_at is not None
    assert found.updated_at > BEGAN
    assert (found.product_id, found.product_title) == (product_id, "Halden Kettle 100% steel")
    assert found.product_url == f"{KETTLE}/halden"
    assert (found.product_price, found.product_currency) == (Decimal("49.90"), "EUR")
    assert preview_details.details(session, batch.preview_ids[1]).edited_fields == ["headline"]


def test_one_that_failed_says_why_and_has_nothing_to_show(
    session: Session, batch: CardBatch
) -> None:
    found = preview_details.details(session, batch.preview_ids[2])
    assert (found.status, found.error_message) == ("failed", "The picture was blocked.")
    assert found.prefill is found.review is found.reviewed_by is found.reviewed_at is None


def test_pictures_stand_in_the_order_of_their_page_while_they_are_not_ranked(
    session: Session, batch: CardBatch
) -> None:
    found = preview_details.details(session, batch.preview_ids[1])
    assert found.ranked_by is None
    assert found.pictures == [
        RankedPicture(FIRST, None, False),
        RankedPicture(SECOND, None, True),
        RankedPicture(THIRD, None, False),
    ]


def test_ranked_pictures_stand_in_their_order_with_their_scores(
    session: Session, batch: CardBatch, product_id: UUID
) -> None:
    ranked = (
        ScoredImage(THIRD, Role.PRODUCT, 0.31, 0.2),
        ScoredImage(FIRST, Role.DECORATION, 0.12, 0.4),
        ScoredImage(SECOND, Role.UNLOADED),
    )
    products.save_ranking(session, product_id, Ranking(ranked, "micro"))
    found = preview_details.details(session, batch.preview_ids[0])
    assert found.ranked_by == "micro"
    assert found.pictures == [
        RankedPicture(THIRD, 0.31, False),
        RankedPicture(FIRST, 0.12, True),
        RankedPicture(SECOND, None, False),
    ]
    left = tuple(ScoredImage(url, Role.PRODUCT) for url in (FIRST, SECOND))
    products.save_ranking(session, product_id, Ranking(left, PAGE_ORDER))
    found = preview_details.details(session, batch.preview_ids[0])
    assert [(picture.url, picture.score) for picture in found.pictures] == [
        (FIRST, None), (SECOND, None),
    ]  # fmt: skip


def test_the_cost_is_that_of_all_attempts_at_this_preview(
    session: Session, batch: CardBatch
) -> None:
    assert preview_details.details(session, batch.preview_ids[0]).cost.calls == 0
    calls: list[tuple[int, int, Half]] = [
        (0, 1, "background"),
        (0, 2, "prefill"),
        (1, 1, "prefill"),
    ]
    for number, attempt, half in calls:
        costs.record(
            session, PreviewAttempt(batch.preview_ids[number], uuid4(), attempt), half,
            ModelCall("writer", 1.5, 10, 20, Decimal("0.25")),
        )  # fmt: skip
    session.flush()
    cost = preview_details.details(session, batch.preview_ids[0]).cost
    assert (cost.calls, cost.tokens_in, cost.tokens_out) == (2, 20, 40)
    assert (cost.seconds, cost.usd, cost.models) == (3.0, Decimal("0.50"), ("writer",))


def test_an_unknown_preview_is_told(session: Session) -> None:
    with pytest.raises(UnknownRecord):
        preview_details.details(session, uuid4())
