import pickle
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from catalog.product import ProductData, Source
from db import bulk_tasks, previews, sources
from db.bulk_tasks import Recorded
from db.errors import BulkTaskNotEnded, KeyUsedOtherwise, UnknownRecord
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from db.workspaces import workspace_unit_of_work

SOURCES = [Source(url="https://shop.example/kettle"), Source(url="https://shop.example/cup")]
PRODUCT = ProductData(title="Kettle", image_urls=["https://shop.example/1.jpg"])


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


def ask(session: Session, key: str | None = "once", **changes: Any) -> Recorded:
    known: dict[str, Any] = {"sources": SOURCES, "workspace": "acme", "user": "ann"}
    given = known | changes
    asked = given.pop("sources")
    return bulk_tasks.record(session, uuid4(), asked, idempotency_key=key, **given)


def count(session: Session, record: Any) -> int:
    return session.scalar(select(func.count()).select_from(record)) or 0


def test_the_same_request_under_the_same_key_is_the_first_one(session: Session) -> None:
    first = ask(session)
    assert first.flow_run_id is None
    assert ask(session) == first
    run_id = uuid4()
    bulk_tasks.own(session, first.bulk_task_id, run_id)
    assert ask(session) == Recorded(first.bulk_task_id, run_id)
    assert count(session, CTABulkGenerateTask) == 1
    assert count(session, CTABulkGenerateSource) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": SOURCES[:1]}, {"sources": SOURCES[::-1]}, {"sources": []}, {"refresh": True},
        {"sources": [SOURCES[0], Source(url=SOURCES[1].url, batch_size=2)]},
        {"sources": [SOURCES[0], Source(url=SOURCES[1].url, product=PRODUCT)]},
    ],
)  # fmt: skip
def test_another_request_under_the_same_key_is_refused(
    session: Session, changes: dict[str, Any]
) -> None:
    first = ask(session)
    with pytest.raises(KeyUsedOtherwise, match=f"'once' .* {first.bulk_task_id}") as caught:
        ask(session, **changes)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert count(session, CTABulkGenerateTask) == 1
    assert count(session, CTABulkGenerateSource) == 2


