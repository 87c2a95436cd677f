"""The previews of a batch as cards: which there are, in what order, and who is beside whom."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import cards, reviews
from db.cards import Card, CardFilter, CardOrder
from db.models import CTAIFramePreview, PreviewStatus, Review
from db.shown_previews import filled
from tests.db.card_batch import BEGAN, KETTLE, MUG, CardBatch, record_card_batch

each_order = pytest.mark.parametrize("order", CardOrder)


@pytest.fixture
def batch(session: Session) -> CardBatch:
    """A batch beside another one of the same products."""
    record_card_batch(session)
    return record_card_batch(session)


def shown(session: Session, batch: CardBatch, **wanted: Any) -> list[int | None]:
    """Which previews have cards, by their numbers; that `count` and `beside` agree is seen to."""
    which = CardFilter(**wanted)
    found = [card.id for card in cards.page(session, batch.id, which, number=1, size=100)]
    assert cards.count(session, batch.id, which) == len(found)
    walked = [None, *found, None]
    for number, preview_id in enumerate(found):
        beside = cards.beside(session, batch.id, which, preview_id)
        assert beside == (walked[number], walked[number + 2])
    return batch.numbers(found)


def test_a_card_tells_what_its_preview_is(session: Session, batch: CardBatch) -> None:
    all_cards = cards.page(session, batch.id, CardFilter(), number=1, size=100)
    assert all_cards[1] == Card(
        id=batch.preview_ids[1],
        status=PreviewStatus.DONE,
        error_message=None,
        source_id=batch.source_ids[0],
        source_url=KETTLE,
        position=1,
        attempt=1,
        product_title="Halden Kettle 100% steel",
        headline="Für Ärmel & Tee",
        review=None,
        is_edited=True,
        has_prefill=True,
        prefill_version=filled(session, batch.preview_ids[1]).prefill_version,
        updated_at=BEGAN + timedelta(seconds=59),
    )
    assert [card.review for card in all_cards] == [
        Review.APPROVED,
        None,
        None,
        None,
        Review.REJECTED,
    ]
    assert all_cards[2].error_message == "The picture was blocked."
    assert (all_cards[3].status, all_cards[3].source_url) == (PreviewStatus.QUEUED, MUG)
    assert [card.has_prefill for card in all_cards] == [True, True, False, False, True]
    assert [card.is_edited for card in all_cards] == [False, True, False, False, False]
    assert isinstance(all_cards[0].status, PreviewStatus)
    assert isinstance(all_cards[0].review, Review)


@pytest.mark.parametrize(
    ("order", "numbers"),
    [("asked", [0, 1, 2, 3, 4]), ("newest", [4, 3, 2, 1, 0]), ("changed", [0, 1, 2, 3, 4])],
)
def test_cards_stand_in_the_order_that_is_wanted(
    session: Session, batch: CardBatch, order: str, numbers: list[int]
) -> None:
    assert shown(session, batch, order=CardOrder(order)) == numbers


def test_the_order_of_the_sources_comes_before_that_of_their_previews(
    session: Session, batch: CardBatch
) -> None:
    """Not how the database happens to keep them: the last one was written first of all."""
    session.execute(
        update(CTAIFramePreview)
        .where(CTAIFramePreview.id == batch.preview_ids[3])
        .values(created_at=BEGAN - timedelta(days=1), updated_at=BEGAN + timedelta(days=1))
    )
    assert shown(session, batch) == [0, 1, 2, 3, 4]
    assert shown(session, batch, order=CardOrder.NEWEST) == [4, 2, 1, 0, 3]
    assert shown(session, batch, order=CardOrder.CHANGED) == [3, 0, 1, 2, 4]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"status": PreviewStatus.DONE}, [0, 1, 4]),
        ({"status": PreviewStatus.FAILED}, [2]),
        ({"status": PreviewStatus.QUEUED}, [3]),
        ({"status": PreviewStatus.RUNNING}, []),
        ({"review": Review.APPROVED}, [0]),
        ({"review": Review.REJECTED}, [4]),
        ({"review": "waiting"}, [1]),
        ({"review": "waiting", "status": PreviewStatus.FAILED}, []),
        ({"review": Review.REJECTED, "words": "mug", "status": PreviewStatus.DONE}, [4]),
    ],
)
@each_order
def test_cards_are_filtered_by_status_and_review(
    session: Session, batch: CardBatch, order: CardOrder, wanted: Any, numbers: list[int]
) -> None:
    assert sorted(shown(session, batch, order=order, **wanted)) == numbers


def test_cards_are_filtered_by_source(session: Session, batch: CardBatch) -> None:
    kettle, mug, gone = batch.source_ids
    assert shown(session, batch, source_id=kettle) == [0, 1, 2]
    assert shown(session, batch, source_id=mug, words="slow") == [4]
    assert shown(session, batch, source_id=gone) == []


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("slow", [0, 4]),
        ("SLOW", [0, 4]),
        ("  kettle\t\nslow ", [0]),
        ("halden", [0, 1, 2]),
        ("ärmel", [1]),
        ("ÄRMEL für", [1]),
        ("size=L", [3, 4]),
        ("slow kettle mug", []),
        ("%", [0, 1, 2]),
        ("100% steel", [0, 1, 2]),
        ("1%l", []),
        ("_", [3, 4]),
        ("m_g", []),
        ("\\", [4]),
        ("50\\50", [4]),
        ("/", [0, 1, 2, 3, 4]),
        ("'; DROP TABLE cta_iframe_preview; --", []),
        ("morningshalden", []),
        ("slow\0mornings", [0]),
        ("\0", [0, 1, 2, 3, 4]),
    ],
)
@each_order
def test_each_word_has_to_be_there_and_is_taken_as_it_stands(
    session: Session, batch: CardBatch, order: CardOrder, words: str, numbers: list[int]
) -> None:
    assert sorted(shown(session, batch, order=order, words=words)) == numbers


@pytest.mark.parametrize("words", ["", "shop.example"])
@each_order
def test_pages_hold_each_card_once(
    session: Session, batch: CardBatch, order: CardOrder, words: str
) -> None:
    """All at the same time, so that an order by time alone would leave them to chance."""
    session.execute(update(CTAIFramePreview).values(created_at=BEGAN, updated_at=BEGAN))
    wanted = CardFilter(order=order, words=words)
    pages = [cards.page(session, batch.id, wanted, number=at, size=2) for at in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    whole = [card.id for card in cards.page(session, batch.id, wanted, number=1, size=100)]
    assert [card.id for page in pages for card in page] == whole
    assert sorted(batch.numbers(whole)) == [0, 1, 2, 3, 4]
    assert shown(session, batch, order=order, words=words) == batch.numbers(whole)


def test_one_that_was_just_reviewed_still_has_those_beside_it(
    session: Session, batch: CardBatch
) -> None:
    for preview_id in (batch.preview_ids[0], batch.preview_ids[4]):
        reviews.give(session, preview_id, None, user="ann")
    waiting = CardFilter(review="waiting")
    reviewed = batch.preview_ids[1]
    reviews.give(session, reviewed, Review.APPROVED, user="ann")
    assert reviewed not in {
        card.id for card in cards.page(session, batch.id, waiting, number=1, size=9)
    }
    assert batch.numbers(cards.beside(session, batch.id, waiting, reviewed)) == [0, 4]


@each_order
def test_nothing_is_beside_a_preview_of_another_batch(
    session: Session, batch: CardBatch, order: CardOrder
) -> None:
    other = record_card_batch(session)
    for preview_id in (other.preview_ids[1], uuid4()):
        beside = cards.beside(session, batch.id, CardFilter(order=order), preview_id)
        assert beside == (None, None)
    assert cards.count(session, uuid4(), CardFilter(order=order)) == 0
