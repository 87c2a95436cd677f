"""What the database itself refuses, and what goes with what."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.models import (
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
)


def refused(session: Session, statement: Any, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
        session.execute(statement)


@pytest.mark.parametrize("record", [CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview])
def test_an_unknown_status_is_refused(
    session: Session, preview_ids: list[UUID], record: Any
) -> None:
    refused(session, update(record).values(status="finished"), "status_known")


@pytest.mark.parametrize("batch_size", [0, 11, -1])
def test_a_batch_size_outside_1_to_10_is_refused(
    session: Session, source_ids: list[UUID], batch_size: int
) -> None:
    refused(
        session, update(CTABulkGenerateSource).values(batch_size=batch_size), "batch_size_1_to_10"
    )


@pytest.mark.parametrize("prefill", [None, {}, {"generated_background_url": ""}])
def test_a_done_preview_without_its_background_is_refused(
    session: Session, preview_ids: list[UUID], prefill: dict[str, Any] | None
) -> None:
    statement = update(CTAIFramePreview).values(status="done", prefill=prefill)
    refused(session, statement, "done_has_background")


DONE = {"status": "done", "prefill": {"generated_background_url": "file:///b.jpg"}}
REVIEWED = {"review": "approved", "reviewed_by": "ann", "reviewed_at": func.now()}


@pytest.mark.parametrize("status", ["queued", "running", "failed"])
def test_a_review_of_what_is_not_done_is_refused(
    session: Session, preview_ids: list[UUID], status: str
) -> None:
    session.execute(update(CTAIFramePreview).values(**DONE, **REVIEWED))
    statement = update(CTAIFramePreview).values(status=status, error_message="Why.")
    refused(session, statement, "review_of_what_is_done")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"review": "liked"}, "review_known"),
        ({"review": None}, "review_with_its_user"),
        ({"reviewed_by": None}, "review_with_its_user"),
        ({"reviewed_at": None}, "review_with_its_user"),
        ({"reviewed_by": None, "reviewed_at": None}, "review_with_its_user"),
    ],
)
def test_a_review_without_all_that_belongs_to_it_is_refused(
    session: Session, preview_ids: list[UUID], change: dict[str, Any], constraint: str
) -> None:
    refused(session, update(CTAIFramePreview).values(**DONE, **(REVIEWED | change)), constraint)


def test_the_headline_by_itself_is_that_of_the_prefill(
    session: Session, preview_ids: list[UUID]
) -> None:
    def headlines() -> list[str | None]:
        return list(session.scalars(select(CTAIFramePreview.headline).distinct()))

    assert headlines() == [None]
    for prefill, headline in (({"headline": "Tea"}, "Tea"), ({"brand": "Tea"}, None)):
        session.execute(update(CTAIFramePreview).values(prefill=prefill))
        assert headlines() == [headline]


def test_a_failure_without_a_reason_is_refused(session: Session, preview_ids: list[UUID]) -> None:
    refused(session, update(CTAIFramePreview).values(status="failed"), "failed_says_why")


def test_a_preview_in_another_workspace_than_its_bulk_task_is_refused(
    session: Session, preview_ids: list[UUID]
) -> None:
    refused(session, update(CTAIFramePreview).values(workspace="rival"), "fk_cta_iframe_preview")


def test_a_preview_of_another_workspaces_product_is_refused(
    session: Session, preview_ids: list[UUID]
) -> None:
    refused(session, update(ECommerceProduct).values(workspace="rival"), "product_id_workspace")


def test_a_second_product_for_one_address_is_refused(session: Session, product_id: UUID) -> None:
    known = session.get_one(ECommerceProduct, product_id)
    again = ECommerceProduct(
        id=uuid4(), user="ann", workspace="acme", url=known.url, title="Kettle",
        canonical_url=known.canonical_url, read_at=func.now(),
    )  # fmt: skip
    session.add(again)
    with pytest.raises(IntegrityError, match="workspace_canonical_url"):
        session.flush()
    session.rollback()


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(CTAIFramePreview)) or 0


def test_deleting_a_bulk_task_deletes_its_previews(
    session: Session, preview_ids: list[UUID]
) -> None:
    assert count(session) == 3
    session.execute(delete(CTABulkGenerateTask))
    assert count(session) == 0


def test_deleting_a_product_deletes_its_previews_and_keeps_the_source(
    session: Session, source_ids: list[UUID], product_id: UUID, preview_ids: list[UUID]
) -> None:
    session.execute(update(CTABulkGenerateSource).values(product_id=product_id))
    session.execute(delete(ECommerceProduct))
    assert count(session) == 0
    kept = session.get_one(CTABulkGenerateSource, source_ids[0], populate_existing=True)
    assert (kept.product_id, kept.workspace) == (None, "acme")


def test_moments_carry_their_time_zone(session: Session, bulk_task_id: UUID) -> None:
    assert session.get_one(CTABulkGenerateTask, bulk_task_id).created_at.tzinfo is not None
