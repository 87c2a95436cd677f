"""Rows that wait for a run: what the run that takes them finds, and what giving up leaves."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, update

from db import reopening, resuming, statuses, waiting
from db.models import CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from tests.db.ended_batch import EndedBatch, end_a_batch

HALVES = {"background_url": "file:///b.jpg", "draft": {"headline": "Tea"}}


@pytest.fixture
def ended(database: Engine) -> EndedBatch:
    return end_a_batch()


def test_a_run_that_takes_what_was_lost_goes_on_counting(ended: EndedBatch) -> None:
    """A person who asks begins the count anew; the run that is started for a lost one does not."""
    with unit_of_work() as session:
        resuming.resume(session, ended.bulk_task_id)
    with unit_of_work() as session:
        session.execute(update(CTABulkGenerateTask).values(times_lost=2))
        session.execute(update(CTAIFramePreview).values(times_lost=1))
    with unit_of_work() as session:
        resuming.resume(session, ended.bulk_task_id, uuid4())
    assert (ended.bulk_task().times_lost, ended.bulk_task().attempt) == (2, 2)
    assert [ended.preview(position).times_lost for position in (1, 2)] == [1, 1]


def test_a_retry_ends_whose_process_died_before_its_run_was_noted(ended: EndedBatch) -> None:
    with unit_of_work() as session:
        resuming.resume(session, ended.bulk_task_id)
    with unit_of_work() as session:
        waiting.end(session, CTABulkGenerateTask, ended.bulk_task_id, uuid4(), "It has died.")
    assert ended.statuses() == ["done", "done", "done", "failed", "failed"]
    assert ended.preview(1).error_message == "It has died."


def test_what_another_run_has_is_not_ended(ended: EndedBatch) -> None:
    with unit_of_work() as session:
        resuming.resume(session, ended.bulk_task_id, uuid4())
    for row_id in (ended.bulk_task_id, uuid4()):
        with unit_of_work() as session:
            waiting.end(session, CTABulkGenerateTask, row_id, uuid4(), "It has died.")
    assert ended.statuses() == ["running", "pending", "done", "queued", "queued"]


@pytest.mark.parametrize("part", ["background", "prefill"])
def test_what_could_not_be_made_anew_keeps_both_halves_for_the_next_time(
    ended: EndedBatch, part: str
) -> None:
    with unit_of_work() as session:
        preview = session.get_one(CTAIFramePreview, ended.done)
        preview.background_url, preview.draft = HALVES["background_url"], HALVES["draft"]
        preview.prefill = {"headline": "Tea", "generated_background_url": "file:///b.jpg"}
    with unit_of_work() as session:
        reopening.reopen_preview(session, ended.done, parts=[part])
    with unit_of_work() as session:
        waiting.give_up(session, CTAIFramePreview, ended.done, "No server is there.")
    kept = ended.preview(0)
    assert (kept.status, kept.background_url) == ("done", HALVES["background_url"])
    assert kept.draft == HALVES["draft"]
    assert str(kept.error_message).startswith(statuses.STAYS_AS_IT_WAS)
