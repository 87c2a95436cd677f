"""Lists and details of previews are read off indexes alone."""

import pytest
from sqlalchemy import Engine

from bench.million_previews import LARGE, fill
from bench.plans import plans_of
from bench.rest import questions
from db.session import unit_of_work
from db.workspaces import get_api_engine
from tests.conftest import empty


@pytest.mark.timeout(120)
def test_previews_are_read_off_indexes(engine: Engine) -> None:
    empty(engine)
    with unit_of_work(engine) as session:
        fill(session, 60_000)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    try:
        for name, ask in questions().items():
            if "batch" in name:
                continue  # Of so few it reads all; `make bench-rest` has more.
            plans = plans_of(get_api_engine(), LARGE, ask)
            assert plans, name
            for plan in plans:
                assert plan.is_off_indexes, (name, plan)
                assert plan.passed_over < 10, (name, plan)
    finally:
        empty(engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
