"""What the role of the API may do in the database, and that no other may stand in for it."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from db import api_tokens
from db.base import Base
from db.models import CTAApiToken, CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from db.workspaces import (
    API_ROLE,
    RoleNotConfined,
    check_confined,
    get_api_engine,
    workspace_unit_of_work,
)
from settings import Settings
from tests.db.two_workspaces import MODELS, OURS, THEIRS, Ids, fill

TABLES = [table.name for table in Base.metadata.sorted_tables if "workspace" in table.columns]
TOKENS = CTAApiToken.__tablename__
# Nobody's: when a generation was started last, by whomever.
OF_NO_WORKSPACE = {"cta_generation_turn", "cta_lease", "cta_deleted_preview"}
MAY_CHANGE = {
    "cta_bulk_generate_task": {"status", "error_message", "flow_run_id", "finished_at",
                               "idempotency_key", "request_hash", "updated_at", "attempt",
                               "lease_id", "times_lost", "started_at", "reopened_at"},
    "cta_bulk_generate_source": {"status", "error_message", "finished_at", "updated_at",
                                 "flow_run_id", "lease_id", "reopened_at"},
    "cta_iframe_preview": {"prefill", "headline_key", "edited_fields", "updated_at", "status",
                           "error_message", "attempt", "flow_run_id", "lease_id", "times_lost",
                           "background_url", "draft", "finished_at", "review", "reviewed_by",
                           "reviewed_at"},
}  # fmt: skip
MAY_ADD_TO = {"cta_bulk_generate_task", "cta_bulk_generate_source"}
MAY_DELETE_FROM = {"cta_bulk_generate_task"}
# Nobody writes those that Postgres computes.
COLUMNS = [
    (model, column.key)
    for model in MODELS
    for column in model.__table__.columns
    if column.computed is None
]


@pytest.fixture
def ids(database: Engine) -> Ids:
    return fill(database)


@pytest.fixture
def api_connection(database: Engine) -> Iterator[Connection]:
    with get_api_engine().connect() as connection:
        yield connection


def may(connection: Connection, table: str, privilege: str) -> bool:
    asked = text("SELECT has_table_privilege(:role, :table, :privilege)")
    given = {"role": API_ROLE, "table": table, "privilege": privilege}
    return bool(connection.scalar(asked, given))


def test_a_login_that_may_make_roles_takes_the_one_that_it_has_made(engine: Engine) -> None:
    made = import_module("db.migrations.versions.0005_keep_workspaces_apart").CREATE_ROLE
    with engine.connect() as connection:
        for step in (
            "CREATE ROLE cta_owner_of_tests CREATEROLE",
            "GRANT USAGE ON SCHEMA public TO cta_owner_of_tests WITH GRANT OPTION",
            "SET LOCAL SESSION AUTHORIZATION cta_owner_of_tests",
            made.replace(API_ROLE, "cta_of_tests"),
            "SET LOCAL ROLE cta_of_tests",
        ):
            connection.execute(text(step))
        assert connection.scalar(text("SELECT current_user")) == "cta_of_tests"
        connection.rollback()


def test_every_model_has_a_workspace() -> None:
    assert set(Base.metadata.tables) - set(TABLES) == OF_NO_WORKSPACE
    assert len(TABLES) == len(MODELS)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_locked_and_has_a_policy_for_the_role(engine: Engine, table: str) -> None:
    with engine.connect() as connection:
        is_locked = text("SELECT relrowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)")
        assert connection.scalar(is_locked, {"name": table})
        policies = connection.execute(
            text("SELECT roles::text[], cmd, permissive, qual, with_check FROM pg_policies "
                 "WHERE schemaname = current_schema() AND tablename = :name"), {"name": table},
        ).all()  # fmt: skip
    if table == TOKENS:
        assert policies == []
        return
    [policy] = policies
    assert (policy.roles, policy.cmd) == ([API_ROLE], "ALL")
    for condition in (policy.qual, policy.with_check):
        assert "(workspace)::text = current_setting('cta.workspace'::text, true)" in condition
        assert " OR " not in condition


@pytest.mark.parametrize("table", [*TABLES, *OF_NO_WORKSPACE, "alembic_version"])
def test_the_role_may_do_no_more_with_a_table_than_the_api_does(engine: Engine, table: str) -> None:
    is_known = table not in {TOKENS, *OF_NO_WORKSPACE, "alembic_version"}
    with engine.connect() as connection:
        assert may(connection, table, "SELECT") is is_known
        assert may(connection, table, "INSERT") is (table in MAY_ADD_TO)
        assert may(connection, table, "DELETE") is (table in MAY_DELETE_FROM)
        for privilege in ("UPDATE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            assert not may(connection, table, privilege)


@pytest.mark.parametrize(
    ("model", "column"), COLUMNS, ids=[f"{model.__tablename__}.{name}" for model, name in COLUMNS]
)
def test_the_role_changes_the_columns_that_the_api_changes(
    ids: Ids, model: Any, column: str
) -> None:
    same = text(f'UPDATE {model.__tablename__} SET "{column}" = "{column}"')
    with workspace_unit_of_work(OURS) as session:
        if column in MAY_CHANGE.get(model.__tablename__, set()):
            changed: Any = session.execute(same)
            assert changed.rowcount == 2
        else:
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(same)


def test_the_role_does_not_move_rows_to_another_workspace(ids: Ids) -> None:
    for values in (
        {"workspace": THEIRS},
        {"product_id": uuid4()},
        {"filled_attempt": 9},
    ):
        with workspace_unit_of_work(OURS) as session:
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(update(CTAIFramePreview).values(values))
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(update(CTABulkGenerateTask).values(workspace=THEIRS))


@pytest.mark.parametrize("table", [TOKENS, *OF_NO_WORKSPACE, "alembic_version"])
def test_the_role_cannot_read_what_is_not_the_apis(api_connection: Connection, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        api_connection.execute(text(f"SELECT 1 FROM {table}"))


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (id int)", "CREATE ROLE mine", "ALTER ROLE cta_api BYPASSRLS",
     "DROP POLICY one_workspace ON cta_iframe_preview", "DROP TABLE cta_model_call",
     "ALTER TABLE cta_iframe_preview DISABLE ROW LEVEL SECURITY", "TRUNCATE cta_model_call",
     "CREATE OR REPLACE FUNCTION cta_member_of_token(given bytea) RETURNS TABLE (workspace varchar, "
     "\"user\" varchar) LANGUAGE sql AS 'SELECT 1, 2'", "COPY cta_model_call TO '/tmp/calls'",
     "SELECT pg_read_file('/etc/passwd')"],
)  # fmt: skip
def test_the_role_cannot_change_the_locks(api_connection: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        api_connection.execute(text(statement))


def test_the_role_cannot_say_when_a_generation_was_started(api_connection: Connection) -> None:
    """One workspace could hold up the others with it."""
    for statement in (
        "INSERT INTO cta_generation_turn VALUES ('preview-generation', now() + interval '1 day')",
        "UPDATE cta_generation_turn SET started_at = now()",
        "DELETE FROM cta_generation_turn",
        "LOCK TABLE cta_generation_turn",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            api_connection.execute(text(statement))
        api_connection.rollback()


def test_giving_the_role_up_leads_back_to_it(ids: Ids, api_connection: Connection) -> None:
    for statement in ("RESET ROLE", "RESET ALL", "SET ROLE cta_api"):
        api_connection.execute(text(statement))
        assert api_connection.scalar(text("SELECT current_user")) == API_ROLE
        assert api_connection.scalar(text("SELECT count(*) FROM cta_iframe_preview")) == 0


def test_the_role_is_no_superuser_and_owns_nothing(api_connection: Connection) -> None:
    role = api_connection.execute(
        text("SELECT *, (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owned "
             "FROM pg_roles WHERE rolname = current_user")
    ).one()  # fmt: skip
    assert role.rolname == API_ROLE
    may_not = (
        "rolsuper",
        "rolbypassrls",
        "rolcreaterole",
        "rolcreatedb",
        "rolreplication",
        "rolcanlogin",
    )
    assert [name for name in may_not if getattr(role, name)] == []
    assert role.owned == 0
    members = text(
        "SELECT roleid FROM pg_auth_members WHERE member = CAST(current_user AS regrole)"
    )
    assert api_connection.execute(members).all() == []


def test_only_the_role_may_ask_whose_a_token_is(engine: Engine) -> None:
    with engine.connect() as connection:
        granted = connection.scalars(
            text("SELECT grantee::regrole::text FROM pg_proc, aclexplode(proacl) "
                 "WHERE proname = 'cta_member_of_token' AND pronamespace = "
                 "current_schema()::regnamespace AND grantee <> proowner")
        ).all()  # fmt: skip
    assert granted == [API_ROLE]


def test_a_token_is_looked_for_in_the_table_of_tokens_alone(ids: Ids) -> None:
    with unit_of_work(get_api_engine()) as session:
        session.execute(
            text('CREATE TEMP TABLE cta_api_token (token_hash bytea, workspace varchar, "user" '
                 "varchar, revoked_at timestamptz) ON COMMIT DROP")
        )  # fmt: skip
        session.execute(
            text("INSERT INTO pg_temp.cta_api_token VALUES (:hash, 'rival', 'eve', NULL)"),
            {"hash": api_tokens.hash_of("made up")},
        )
        found = session.execute(
            text("SELECT * FROM cta_member_of_token(:hash)"),
            {"hash": api_tokens.hash_of("made up")},
        )
        assert found.all() == []


def test_the_owner_of_the_tables_cannot_stand_in_for_the_role(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(RoleNotConfined, match="'postgres' passes by row-level security"):
            check_confined(connection)
        connection.execute(text(f"SET LOCAL ROLE {API_ROLE}"))
        check_confined(connection)


@pytest.fixture
def login(engine: Engine) -> Iterator[str]:
    """A login that is a member of the API's role and of nothing else."""
    name = f"login_{uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN IN ROLE {API_ROLE}"))
    yield name
    with engine.begin() as connection:
        connection.execute(text(f"DROP ROLE {name}"))


def engine_of(engine: Engine, login: str) -> Engine:
    url = engine.url.set(username=login)
    return get_api_engine(Settings(api_database_url=url.render_as_string(hide_password=False)))


def test_a_login_of_its_own_sees_one_workspace(engine: Engine, ids: Ids, login: str) -> None:
    own = engine_of(engine, login)
    try:
        with workspace_unit_of_work(OURS, own) as session:
            assert session.scalar(text("SELECT session_user")) == login
            found = session.scalars(text("SELECT DISTINCT workspace FROM cta_iframe_preview"))
            assert found.all() == [OURS]
        with Session(own) as nobody:
            assert nobody.scalars(select(CTABulkGenerateTask.id)).all() == []
    finally:
        own.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER ROLE {} SUPERUSER",
        "ALTER ROLE {} BYPASSRLS",
        "GRANT postgres TO {}",
        "GRANT postgres TO {} WITH INHERIT FALSE, SET TRUE",
    ],
)
def test_a_login_that_passes_by_the_policies_is_refused(
    engine: Engine, login: str, change: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text(change.format(login)))
    with pytest.raises(RoleNotConfined, match=f"{login}.* CTA_API_DATABASE_URL"):
        engine_of(engine, login)