def test_a_key_that_is_given_up_just_now_serves_the_next_request(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(session)
    look_it_up = bulk_tasks._known

    def meanwhile(*asked: Any) -> Recorded | None:
        bulk_tasks.give_up(session, first.bulk_task_id, "It could not be started.")
        return look_it_up(*asked)

    monkeypatch.setattr(bulk_tasks, "_known", meanwhile)
    assert ask(session).bulk_task_id != first.bulk_task_id
    assert count(session, CTABulkGenerateTask) == 2


def test_a_key_belongs_to_one_user_of_one_workspace(session: Session) -> None:
    others: list[dict[str, Any]] = [
        {}, {"user": "bob"}, {"workspace": "rival"}, {"key": "twice"}, {"key": "ONCE"},
        {"user": "bob", "sources": SOURCES[:1], "key": "other"},
    ]  # fmt: skip
    asked = [ask(session, **other) for other in others]
    assert len({one.bulk_task_id for one in asked}) == len(others)
    assert [ask(session, **other) for other in others] == asked


def test_the_same_request_without_a_key_is_another_one(session: Session) -> None:
    ask(session)
    assert len({ask(session, None).bulk_task_id for _ in range(3)}) == 3
    assert count(session, CTABulkGenerateTask) == 4


@pytest.mark.parametrize("unit", [unit_of_work, lambda: workspace_unit_of_work("acme")])
def test_of_ten_that_ask_at_once_under_one_key_one_is_recorded(
    database: Engine, unit: Callable[[], AbstractContextManager[Session]]
) -> None:
    barrier = threading.Barrier(10)
    answers: list[Recorded] = []

    def ask_at_once() -> None:
        barrier.wait(10)
        with unit() as session:
            answers.append(ask(session))

    threads = [threading.Thread(target=ask_at_once) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 10
    assert len(set(answers)) == 1
    with Session(database) as session:
        assert session.scalars(select(CTABulkGenerateTask.id)).all() == [answers[0].bulk_task_id]
        assert count(session, CTABulkGenerateSource) == 2


def states(session: Session, record: Any) -> set[tuple[str, str | None, bool]]:
    rows = session.execute(select(record.status, record.error_message, record.finished_at))
    return {(status, reason, ended is not None) for status, reason, ended in rows}


def test_giving_up_ends_a_bulk_task_and_its_sources_with_the_reason(session: Session) -> None:
    bulk_task_id, other = ask(session).bulk_task_id, ask(session, "other").bulk_task_id
    assert bulk_tasks.give_up(session, bulk_task_id, "No worker could be reached.") is None
    ended = {("failed", "No worker could be reached.", True)}
    for record, column in (
        (CTABulkGenerateTask, CTABulkGenerateTask.id),
        (CTABulkGenerateSource, CTABulkGenerateSource.bulk_generate_task_id),
    ):
        assert states(session, record) == {*ended, ("pending", None, False)}
        kept = select(record.status).where(column == other)
        assert set(session.scalars(kept)) == {"pending"}


def test_giving_up_frees_the_key_for_the_same_or_another_request(session: Session) -> None:
    first = ask(session)
    bulk_tasks.give_up(session, first.bulk_task_id, "No worker could be reached.")
    second = ask(session, sources=SOURCES[:1])
    assert second.bulk_task_id != first.bulk_task_id
    assert ask(session, sources=SOURCES[:1]) == second


def test_what_has_a_run_is_not_given_up(session: Session) -> None:
    first, run_id = ask(session), uuid4()
    bulk_tasks.own(session, first.bulk_task_id, run_id)
    assert bulk_tasks.give_up(session, first.bulk_task_id, "No worker could be reached.") == run_id
    assert states(session, CTABulkGenerateTask) == {("pending", None, False)}
    assert states(session, CTABulkGenerateSource) == {("pending", None, False)}
    assert ask(session).bulk_task_id == first.bulk_task_id


def test_giving_up_waits_for_a_run_that_is_beginning(database: Engine) -> None:
    with unit_of_work(database) as session:
        bulk_task_id = ask(session).bulk_task_id
    run_id, answers = uuid4(), []

    def give_up() -> None:
        with workspace_unit_of_work("acme") as session:
            answers.append(bulk_tasks.give_up(session, bulk_task_id, "Too late."))

    thread = threading.Thread(target=give_up)
    with unit_of_work(database) as session:
        bulk_tasks.own(session, bulk_task_id, run_id)
        thread.start()
        thread.join(0.3)
        assert not answers
    thread.join(10)
    assert answers == [run_id]


@pytest.mark.parametrize("status", ["pending", "running"])
def test_a_bulk_task_that_is_under_way_is_not_deleted(
    session: Session, bulk_task_id: UUID, preview_ids: list[UUID], status: str
) -> None:
    session.execute(update(CTABulkGenerateTask).values(status=status))
    with pytest.raises(BulkTaskNotEnded, match=f"{bulk_task_id} is {status}") as caught:
        bulk_tasks.remove(session, bulk_task_id)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert count(session, CTABulkGenerateTask) == 1
    assert count(session, CTAIFramePreview) == 3


@pytest.mark.parametrize("has_done", [True, False])
def test_a_bulk_task_that_has_ended_is_deleted_with_its_sources_and_previews(
    engine: Engine, session: Session, bulk_task_id: UUID, preview_ids: list[UUID],
    make_done: Callable[[UUID, UUID], None], has_done: bool,
) -> None:  # fmt: skip
    kept = ask(session).bulk_task_id
    if has_done:
        make_done(preview_ids[0], uuid4())
    bulk_tasks.settle(session, bulk_task_id, uuid4(), "It was cancelled.")
    assert bulk_tasks.get(session, bulk_task_id).status == ("done" if has_done else "failed")
    session.commit()
    with workspace_unit_of_work("acme") as api:
        bulk_tasks.remove(api, bulk_task_id)
        with pytest.raises(UnknownRecord):
            bulk_tasks.remove(api, bulk_task_id)
    with Session(engine) as after:
        assert after.scalars(select(CTABulkGenerateTask.id)).all() == [kept]
        assert set(after.scalars(select(CTABulkGenerateSource.bulk_generate_task_id))) == {kept}
        assert count(after, CTAIFramePreview) == 0


def test_what_is_not_there_is_neither_deleted_nor_given_up(session: Session) -> None:
    kept, unknown = ask(session), uuid4()
    for refuse in (bulk_tasks.remove, bulk_tasks.get):
        with pytest.raises(UnknownRecord, match=str(unknown)):
            refuse(session, unknown)
    assert bulk_tasks.give_up(session, unknown, "No worker could be reached.") is None
    assert states(session, CTABulkGenerateTask) == {("pending", None, False)}
    assert ask(session) == kept
