"""The hooks, called as Prefect calls them: late, twice, and after a crash."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Cancelling, Completed, Crashed, Failed, Running
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from catalog.errors import PageGone
from catalog.product import ScrapedProduct, Source
from db import bulk_tasks, previews, products
from db.models import CTABulkGenerateSource, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from flows import hooks


class Rows:
    """A bulk task of one source with two queued previews, and the runs that serve them."""

    def __init__(self) -> None:
        self.bulk_task_id = uuid4()
        url = "https://shop.example/mug"
        with unit_of_work() as session:
            source = Source(url=url, batch_size=2)
            bulk_tasks.record(session, self.bulk_task_id, [source], workspace="acme", user="ann")
            session.flush()
            self.source_id = session.scalars(select(CTABulkGenerateSource.id)).one()
            product_id = products.save(
                session, url, ScrapedProduct(url=url, title="Mug"), workspace="acme", user="ann"
            )
            self.preview_ids = previews.queue(session, self.source_id, product_id, ["a", "b"])
        self.bulk_run = run(bulk_task_id=str(self.bulk_task_id), sources=[])
        self.source_run = part(source_id=str(self.source_id))
        self.preview_runs = [part(preview_id=str(preview_id)) for preview_id in self.preview_ids]

    def status(self, record: Any, row_id: UUID) -> tuple[str, str | None]:
        with unit_of_work() as session:
            row = session.get_one(record, row_id)
            return row.status, row.error_message

    def preview(self, position: int) -> tuple[str, str | None]:
        return self.status(CTAIFramePreview, self.preview_ids[position])

    def fill(self, position: int) -> None:
        with unit_of_work() as session:
            previews.fill(
                session,
                self.preview_ids[position],
                self.preview_runs[position].id,
                {"generated_background_url": "file:///b.jpg"},
            )


def run(**parameters: Any) -> FlowRun:
    return FlowRun(id=uuid4(), flow_id=uuid4(), name="run", parameters=parameters)


def part(**parameters: Any) -> FlowRun:
    """A run that another flow run has started."""
    return run(**parameters).model_copy(update={"parent_task_run_id": uuid4()})


@pytest.fixture
def made(database: Engine) -> Iterator[Rows]:
    return Rows()


def call(hook: Any, flow_run: FlowRun, state: State[Any]) -> None:
    hook(None, flow_run, state)


def test_a_repeated_running_hook_does_not_wake_a_done_preview(made: Rows) -> None:
    call(hooks.mark_preview_running, made.preview_runs[0], Running())
    made.fill(0)
    call(hooks.mark_preview_done, made.preview_runs[0], Completed())
    call(hooks.mark_preview_running, made.preview_runs[0], Running())
    call(hooks.mark_preview_failed, made.preview_runs[0], Crashed(message="late"))
    assert made.preview(0) == ("done", None)


def test_the_reason_on_the_row_is_the_errors_own_sentence(made: Rows) -> None:
    error = PageGone("https://shop.example/", "The page is gone.")
    call(hooks.mark_preview_failed, made.preview_runs[0], Failed(data=error, message="noise"))
    assert made.preview(0) == ("failed", "The page is gone.")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Cancelling(), "cancelled"),
        (Crashed(message="Process was killed."), "crashed"),
    ],
)
def test_a_run_that_is_cancelled_or_crashes_leaves_nothing_unfinished(
    made: Rows, state: State[Any], told: str
) -> None:
    call(hooks.mark_bulk_task_running, made.bulk_run, Running())
    call(hooks.mark_source_running, made.source_run, Running())
    call(hooks.mark_preview_running, made.preview_runs[0], Running())
    call(hooks.settle_bulk_task, made.bulk_run, state)
    statuses = [
        made.preview(0),
        made.preview(1),
        made.status(CTABulkGenerateSource, made.source_id),
        made.status(CTABulkGenerateTask, made.bulk_task_id),
    ]
    assert {status for status, _ in statuses} == {"failed"}
    assert all(told in str(reason) for _, reason in statuses)


def test_a_crash_does_not_undo_what_is_done(made: Rows) -> None:
    call(hooks.mark_preview_running, made.preview_runs[0], Running())
    made.fill(0)
    call(hooks.mark_preview_done, made.preview_runs[0], Completed())
    call(hooks.settle_bulk_task, made.bulk_run, Crashed(message="Process was killed."))
    assert made.preview(0) == ("done", None)
    status, message = made.status(CTABulkGenerateTask, made.bulk_task_id)
    assert status == "done"
    assert "1 of 2 previews failed" in str(message)


def test_a_bulk_task_that_its_run_records_takes_the_runs_id() -> None:
    flow_run = run(sources=[], bulk_task_id=None)
    assert hooks.bulk_task_id_of(flow_run) == flow_run.id


def test_a_write_is_tried_again_while_the_database_is_away(
    made: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def away_at_first() -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        return unit_of_work()

    monkeypatch.setattr(hooks, "unit_of_work", away_at_first)
    call(hooks.mark_preview_running, made.preview_runs[0], Running())
    assert len(tries) == 3
    assert made.preview(0)[0] == "running"
