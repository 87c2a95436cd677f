"""What models cost: kept call by call, summed up per preview and per bulk task."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from creative.calls import ModelCall
from db import costs
from db.costs import Cost
from db.errors import UnknownRecord
from db.halves import PreviewAttempt
from db.models import CTABulkGenerateTask, CTAIFramePreview, CTAModelCall
from db.reports import bulk_generate_result

PAINTED = ModelCall("painter", 6.5, 1500, 1120, Decimal("0.06795"))
WRITTEN = ModelCall("writer", 1.25, 900, 100, Decimal("0.00075"))
REFUSED = ModelCall("writer", 0.25, failure="GeneratorOverloaded")


def attempt_at(preview_id: UUID) -> PreviewAttempt:
    return PreviewAttempt(preview_id, uuid4(), 1)


@pytest.fixture
def called(session: Session, preview_ids: list[UUID]) -> list[UUID]:
    """The first preview took three calls, the second one, the third none."""
    first, second, _ = preview_ids
    costs.record(session, attempt_at(first), "background", PAINTED)
    costs.record(session, attempt_at(first), "prefill", REFUSED)
    costs.record(session, attempt_at(first), "prefill", WRITTEN)
    costs.record(session, attempt_at(second), "prefill", WRITTEN)
    session.flush()
    return preview_ids


def test_a_bulk_task_costs_what_its_previews_do(
    session: Session, bulk_task_id: UUID, called: list[UUID]
) -> None:
    first, second, third = called
    by_preview = costs.by_preview(session, bulk_task_id)
    assert by_preview[first] == Cost(3, 2400, 1220, 8.0, Decimal("0.0687"), ("painter", "writer"))
    assert by_preview[second] == Cost(1, 900, 100, 1.25, Decimal("0.00075"), ("writer",))
    assert third not in by_preview
    whole = costs.of_bulk_task(session, bulk_task_id)
    assert whole == Cost(4, 3300, 1320, 9.25, Decimal("0.06945"), ("painter", "writer"))


def test_the_report_has_the_cost_of_the_whole_and_of_each_preview(
    session: Session, bulk_task_id: UUID, called: list[UUID]
) -> None:
    result = bulk_generate_result(session, bulk_task_id)
    assert str(result.cost) == (
        "4 calls of painter and writer: 3,300 tokens in, 1,320 out, 9 s, $0.0694."
    )
    frame = result.to_frame().set_index("preview_id").loc[called]
    assert list(frame["model_calls"]) == [3, 1, 0]
    assert list(frame["tokens_out"]) == [1220, 100, 0]
    assert sum(frame["cost_usd"]) == result.cost.usd


def test_a_bulk_task_without_calls_costs_nothing(session: Session, bulk_task_id: UUID) -> None:
    assert costs.of_bulk_task(session, bulk_task_id) == Cost()
    assert str(Cost()) == "No model was called."


def test_what_was_paid_is_known_after_its_preview_is_deleted(
    session: Session, bulk_task_id: UUID, called: list[UUID]
) -> None:
    before = costs.of_bulk_task(session, bulk_task_id)
    session.execute(delete(CTAIFramePreview).where(CTAIFramePreview.id == called[0]))
    assert costs.of_bulk_task(session, bulk_task_id) == before
    session.execute(delete(CTABulkGenerateTask))
    assert costs.of_bulk_task(session, bulk_task_id) == Cost()


def test_a_call_of_a_preview_that_is_not_there_is_refused(session: Session) -> None:
    with pytest.raises(UnknownRecord):
        costs.record(session, attempt_at(uuid4()), "prefill", WRITTEN)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"workspace": "rival"}, "fk_cta_model_call"),
        ({"half": "video"}, "half_known"),
        ({"tokens_out": -1}, "nothing_below_zero"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, called: list[UUID], change: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
        session.execute(update(CTAModelCall).values(**change))


def test_a_call_that_is_recorded_again_counts_once(
    session: Session, preview_ids: list[UUID], bulk_task_id: UUID
) -> None:
    """As after the answer to a COMMIT that was carried out did not come."""
    attempt, call_id = attempt_at(preview_ids[0]), uuid4()
    for _ in range(2):
        costs.record(session, attempt, "prefill", WRITTEN, call_id)
        session.flush()
    assert costs.of_bulk_task(session, bulk_task_id).calls == 1
