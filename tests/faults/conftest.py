"""What the faults' tests share: a server without deployments, Gemini on loopback, many processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import gemini_server as gemini
from tests.faults.processes import Processes
from tests.gemini_server import GeminiServer
from tests.pages import Pages
from tests.prefect_server import connection_url, serve

KEY = "canary-key-7f1e"
LEASE_SECONDS = 3


@pytest.fixture(scope="session")
def bare_prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of those who use a Prefect server that has no deployments."""
    home = tmp_path_factory.mktemp("bare-prefect")
    with serve(home, connection_url(home)) as environment:
        yield environment


@pytest.fixture
def gemini_server() -> Iterator[GeminiServer]:
    """Gemini, whose pictures and words differ from preview to preview."""
    with GeminiServer() as server:
        server.script(
            lambda call: (
                gemini.varied_picture(call) if call.wants_picture else gemini.varied_words(call)
            )
        )
        yield server


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder for what a run writes, and its pictures in it, with nothing of other tests."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def job(
    database: Engine, gemini_server: GeminiServer, pages: Pages, data_dir: Path
) -> dict[str, str]:
    """What every process of a batch has in its environment, beside what names its Prefect."""
    return {
        "CTA_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "CTA_DATA_DIR": str(data_dir),
        "CTA_ALLOWED_PRIVATE_HOSTS": pages.url.removeprefix("http://"),
        "CTA_GENERATOR": "gemini",
        "CTA_GEMINI_ENDPOINT": gemini_server.url,
        "GOOGLE_API_KEY": KEY,
        "CTA_LEASE_SECONDS": str(LEASE_SECONDS),
        "CTA_MAX_CONCURRENT_SOURCES": "1",
        "CTA_MAX_CONCURRENT_PREVIEWS": "1",
    }


@pytest.fixture
def processes(
    bare_prefect: dict[str, str], job: dict[str, str], tmp_path: Path
) -> Iterator[Processes]:
    """Processes on the server without deployments."""
    with Processes(bare_prefect | job, tmp_path) as started:
        yield started
