"""A server with a limit that lets five generations start in a second, for all tests of the cap."""

from collections.abc import Callable, Iterator

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import Engine

from tasks import pacing
from tests.tasks.slots import LIMIT, Taker, make_limit

PER_SECOND = 5
Starter = Callable[..., Taker]


@pytest.fixture
def api(environment: dict[str, str], database: Engine) -> str:
    """The address of the server."""
    api = environment["PREFECT_API_URL"]
    make_limit(api, PER_SECOND)
    return api


@pytest.fixture
def start(environment: dict[str, str], api: str) -> Iterator[Starter]:
    """Starts processes that take slots, and ends them."""
    takers: list[Taker] = []

    def start_one(threads: int = 2, **constants: float) -> Taker:
        takers.append(Taker(environment, threads, **constants))
        return takers[-1]

    yield start_one
    for one in takers:
        one.kill()


@pytest.fixture
def pacer(api: str) -> Iterator[pacing.Pacer]:
    """A pacer of this process."""
    with temporary_settings({PREFECT_API_URL: api}):
        yield pacing.Pacer(LIMIT)
