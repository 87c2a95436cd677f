"""A review is of what was seen: given to what is done, and gone when that becomes another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db import previews, reopening, resuming, reviews, shown_previews
from db.errors import PreviewChanged, PreviewNotDone, UnknownRecord
from db.models import CTAIFramePreview, Review
from db.reviews import ReviewCounts
from db.session import unit_of_work
from tests.db.ended_batch import FILLED, EndedBatch, end_a_batch

MakeDone = Callable[[UUID, UUID], None]


@pytest.fixture
def ended(database: Engine) -> EndedBatch:
    return end_a_batch()


@pytest.fixture
def approved(ended: EndedBatch) -> EndedBatch:
    """A batch of which the preview that is done was approved."""
    give(ended.done, Review.APPROVED)
    return ended


def give(
    preview_id: UUID, review: Review | None, user: str = "ann", prefill_version: str | None = None
) -> None:
    with unit_of_work() as session:
        reviews.give(session, preview_id, review, user=user, prefill_version=prefill_version)


def review_of(preview: CTAIFramePreview) -> tuple[str | None, str | None, datetime | None]:
    return preview.review, preview.reviewed_by, preview.reviewed_at


@pytest.mark.parametrize("review", Review)
def test_a_review_says_who_gave_it_and_when(ended: EndedBatch, review: Review) -> None:
    before = ended.preview(0)
    give(ended.done, review, "bob")
    preview = ended.preview(0)
    assert (preview.review, preview.reviewed_by) == (review, "bob")
    assert preview.reviewed_at is not None
    assert timedelta(0) <= datetime.now(UTC) - preview.reviewed_at < timedelta(minutes=1)
    assert preview.updated_at > before.updated_at
    assert (preview.status, preview.prefill) == ("done", before.prefill)
    assert ended.preview(1).review is None


def test_a_review_can_be_another_one_and_be_taken_back(approved: EndedBatch) -> None:
    give(approved.done, Review.REJECTED, "bob")
    assert review_of(approved.preview(0))[:2] == ("rejected", "bob")
    give(approved.done, None, "ann")
    assert review_of(approved.preview(0)) == (None, None, None)


def test_the_same_review_once_more_changes_nothing(approved: EndedBatch) -> None:
    before = approved.preview(0)
    give(approved.done, Review.APPROVED, "bob")
    after = approved.preview(0)
    assert review_of(after) == review_of(before)
    assert after.updated_at == before.updated_at


def test_a_review_of_one_prefill_is_none_of_the_next(ended: EndedBatch) -> None:
    with unit_of_work() as session:
        seen = shown_previews.filled(session, ended.done)
        shown_previews.edit(session, seen, seen.prefill | {"brand": "Ann"}, "tea", ["brand"])
        now = shown_previews.filled(session, ended.done)
    with pytest.raises(PreviewChanged):
        give(ended.done, Review.APPROVED, prefill_version=seen.prefill_version)
    assert ended.preview(0).review is None
    give(ended.done, Review.APPROVED, prefill_version=now.prefill_version)
    assert ended.preview(0).review == "approved"
    give(ended.done, Review.REJECTED, "bob", prefill_version=now.prefill_version)
    assert ended.preview(0).review == "rejected"


@pytest.mark.parametrize("review", [Review.APPROVED, None])
def test_what_is_not_done_has_no_review(ended: EndedBatch, review: Review | None) -> None:
    with pytest.raises(PreviewNotDone, match=r"is failed; .* to review once a preview is done"):
        give(ended.failed[0], review)


def test_an_unknown_preview_is_told(database: Engine) -> None:
    with pytest.raises(UnknownRecord):
        give(uuid4(), Review.APPROVED)


def regenerate(session: Session, batch: EndedBatch, outcome: str | None) -> None:
    run_id = uuid4()
    reopening.reopen_preview(session, batch.done, run_id, parts=["background"])
    session.flush()
    if outcome is not None:
        assert previews.start(session, batch.done, run_id)
        if outcome == "made":
            previews.fill(session, batch.done, run_id, FILLED)
        reason = None if outcome == "made" else "The picture was blocked."
        reopening.settle_preview(session, batch.done, run_id, reason)


@pytest.mark.parametrize("outcome", [None, "made", "stays as it was"])
def test_what_is_made_anew_waits_for_a_review(approved: EndedBatch, outcome: str | None) -> None:
    with unit_of_work() as session:
        regenerate(session, approved, outcome)
    preview = approved.preview(0)
    assert preview.status == ("queued" if outcome is None else "done")
    assert review_of(preview) == (None, None, None)


def test_what_a_person_edits_waits_for_a_review(approved: EndedBatch) -> None:
    with unit_of_work() as session:
        filled = shown_previews.filled(session, approved.done)
        shown_previews.edit(session, filled, FILLED | {"headline": "Tea"}, "tea", ["headline"])
    assert review_of(approved.preview(0)) == (None, None, None)


def run_again(session: Session, batch: EndedBatch, act: str) -> None:
    acts: dict[str, Callable[[], Any]] = {
        "the whole": lambda: resuming.resume(session, batch.bulk_task_id),
        "its source": lambda: reopening.reopen_source(session, batch.read, uuid4()),
        "one beside it": lambda: reopening.reopen_preview(session, batch.failed[0], uuid4()),
    }
    acts[act]()


@pytest.mark.parametrize("act", ["the whole", "its source", "one beside it"])
def test_what_stays_done_while_others_are_run_again_keeps_its_review(
    approved: EndedBatch, act: str
) -> None:
    with unit_of_work() as session:
        run_again(session, approved, act)
    assert approved.bulk_task().status in ("pending", "running")
    assert review_of(approved.preview(0))[:2] == ("approved", "ann")


def test_reviews_are_counted_of_what_is_done(
    session: Session, bulk_task_id: UUID, preview_ids: list[UUID], make_done: MakeDone
) -> None:
    for done, counted in enumerate([ReviewCounts(0, 0, 0), ReviewCounts(0, 0, 1)]):
        assert reviews.counts(session, bulk_task_id) == counted
        make_done(preview_ids[done], uuid4())
    reviews.give(session, preview_ids[0], Review.APPROVED, user="ann")
    assert reviews.counts(session, bulk_task_id) == ReviewCounts(1, 0, 1)
    reviews.give(session, preview_ids[1], Review.REJECTED, user="ann")
    assert reviews.counts(session, bulk_task_id) == ReviewCounts(1, 1, 0)
    assert reviews.counts(session, uuid4()) == ReviewCounts(0, 0, 0)
