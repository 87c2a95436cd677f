"""One workspace at a time: how the API reads and writes, with two locks on every row.

The first lock is `confine`, which adds the workspace to every query of a session. The second is
Postgres's own: the API's connections have the role `cta_api`, which row-level security shows the
rows of the one workspace that the transaction names, and none where it names none.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, TextClause, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from db.api_tokens import Member, TokenRefused, hash_of
from db.base import Owned
from db.session import connect, get_engine
from settings import Settings, get_settings

API_ROLE = "cta_api"
# Where Postgres expects few rows it would gather and sort them, and be wrong about large products.
_OPTIONS = "-c enable_bitmapscan=off -c timezone=UTC"
_engines: dict[str, Engine] = {}
_engines_lock = threading.Lock()

_CAN_PASS_THE_POLICIES = text(
    """
    SELECT rolsuper OR rolbypassrls OR EXISTS (
        SELECT FROM pg_class WHERE oid = CAST('cta_iframe_preview' AS regclass)
        AND pg_has_role(current_user, relowner, 'MEMBER')
    ) FROM pg_roles WHERE rolname = current_user
    """
)
_NAME_WORKSPACE = text("SELECT set_config('cta.workspace', :workspace, true)")
_OPEN_WORKSPACE = text(
    """
    SELECT workspace, "user", set_config('cta.workspace', workspace, true)
    FROM cta_member_of_token(:token_hash)
    """
)


class RoleNotConfined(Exception):
    """The API's role in the database could see every workspace."""

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(
            f"The role {role!r} passes by row-level security (it is a superuser, has BYPASSRLS, or "
            "owns the tables): let CTA_API_DATABASE_URL name a login that is a member of "
            f"{API_ROLE} and of nothing else."
        )


def get_api_engine(settings: Settings | None = None) -> Engine:
    """The engine of the API, whose connections see nothing until a workspace is named.

    Raises:
        DatabaseNotMigrated: the database has another schema than this version of the project.
        RoleNotConfined: the login could pass by the policies.
    """
    settings = settings or get_settings()
    key = settings.api_database_url or settings.database_url or str(settings.data_dir)
    with _engines_lock:
        if key not in _engines:
            engine = _connect_confined(get_engine(settings), settings)
            with engine.begin() as connection:
                check_confined(connection)
            _engines[key] = engine
        return _engines[key]


def _connect_confined(migrated: Engine, settings: Settings) -> Engine:
    url, options = migrated.url, _OPTIONS
    if settings.api_database_url is not None:
        url = make_url(settings.api_database_url).set(drivername="postgresql+psycopg2")
    else:
        # As the connection's own default, it is also what RESET ROLE leads back to.
        options += f" -c role={API_ROLE}"
    # `_begin` finds out whether a connection still lives; asking it beforehand takes time.
    return connect(url, settings, pool_pre_ping=False, connect_args={"options": options})


def check_confined(connection: Connection) -> None:
    """Raise `RoleNotConfined` where row-level security does not hold the connection's role."""
    if connection.scalar(_CAN_PASS_THE_POLICIES):
        raise RoleNotConfined(str(connection.scalar(text("SELECT current_user"))))


class _ConfinedSession(Session):
    """A session that asks for one workspace alone, once it is told which."""


@event.listens_for(_ConfinedSession, "do_orm_execute")
def _ask_for_one_workspace(state: ORMExecuteState) -> None:
    workspace = state.session.info.get("workspace")
    if workspace is not None and state.is_orm_statement and not state.is_insert:
        state.statement = state.statement.options(
            with_loader_criteria(
                Owned, lambda record: record.workspace == workspace, include_aliases=True
            )
        )


def confine(session: Session, workspace: str) -> None:
    """Have every query of the session ask for `workspace` alone."""
    session.info["workspace"] = workspace


@contextmanager
def workspace_unit_of_work(workspace: str, engine: Engine | None = None) -> Iterator[Session]:
    """A session in one transaction that sees and writes `workspace` alone."""
    with _begin(engine, _NAME_WORKSPACE, {"workspace": workspace}) as (session, _):
        confine(session, workspace)
        yield session


@contextmanager
def member_unit_of_work(
    token: str, engine: Engine | None = None
) -> Iterator[tuple[Session, Member]]:
    """A session in one transaction that sees and writes the workspace that `token` opens.

    The tokens themselves are out of the reach of the API's role: it asks a function of the
    database.

    Raises:
        TokenRefused: the token is unknown, or was revoked.
    """
    with _begin(engine, _OPEN_WORKSPACE, {"token_hash": hash_of(token)}) as (session, found):
        if found is None:
            raise TokenRefused
        confine(session, found.workspace)
        yield session, Member(found.workspace, found.user)


@contextmanager
def _begin(
    engine: Engine | None, statement: TextClause, parameters: dict[str, Any]
) -> Iterator[tuple[Session, Row[Any] | None]]:
    """A session in one transaction that begins with a statement, and the row that it gave.

    The statement also finds out whether the connection still lives; where it has died, nothing is
    lost, and another is taken.
    """
    with _ConfinedSession(engine or get_api_engine(), expire_on_commit=False) as session:
        try:
            found = session.execute(statement, parameters).one_or_none()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            session.rollback()
            found = session.execute(statement, parameters).one_or_none()
        yield session, found
        session.commit()
