"""What of a feed has changed since it was worked on last."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session

from catalog.product import Source
from db import bulk_tasks, feeds
from db.models import CTABulkGenerateSource
from db.session import unit_of_work
from tests.conftest import empty

URL = "https://shop.example/kettle"


def source(url: str = URL, batch_size: int = 2, **product: Any) -> Source:
    data = {"title": "Kettle", "price": "49.90 EUR", "image_urls": ["https://shop.example/1.jpg"]}
    return Source.model_validate({"url": url, "batch_size": batch_size, "product": data | product})


def work(session: Session, *sources: Source, status: str = "done", workspace: str = "acme") -> UUID:
    """A bulk task whose sources have all ended, as if each came a moment after the last."""
    bulk_task_id = uuid4()
    bulk_tasks.record(session, bulk_task_id, sources, workspace=workspace, user="ann")
    session.flush()
    session.execute(
        update(CTABulkGenerateSource)
        .where(CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id)
        .values(
            status=status,
            error_message="broken" if status == "failed" else None,
            created_at=text("clock_timestamp()"),
        )
    )
    return bulk_task_id


def test_what_is_known_as_it_is_is_left_out(session: Session) -> None:
    work(session, source())
    assert feeds.changed(session, "acme", [source()]) == []
    assert feeds.changed(session, "acme", [source(batch_size=1)]) == []


@pytest.mark.parametrize(
    "now",
    [
        source(price="39.90 EUR"), source(title="Kettle 2"), source(brand="Nordlys"),
        source(batch_size=3), source(f"{URL}?colour=red"), source(f"{URL}#top"),
        source(image_urls=["https://shop.example/1.jpg", "https://shop.example/2.jpg"]),
    ],
    ids=lambda now: f"{now.url} {now.batch_size}",
)  # fmt: skip
def test_what_has_changed_stays_in(session: Session, now: Source) -> None:
    work(session, source())
    same = source("https://shop.example/cup")
    work(session, same)
    assert feeds.changed(session, "acme", [same, now]) == [now]


def test_the_latest_that_is_done_counts(session: Session) -> None:
    work(session, source())
    work(session, source(price="39.90 EUR"))
    assert feeds.changed(session, "acme", [source()]) == [source()]
    work(session, source())
    work(session, source(price="29.90 EUR"), status="failed")
    assert feeds.changed(session, "acme", [source()]) == []
    assert feeds.changed(session, "acme", [source(price="29.90 EUR")]) != []


@pytest.mark.parametrize("status", ["pending", "running", "failed"])
def test_what_is_not_done_stays_in(session: Session, status: str) -> None:
    work(session, source(), status=status)
    assert feeds.changed(session, "acme", [source()]) == [source()]


def test_another_workspace_does_not_count(session: Session) -> None:
    work(session, source(), workspace="other")
    assert feeds.changed(session, "acme", [source()]) == [source()]


def test_a_page_that_has_to_be_read_stays_in(session: Session) -> None:
    page = Source(url=URL)
    work(session, page)
    assert feeds.changed(session, "acme", [page]) == [page]
    assert feeds.changed(session, "acme", [source(batch_size=1)]) == [source(batch_size=1)]


def test_an_address_that_is_asked_for_twice_is_known_by_its_larger_number(
    session: Session,
) -> None:
    work(session, source(batch_size=1), source(batch_size=3))
    session.execute(update(CTABulkGenerateSource).values(created_at=text("now()")))
    assert feeds.changed(session, "acme", [source(batch_size=3)]) == []


def test_no_sources_are_no_changes(session: Session) -> None:
    assert feeds.changed(session, "acme", []) == []


def test_the_longest_address_can_be_recorded_and_found(session: Session) -> None:
    """In signs that no compression makes short, and that take up four bytes each."""
    letters = [chr(0x20000 + number * 7919 % 40_000) for number in range(1_900)]
    longest = source(f"{URL}#{''.join(letters)}")
    work(session, longest)
    assert feeds.changed(session, "acme", [longest]) == []


@pytest.mark.long
def test_many_are_found_by_the_index(engine: Engine) -> None:
    """A plan, for no test measures time: one look into the index for each address."""
    empty(engine)
    sources = [source(f"{URL}-{number}") for number in range(6_000)]
    try:
        with unit_of_work(engine) as session:
            for _ in range(2):
                work(session, *sources)
            assert feeds.changed(session, "acme", [*sources, source()]) == [source()]
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE cta_bulk_generate_source")
        assert "ix_cta_bulk_generate_source_done_by_url" in plan(engine, sources)
    finally:
        empty(engine)


def plan(engine: Engine, sources: list[Source]) -> str:
    """How Postgres answers the statement that `feeds.changed` asks."""
    asked: list[tuple[Any, Any]] = []
    with unit_of_work(engine) as session:
        execute = session.execute
        session.execute = lambda statement: asked.append(statement) or execute(statement)  # type: ignore[method-assign,assignment,arg-type,func-returns-value]
        feeds.changed(session, "acme", sources[:100])
        compiled = asked[0].compile(engine)  # type: ignore[attr-defined]
        rows = session.connection().exec_driver_sql(
            f"EXPLAIN {compiled}", compiled.construct_params()
        )
        return "\n".join(row[0] for row in rows)
