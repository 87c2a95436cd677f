"""One workspace at a time: how the API reads and writes, with two locks on every row.

The first lock is `confine`, which adds the workspace to every query of a session. The second is
Postgres's own: the API's connections have the role `cta_api`, which row-level security shows the
rows of the one workspace that the transaction names, and none where it names none.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from db.base import Owned
from db.session import connect, get_engine
from settings import Settings, get_settings

API_ROLE = "cta_api"
_engines: dict[str, Engine] = {}
_engines_lock = threading.Lock()

_CAN_PASS_THE_POLICIES = text(
    """
    SELECT rolsuper OR rolbypassrls OR EXISTS (
        SELECT FROM pg_class WHERE oid = CAST('cta_iframe_preview' AS regclass)
        AND pg_has_role(current_user, relowner, 'USAGE')
    ) FROM pg_roles WHERE rolname = current_user
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
    migrated = get_engine(settings)
    with _engines_lock:
        if key not in _engines:
            engine = _connect_confined(migrated, settings)
            with engine.begin() as connection:
                check_confined(connection)
            _engines[key] = engine
        return _engines[key]


def _connect_confined(migrated: Engine, settings: Settings) -> Engine:
    if settings.api_database_url is None:
        # As the connection's own default, it is also what RESET ROLE leads back to.
        return connect(migrated.url, settings, options=f"-c role={API_ROLE}")
    url = make_url(settings.api_database_url).set(drivername="postgresql+psycopg2")
    return connect(url, settings)


def check_confined(connection: Connection) -> None:
    """Raise `RoleNotConfined` where row-level security does not hold the connection's role."""
    if connection.scalar(_CAN_PASS_THE_POLICIES):
        raise RoleNotConfined(str(connection.scalar(text("SELECT current_user"))))


@contextmanager
def workspace_unit_of_work(workspace: str, engine: Engine | None = None) -> Iterator[Session]:
    """A session in one transaction that sees and writes `workspace` alone."""
    with Session(engine or get_api_engine(), expire_on_commit=False) as session, session.begin():
        session.execute(
            text("SELECT set_config('cta.workspace', :workspace, true)"), {"workspace": workspace}
        )
        confine(session, workspace)
        yield session


def confine(session: Session, workspace: str) -> None:
    """Have every query of the session ask for `workspace` alone."""

    def ask_for_one_workspace(state: ORMExecuteState) -> None:
        if state.is_orm_statement and not state.is_insert:
            state.statement = state.statement.options(
                with_loader_criteria(
                    Owned, lambda record: record.workspace == workspace, include_aliases=True
                )
            )

    event.listen(session, "do_orm_execute", ask_for_one_workspace)
