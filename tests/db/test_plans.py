"""Lists and details of previews are read off indexes alone, and cards without a walk through all."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine

from bench.million_previews import LARGE, fill
from bench.plans import plans_of
from bench.rest import PAGE_SIZE, questions, some_ids
from db import cards
from db.cards import CardFilter, CardOrder
from db.session import unit_of_work
from db.workspaces import get_api_engine
from tests.conftest import empty

pytestmark = pytest.mark.long

# Those of one source are sorted by themselves, ten at most, for their order is in two tables.
OF_ONE_SOURCE = {"Incremental Sort"}


@pytest.fixture(scope="module")
def many(engine: Engine) -> Iterator[None]:
    """Many previews, ten thousand of them in one batch."""
    empty(engine)
    with unit_of_work(engine) as session:
        fill(session, 110_000)
    clean(engine)
    yield
    empty(engine)
    clean(engine)


def clean(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


@pytest.mark.usefixtures("many")
def test_previews_are_read_off_indexes() -> None:
    for name, ask in questions().items():
        if "batch" in name:
            continue  # Of so few it may read all; `make bench-rest` has more.
        plans = plans_of(get_api_engine(), LARGE, ask)
        assert plans, name
        for plan in plans:
            assert plan.is_off_indexes, (name, plan)
            # Those of a product in a batch are found among the product's own, some dozen by chance.
            assert plan.passed_over < PAGE_SIZE, (name, plan)


def asked_of_cards(wanted: CardFilter) -> dict[str, Callable[[Any], object]]:
    batch_id, _, preview_id = some_ids()
    return {
        "count": partial(cards.count, bulk_task_id=batch_id, wanted=wanted),
        "page": partial(cards.page, bulk_task_id=batch_id, wanted=wanted, number=1, size=48),
        "beside": partial(
            cards.beside, bulk_task_id=batch_id, wanted=wanted, preview_id=preview_id
        ),
    }


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("order", CardOrder)
@pytest.mark.parametrize("asked", ["page", "beside"])
def test_the_first_cards_and_those_beside_one_are_read_off_indexes(
    order: CardOrder, asked: str
) -> None:
    for plan in plans_of(get_api_engine(), LARGE, asked_of_cards(CardFilter(order=order))[asked]):
        off_indexes = replace(plan, nodes=tuple({*plan.nodes} - OF_ONE_SOURCE)).is_off_indexes
        assert off_indexes, plan
        assert plan.passed_over <= 10, plan


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("order", CardOrder)
@pytest.mark.parametrize("asked", ["count", "page", "beside"])
def test_a_search_brings_each_preview_together_with_its_own_alone(
    order: CardOrder, asked: str
) -> None:
    """Also for a word that is nowhere, where Postgres hopes to find one soon."""
    wanted = CardFilter(order=order, words="nowhere")
    *_, plan = plans_of(get_api_engine(), LARGE, asked_of_cards(wanted)[asked])
    assert 0 < plan.joined_in_vain <= 10_000, plan
