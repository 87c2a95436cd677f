"""What every test stands on: a real Postgres, a real Prefect server, the demo shop on loopback."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

DATA_DIR = Path(tempfile.mkdtemp(prefix="cta-previews-tests-"))
# Registered first and so run last, once the embedded Postgres has stopped.
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)

# Before anything of the project or of Prefect is imported: both read the environment then.
for name in [name for name in os.environ if name.startswith(("CTA_", "PREFECT_"))]:
    del os.environ[name]
os.environ.pop("GOOGLE_API_KEY", None)
os.environ.update(
    CTA_DATA_DIR=str(DATA_DIR),
    CTA_DATABASE_URL="",
    CTA_GENERATOR="local",
    CTA_CLIP_MODEL="micro",
    CTA_GENERATIONS_PER_MINUTE="6000",
    CTA_FETCH_ATTEMPTS="2",
    GOOGLE_API_KEY="",
    PREFECT_HOME=str(DATA_DIR / "prefect"),
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    PREFECT_LOGGING_LEVEL="ERROR",
    PREFECT_LOGGING_TO_API_ENABLED="false",
    # A worker looks for runs every ten seconds by itself, and tests would wait for it.
    PREFECT_WORKER_QUERY_SECONDS="1",
    DO_NOT_TRACK="1",
)

from typing import TYPE_CHECKING  # noqa: E402
from unittest.mock import patch  # noqa: E402

import pytest  # noqa: E402
from sqlalchemy import Engine, text  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from db.models import Base  # noqa: E402
from db.session import get_engine, unit_of_work  # noqa: E402
from settings import get_settings  # noqa: E402

pytest_plugins = ["tests.browser", "tests.prefect_server"]

LARGE_TABLE_BYTES = 1_000_000

if TYPE_CHECKING:
    from demo.shop import Shop
    from tests.pages import Pages


@pytest.fixture(scope="session")
def engine() -> Engine:
    return get_engine()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A unit of work on an empty database."""
    empty(engine)
    with unit_of_work(engine) as session:
        yield session


@pytest.fixture
def database(engine: Engine) -> Engine:
    """The engine, on an empty database."""
    empty(engine)
    return engine


def empty(engine: Engine) -> None:
    """Leave no row in any table but for the leases: one is this process's, which lives on.

    `TRUNCATE` makes new files, which takes fifty times as long as deleting the few rows of a test;
    it is left for tables that many rows have made large.
    """
    kept = {"cta_lease", "cta_deleted_preview"}
    models = [table for table in reversed(Base.metadata.sorted_tables) if table.name not in kept]
    # Last, for a trigger writes it where previews are deleted.
    tables = [f'"{table.name}"' for table in models] + ["cta_deleted_preview"]
    sizes = ", ".join(f"pg_relation_size('{table}')" for table in tables)
    with engine.begin() as connection:
        if connection.scalar(text(f"SELECT greatest({sizes})")) > LARGE_TABLE_BYTES:
            connection.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
        else:
            connection.execute(text("; ".join(f"DELETE FROM {table}" for table in tables)))


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A server with one connection to its database, as the project runs it (decision 3).

    Runs of the tests' own process send no heartbeats: each would wait a second for their end.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    folder = tempfile.mkdtemp(prefix="one-connection-:memory:-")
    with (
        patch("prefect.testing.utilities.mkdtemp", lambda: folder),
        prefect_test_harness(server_startup_timeout=90),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture(scope="session")
def shop(allow_host: Callable[[str], None]) -> Iterator["Shop"]:
    """The demo shop, which the settings let the project read although it is on loopback."""
    from demo.shop import Shop

    with Shop(DATA_DIR / "shop") as open_shop:
        allow_host(open_shop.url)
        yield open_shop


@pytest.fixture(scope="session")
def allow_host() -> Callable[[str], None]:
    """Lets the project read a server of the tests' own."""

    def allow(url: str) -> None:
        host = url.removeprefix("http://").split("/")[0]
        known = os.environ.get("CTA_ALLOWED_PRIVATE_HOSTS", "")
        os.environ["CTA_ALLOWED_PRIVATE_HOSTS"] = f"{known},{host}".strip(",")
        get_settings.cache_clear()

    return allow


@pytest.fixture(scope="session")
def running_pages(allow_host: Callable[[str], None]) -> Iterator["Pages"]:
    from tests.pages import Pages

    pages = Pages()
    allow_host(pages.url)
    yield pages
    pages.server.shutdown()


@pytest.fixture
def pages(running_pages: "Pages") -> "Pages":
    running_pages.hits.clear()
    return running_pages
