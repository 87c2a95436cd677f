"""What became of the sources of a batch, whole and in pages."""

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from db import outcomes, sources
from db.models import TaskStatus
from tests.db.card_batch import GONE, KETTLE, MUG, CardBatch, record_card_batch


@pytest.fixture
def batch(session: Session) -> CardBatch:
    record_card_batch(session)
    return record_card_batch(session)


def test_the_counts_of_a_source_add_up_to_its_batch_size(
    session: Session, batch: CardBatch
) -> None:
    found = outcomes.by_source(session, batch.id)
    assert [outcome.url for outcome in found] == [KETTLE, MUG, GONE]
    counts = [(one.queued, one.running, one.done, one.failed) for one in found]
    assert counts == [(0, 0, 2, 1), (1, 0, 1, 0), (0, 0, 0, 1)]
    assert [sum(of_one) for of_one in counts] == [one.batch_size for one in found]


def test_pages_hold_each_source_once_and_as_it_is_told_of(
    session: Session, batch: CardBatch
) -> None:
    pages = [outcomes.page(session, batch.id, status=None, number=at, size=2) for at in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert [outcome for page in pages for outcome in page] == outcomes.by_source(session, batch.id)
    assert outcomes.count(session, batch.id, status=None) == 3


def test_sources_are_filtered_by_status(session: Session, batch: CardBatch) -> None:
    sources.start(session, batch.source_ids[1], uuid4())
    for status, urls in (
        (TaskStatus.PENDING, [KETTLE]), (TaskStatus.RUNNING, [MUG]), (TaskStatus.FAILED, [GONE]),
        (TaskStatus.DONE, []),
    ):  # fmt: skip
        found = outcomes.page(session, batch.id, status=status, number=1, size=50)
        assert [outcome.url for outcome in found] == urls
        assert outcomes.count(session, batch.id, status=status) == len(urls)
    assert outcomes.count(session, uuid4(), status=None) == 0
