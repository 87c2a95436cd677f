"""A workspace sees and changes its own rows alone, by either lock while the other is open."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    Engine,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session, aliased, selectinload

from db import (
    bulk_tasks,
    cards,
    costs,
    outcomes,
    preview_details,
    reopening,
    resuming,
    reviews,
    shown_previews,
    waiting,
    workspaces,
)
from db.cards import CardFilter, CardOrder
from db.errors import UnknownRecord
from db.models import (
    CTAApiToken,
    CTABulkGenerateSource,
    CTABulkGenerateTask,
    CTAIFramePreview,
    ECommerceProduct,
    Review,
)
from db.progress import Progress, progress
from db.reviews import ReviewCounts
from db.session import connect
from db.workspaces import API_ROLE, get_api_engine, workspace_unit_of_work
from settings import Settings
from tests.db.two_workspaces import (
    MODELS,
    OPEN_TO_THE_API,
    OURS,
    THEIRS,
    Enter,
    Ids,
    everything,
    fill,
    remove,
    rows_touched,
    touch,
)

each_model = pytest.mark.parametrize("model", OPEN_TO_THE_API, ids=lambda one: one.__tablename__)


@pytest.fixture
def ids(database: Engine) -> Ids:
    return fill(database)


@pytest.fixture(params=["both locks", "the queries' lock", "the database's lock"])
def enter(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, engine: Engine, ids: Ids
) -> Enter:
    """Opens a unit of work on a workspace, with both locks or with one of them."""
    if request.param == "the queries' lock":
        return partial(workspace_unit_of_work, engine=engine)
    if request.param == "the database's lock":
        monkeypatch.setattr(workspaces, "confine", lambda session, workspace: None)
    return workspace_unit_of_work


@each_model
def test_every_kind_of_select_shows_the_rows_of_one_workspace(
    enter: Enter, ids: Ids, model: Any
) -> None:
    for whose in (OURS, THEIRS, OURS):
        own, other = set(ids[whose][model]), aliased(model)
        with enter(whose) as session:
            assert set(session.scalars(select(model.id))) == own
            assert {row.id for row in session.scalars(select(model))} == own
            assert {row.id for row in session.query(model)} == own
            assert session.query(model).count() == len(own)
            assert session.scalar(select(func.count()).select_from(model)) == len(own)
            assert set(session.scalars(select(other.id))) == own
            assert set(session.scalars(select(select(model.id).subquery().c.id))) == own
            assert set(session.scalars(select(select(model.id).cte().c.id))) == own
            both = union_all(select(model.id), select(other.id))
            assert len(session.execute(both).all()) == 2 * len(own)
            assert session.scalar(select(select(func.count(model.id)).scalar_subquery())) == len(
                own
            )
            assert set(session.scalars(select(model.workspace))) == {whose}


@each_model
def test_a_row_of_another_workspace_is_not_found_by_its_id(
    enter: Enter, ids: Ids, model: Any
) -> None:
    with enter(OURS) as session:
        for row_id in ids[THEIRS][model]:
            assert session.get(model, row_id) is None
            assert session.scalar(select(model).where(model.id == row_id)) is None
            assert (
                session.scalar(select(exists(select(model.id).where(model.id == row_id)))) is False
            )
        for row_id in ids[OURS][model]:
            assert session.get_one(model, row_id).workspace == OURS


@each_model
def test_a_row_of_another_workspace_is_neither_changed_nor_deleted(
    engine: Engine, enter: Enter, ids: Ids, model: Any
) -> None:
    before = everything(engine, THEIRS)
    with enter(OURS) as session:
        assert rows_touched(session, touch(model, ids[THEIRS][model])) == 0
        assert rows_touched(session, remove(model, ids[THEIRS][model])) == 0
        whole = [*ids[THEIRS][model], *ids[OURS][model]]
        assert rows_touched(session, touch(model, whole)) in (0, len(ids[OURS][model]))
        everyone = update(model).values(updated_at=func.clock_timestamp())
        assert rows_touched(session, everyone) in (0, len(ids[OURS][model]))
        assert rows_touched(session, delete(model)) in (0, len(ids[OURS][model]))
    assert everything(engine, THEIRS) == before


def test_what_is_changed_and_deleted_is_the_own(engine: Engine, enter: Enter, ids: Ids) -> None:
    changed = (CTABulkGenerateTask, CTABulkGenerateSource, CTAIFramePreview)
    before = everything(engine, THEIRS)
    with enter(OURS) as session:
        for model in changed:
            assert rows_touched(session, touch(model, ids[OURS][model])) == 2
        assert rows_touched(session, delete(CTABulkGenerateTask)) == 2
    left = everything(engine, OURS)
    assert [left[model.__tablename__] for model in changed] == [[], [], []]
    assert everything(engine, THEIRS) == before


def test_joins_and_subqueries_see_one_workspace(enter: Enter, ids: Ids) -> None:
    task, preview, product = CTABulkGenerateTask, CTAIFramePreview, ECommerceProduct
    with enter(OURS) as session:
        crossed = session.execute(
            select(task.workspace, preview.workspace, product.workspace)
            .select_from(task)
            .join(preview, true())
            .outerjoin(product, true())
        ).all()
        assert crossed == [(OURS, OURS, OURS)] * 4
        within = select(preview.id).where(
            preview.bulk_generate_task_id.in_(select(task.id).where(task.workspace == THEIRS))
        )
        assert session.scalars(within).all() == []
        assert session.scalar(select(exists(within))) is False
        theirs = select(func.count(preview.id)).where(preview.workspace == THEIRS)
        assert session.scalars(select(theirs.scalar_subquery())).all() == [0]
        beside = select(preview.workspace).lateral()
        beside_each = select(task.workspace, beside.c.workspace).join(beside, true())
        assert session.execute(beside_each).all() == [(OURS, OURS)] * 4
        loaded = session.scalars(select(task).options(selectinload(task.sources))).all()
        assert [[source.workspace for source in one.sources] for one in loaded] == [[OURS], [OURS]]


def test_what_the_api_asks_for_answers_for_one_workspace(
    engine: Engine, enter: Enter, ids: Ids
) -> None:
    before = everything(engine, THEIRS)
    [task_id, _], [preview_id, _] = ids[THEIRS][CTABulkGenerateTask], ids[THEIRS][CTAIFramePreview]
    with enter(OURS) as session:
        for unknown in (
            partial(bulk_tasks.get, session, task_id),
            partial(bulk_tasks.remove, session, task_id),
            partial(bulk_tasks.own, session, task_id, uuid4()),
            partial(shown_previews.show, session, preview_id),
            partial(shown_previews.filled, session, preview_id),
            partial(reviews.give, session, preview_id, Review.APPROVED, user="ann"),
            partial(preview_details.details, session, preview_id),
            partial(resuming.resume, session, task_id),
            partial(reopening.reopen_preview, session, preview_id, parts=["background"]),
            partial(waiting.own, session, CTABulkGenerateTask, task_id, uuid4()),
        ):
            with pytest.raises(UnknownRecord):
                unknown()
        waiting.own(session, CTAIFramePreview, preview_id, uuid4())
        for kind, row_id in ((CTABulkGenerateTask, task_id), (CTAIFramePreview, preview_id)):
            assert waiting.give_up(session, kind, row_id, "It could not be started.") is None
        assert bulk_tasks.give_up(session, task_id, "It could not be started.") is None
        assert progress(session, task_id) == Progress(0, 0, 0, 0, 0)
        assert reviews.counts(session, task_id) == ReviewCounts(0, 0, 0)
        assert outcomes.by_source(session, task_id) == []
        assert outcomes.page(session, task_id, status=None, number=1, size=9) == []
        assert outcomes.count(session, task_id, status=None) == 0
        assert costs.of_preview(session, preview_id).calls == 0
        for wanted in (CardFilter(order=order, words=words) for order in CardOrder
                       for words in ("", "kettle")):  # fmt: skip
            assert cards.page(session, task_id, wanted, number=1, size=9) == []
            assert cards.count(session, task_id, wanted) == 0
            assert cards.beside(session, task_id, wanted, preview_id) == (None, None)
        assert costs.of_bulk_task(session, task_id).calls == 0
        assert progress(session, ids[OURS][CTABulkGenerateTask][0]).total == 1
    assert everything(engine, THEIRS) == before


def previews_of(session: Session, cursor: str | None, **wanted: UUID) -> Any:
    filters: dict[str, Any] = {"bulk_task_id": None, "product_id": None, "status": None, **wanted}
    return shown_previews.page(session, **filters, page_size=1, cursor=cursor)


def test_lists_hold_one_workspace_whatever_cursor_and_filter_are_given(
    enter: Enter, ids: Ids
) -> None:
    with enter(THEIRS) as session:
        theirs = previews_of(session, None)
        their_tasks = bulk_tasks.page(session, status=None, page_size=1, cursor=None)
    with enter(OURS) as session:
        first = previews_of(session, None)
        second = previews_of(session, first.next)
        assert {row.id for row in (*first.rows, *second.rows)} == set(ids[OURS][CTAIFramePreview])
        assert second.next is None
        beyond = previews_of(session, theirs.next).rows
        assert {row.id for row in beyond} <= set(ids[OURS][CTAIFramePreview])
        tasks = bulk_tasks.page(session, status=None, page_size=9, cursor=their_tasks.next).rows
        assert {task.id for task in tasks} <= set(ids[OURS][CTABulkGenerateTask])
        foreign = {"bulk_task_id": CTABulkGenerateTask, "product_id": ECommerceProduct}
        for name, model in foreign.items():
            assert previews_of(session, None, **{name: ids[THEIRS][model][0]}).rows == []


def test_the_queries_lock_holds_the_tokens_too(engine: Engine, ids: Ids) -> None:
    with workspace_unit_of_work(OURS, engine) as session:
        assert session.scalars(select(CTAApiToken.workspace)).all() == [OURS]
        assert rows_touched(session, delete(CTAApiToken)) == 1


@pytest.mark.parametrize("table", [model.__tablename__ for model in OPEN_TO_THE_API])
def test_the_databases_lock_holds_statements_that_are_plain_text(ids: Ids, table: str) -> None:
    with workspace_unit_of_work(OURS) as session:
        found = session.execute(text(f"SELECT workspace, count(*) FROM {table} GROUP BY 1")).all()
        assert [row.workspace for row in found] == [OURS]
        assert session.scalar(text(f"SELECT count(*) FROM {table} WHERE workspace = 'rival'")) == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__tablename__)
def test_without_a_workspace_there_is_nothing(ids: Ids, model: Any) -> None:
    with Session(get_api_engine()) as session:
        for statement in (select(model.id), text(f"SELECT id FROM {model.__tablename__}")):
            if model is CTAApiToken:
                with (
                    pytest.raises(ProgrammingError, match="permission denied"),
                    session.begin_nested(),
                ):
                    session.execute(statement)
            else:
                assert session.execute(statement).all() == []
        assert rows_touched(session, touch(model, ids[OURS][model])) == 0
        assert rows_touched(session, delete(model)) == 0


@pytest.mark.parametrize("whose", [THEIRS, "", "ACME", "acme ", "%"])
def test_a_row_for_another_workspace_is_refused(ids: Ids, whose: str) -> None:
    with workspace_unit_of_work(OURS) as session:
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            bulk_tasks.record(session, uuid4(), [], workspace=whose, user="ann")
        source = insert(CTABulkGenerateSource).values(
            id=uuid4(), bulk_generate_task_id=ids[OURS][CTABulkGenerateTask][0], position=7,
            url="https://a.example/", batch_size=1, workspace=whose, user="ann",
        )  # fmt: skip
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(source)


@pytest.fixture
def one_connection(engine: Engine) -> Any:
    """An engine of the API's that has a single connection for all."""
    single = connect(
        engine.url, Settings(database_pool_size=1), connect_args={"options": f"-c role={API_ROLE}"}
    )
    yield single
    single.dispose()


