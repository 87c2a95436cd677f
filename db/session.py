"""The connection to Postgres: one engine a process, one transaction a unit of work."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from db.embedded import start_embedded_postgres
from settings import Settings, get_settings

_MIGRATION_LOCK = 7_264_110_283
# A database machine that vanishes without a word is noticed in a minute; TCP alone takes two hours.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_engines: dict[str, Engine] = {}
_engines_lock = threading.Lock()


class DatabaseNotMigrated(Exception):
    """The database has another schema than this version of the project."""

    def __init__(self, found: str | None, wanted: str | None) -> None:
        self.found, self.wanted = found, wanted
        super().__init__(
            f"The database stands at migration {found or 'none'} and {wanted} is needed: "
            "run `make migrate`, which brings it up to date."
        )


def get_engine(settings: Settings | None = None) -> Engine:
    """The engine of this process, on a database that is known to have the right schema.

    The embedded database is started and migrated when needed. A database that `CTA_DATABASE_URL`
    names is only looked at, because its schema is its operator's to change.

    Raises:
        DatabaseNotMigrated: the named database has another schema.
    """
    settings = settings or get_settings()
    key = settings.database_url or str(settings.data_dir)
    with _engines_lock:
        if key not in _engines:
            engine = connect(make_url(database_url(settings)), settings)
            with engine.begin() as connection:
                if settings.database_url is None:
                    migrate(connection)
                else:
                    check_migrated(connection)
            _engines[key] = engine
        return _engines[key]


def database_url(settings: Settings | None = None) -> str:
    """The SQLAlchemy address of the database; starts the embedded one when none is named."""
    settings = settings or get_settings()
    if settings.database_url is None:
        return start_embedded_postgres(settings.data_dir / "postgres")
    url = make_url(settings.database_url)
    return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


def connect(
    url: URL,
    settings: Settings,
    *,
    pool_pre_ping: bool = True,
    connect_args: Mapping[str, str] | None = None,
) -> Engine:
    """An engine for a database, with the project's own bounds; nothing is connected yet."""
    return create_engine(
        url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=60,
        pool_pre_ping=pool_pre_ping,
        connect_args={
            "application_name": "cta-previews", "connect_timeout": 10, **_KEEPALIVES,
            **(connect_args or {}),
        },
    )  # fmt: skip


@contextmanager
def unit_of_work(engine: Engine | None = None) -> Iterator[Session]:
    """A session in one transaction: committed at the end, rolled back when an error passes."""
    with Session(engine or get_engine(), expire_on_commit=False) as session, session.begin():
        yield session


def alembic_config() -> Config:
    """Alembic's settings, for use from code."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to `revision`, one process at a time."""
    found, newest = revisions(connection)
    if found == (newest if revision == "head" else revision):
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def check_migrated(connection: Connection) -> None:
    """Raise `DatabaseNotMigrated` unless the schema is this version's."""
    found, wanted = revisions(connection)
    if found != wanted:
        raise DatabaseNotMigrated(found, wanted)


def revisions(connection: Connection) -> tuple[str | None, str | None]:
    """The migration that the database stands at, and the one that this version needs."""
    found = MigrationContext.configure(connection).get_current_revision()
    return found, ScriptDirectory.from_config(alembic_config()).get_current_head()


def migrate_database() -> None:
    """Bring the database that the settings name to this version's schema."""
    with create_engine(database_url()).begin() as connection:
        migrate(connection)
