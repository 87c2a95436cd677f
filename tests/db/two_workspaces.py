"""Two workspaces with rows in every table, and the three ways in which their locks are tried."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from catalog.product import Source
from creative.calls import ModelCall
from db import api_tokens, bulk_tasks, costs, previews
from db.api_tokens import Member
from db.base import Base
from db.halves import PreviewAttempt
from db.models import CTAApiToken, CTABulkGenerateSource
from db.session import unit_of_work
from tests.db.conftest import PRODUCT_URL, save_product

OURS, THEIRS = "acme", "rival"
MODELS: list[Any] = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if "workspace" in mapper.columns),
    key=lambda model: model.__tablename__,
)
OPEN_TO_THE_API = [model for model in MODELS if model is not CTAApiToken]

Ids = dict[str, dict[Any, list[UUID]]]
Enter = Callable[[str], AbstractContextManager[Session]]


def fill(engine: Engine) -> Ids:
    """Rows of both workspaces in every table; their ids by workspace and model."""
    with unit_of_work(engine) as session:
        for workspace in (OURS, THEIRS):
            _fill(session, workspace)
    with unit_of_work(engine) as session:
        return {
            workspace: {
                model: list(session.scalars(select(model.id).where(model.workspace == workspace)))
                for model in MODELS
            }
            for workspace in (OURS, THEIRS)
        }


def _fill(session: Session, workspace: str) -> None:
    product_id = save_product(session, workspace)
    for _ in range(2):
        bulk_task_id = uuid4()
        source = Source(url=PRODUCT_URL, batch_size=1)
        bulk_tasks.record(session, bulk_task_id, [source], workspace=workspace, user="ann")
        session.flush()
        source_id = session.scalars(
            select(CTABulkGenerateSource.id).where(
                CTABulkGenerateSource.bulk_generate_task_id == bulk_task_id
            )
        ).one()
        [preview_id] = previews.queue(
            session, source_id, product_id, ["https://shop.example/1.jpg"]
        )
        costs.record(
            session, PreviewAttempt(preview_id, uuid4(), 1), "prefill",
            ModelCall("writer", 1.5, 10, 20, Decimal("0.1")),
        )  # fmt: skip
    api_tokens.create(session, Member(workspace, "ann"))


def everything(engine: Engine, workspace: str) -> dict[str, list[str]]:
    """All rows of a workspace as text, for comparison."""
    with engine.connect() as connection:
        return {
            model.__tablename__: sorted(
                connection.scalars(
                    text(f"SELECT t::text FROM {model.__tablename__} t WHERE workspace = :whose"),
                    {"whose": workspace},
                )
            )
            for model in MODELS
        }


def rows_touched(session: Session, statement: Any) -> int:
    """How many rows a statement changes; none where the role may not do such a thing at all."""
    try:
        with session.begin_nested():
            result: Any = session.execute(statement)
            return int(result.rowcount)
    except ProgrammingError as error:
        if "permission denied" not in str(error):
            raise
        return 0


def touch(model: Any, ids: list[UUID]) -> Any:
    return update(model).where(model.id.in_(ids)).values(updated_at=text("clock_timestamp()"))


def remove(model: Any, ids: list[UUID]) -> Any:
    return delete(model).where(model.id.in_(ids))