def test_a_connection_that_two_workspaces_use_in_turn_keeps_them_apart(
    one_connection: Engine, monkeypatch: pytest.MonkeyPatch, ids: Ids
) -> None:
    monkeypatch.setattr(workspaces, "confine", lambda session, workspace: None)
    backends = set()

    def seen(session: Session) -> list[str]:
        backends.add(session.scalar(text("SELECT pg_backend_pid()")))
        return list(session.scalars(text("SELECT DISTINCT workspace FROM cta_iframe_preview")))

    def fail(whose: str) -> None:
        with workspace_unit_of_work(whose, one_connection) as session:
            assert seen(session) == [whose]
            session.execute(text("SELECT 1 / 0"))

    for whose in (OURS, THEIRS, OURS):
        with workspace_unit_of_work(whose, one_connection) as session:
            assert seen(session) == [whose]
        with Session(one_connection) as session:
            assert seen(session) == []
        with pytest.raises(Exception, match="division by zero"):
            fail(whose)
        with Session(one_connection) as session:
            assert seen(session) == []
    assert len(backends) == 1


def test_after_a_commit_nothing_is_seen_any_more(monkeypatch: pytest.MonkeyPatch, ids: Ids) -> None:
    monkeypatch.setattr(workspaces, "confine", lambda session, workspace: None)
    with Session(get_api_engine()) as session:
        named = text("SELECT set_config('cta.workspace', 'acme', true)")
        session.execute(named)
        assert session.scalar(select(func.count(CTAIFramePreview.id))) == 2
        session.commit()
        assert session.scalar(select(func.count(CTAIFramePreview.id))) == 0
