"""What the faults' tests share: a server without deployments, Gemini on loopback, many processes."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import gemini_server as gemini
from tests.faults.processes import Processes
from tests.faults.workers import Prefect, Worker
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


@pytest.fixture
def environment_of_workers(
    prefect_on_postgres: dict[str, str], job: dict[str, str]
) -> dict[str, str]:
    """What workers have, and everybody else who uses the server that has the deployments."""
    return prefect_on_postgres | job | {"CTA_MAX_CONCURRENT_PREVIEWS": "2"}


@pytest.fixture
def prefect(environment_of_workers: dict[str, str]) -> Iterator[Prefect]:
    """The server that has the deployments; it lets as many start as come, and forgets its runs."""
    server = Prefect(environment_of_workers)
    server.set_cap(100)
    yield server
    server.set_cap(100)
    server.end_all_runs()


@pytest.fixture
def start_worker(
    environment_of_workers: dict[str, str], tmp_path: Path
) -> Iterator[Callable[[], Worker]]:
    """Starts workers, which are killed in the end."""
    with ExitStack() as stack:
        count = itertools.count()

        def start() -> Worker:
            log = tmp_path / f"worker-{next(count)}.log"
            return stack.enter_context(Worker(environment_of_workers, log))

        yield start
