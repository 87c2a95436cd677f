"""A batch never holds two equal headlines, however many previews are filled at the same time."""

import threading
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from catalog.product import Source
from creative.prefill import HEADLINE_LENGTH, headline_key
from db import bulk_tasks, previews, sources
from db.errors import UnknownRecord
from db.session import unit_of_work
from tests.db.conftest import PRODUCT_URL, save_product

PREFILL = {"generated_background_url": "file:///b.jpg"}


def take(session: Session, preview_id: UUID, run_id: UUID, key: str) -> None:
    previews.start(session, preview_id, run_id)
    previews.fill(session, preview_id, run_id, PREFILL, key)


def test_what_other_previews_of_the_batch_have_is_taken(
    session: Session, preview_ids: list[UUID]
) -> None:
    first, second, third = preview_ids
    take(session, first, uuid4(), "slow mornings")
    take(session, second, uuid4(), "pour slowly")
    keys = {"slow mornings", "pour slowly", "cool grip"}
    assert previews.taken_headlines(session, third, keys) == {"slow mornings", "pour slowly"}
    assert previews.taken_headlines(session, first, keys) == {"pour slowly"}
    assert previews.taken_headlines(session, third, {"cool grip"}) == set()


def test_what_another_batch_has_is_free(session: Session, preview_ids: list[UUID]) -> None:
    take(session, preview_ids[0], uuid4(), "slow mornings")
    other = uuid4()
    source = Source(url=PRODUCT_URL, batch_size=1)
    bulk_tasks.record(session, other, [source], workspace="acme", user="ann")
    session.flush()
    [reference] = sources.unfinished(session, other)
    [preview_id] = previews.queue(
        session, reference.id, save_product(session), ["https://shop.example/1.jpg"]
    )
    assert previews.taken_headlines(session, preview_id, {"slow mornings"}) == set()


def test_a_preview_that_is_not_there_is_told(session: Session) -> None:
    with pytest.raises(UnknownRecord):
        previews.taken_headlines(session, uuid4(), {"slow mornings"})


def test_the_longest_key_that_a_headline_has_is_kept(
    session: Session, preview_ids: list[UUID]
) -> None:
    key, [first, second, _] = headline_key("\ufdfa" * HEADLINE_LENGTH), preview_ids
    try:
        with session.begin_nested():
            take(session, first, uuid4(), key)
    except DataError as error:
        pytest.fail(str(error.orig))
    assert previews.taken_headlines(session, second, {key}) == {key}


def test_of_two_that_ask_at_the_same_time_the_second_sees_what_the_first_took(
    engine: Engine, session: Session, preview_ids: list[UUID]
) -> None:
    session.commit()
    first, second, _ = preview_ids
    asking, answers = threading.Event(), []

    def ask() -> None:
        with unit_of_work(engine) as other:
            asking.set()
            answers.append(previews.taken_headlines(other, second, {"slow mornings"}))

    thread = threading.Thread(target=ask)
    with unit_of_work(engine) as one:
        assert previews.taken_headlines(one, first, {"slow mornings"}) == set()
        thread.start()
        asking.wait(10)
        thread.join(0.3)
        assert not answers, "the second has to wait for the first"
        take(one, first, uuid4(), "slow mornings")
    thread.join(10)
    assert answers == [{"slow mornings"}]


def test_more_previews_are_recorded_while_a_headline_is_chosen(
    engine: Engine, session: Session, source_ids: list[UUID], preview_ids: list[UUID]
) -> None:
    product_id = save_product(session, url=f"{PRODUCT_URL}-2")
    session.commit()
    with unit_of_work(engine) as one, unit_of_work(engine) as other:
        previews.taken_headlines(one, preview_ids[0], {"slow mornings"})
        other.connection().exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        queued = previews.queue(
            other, source_ids[1], product_id, ["https://shop.example/1.jpg"] * 2
        )
        assert len(queued) == 2
