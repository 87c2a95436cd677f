"""What a batch needs goes away and comes back: it waits, and pays for nothing twice."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, make_url

from tests import gemini_server as gemini
from tests.dask_cluster import Batch
from tests.faults.batches import (
    IMAGE_MODEL,
    PUT_RIGHT,
    RETRY,
    TEXT_MODEL,
    Paid,
    bulk_task,
    source,
    statuses,
    wait_for,
)
from tests.faults.conftest import KEY, LEASE_SECONDS
from tests.faults.gates import Gate
from tests.faults.oracle import recorded_calls, violations, watched
from tests.faults.proxy import Proxy
from tests.faults.servers import OwnPostgres, OwnPrefect
from tests.gemini_server import GeminiServer
from tests.pages import Pages
from tests.prefect_server import connection_url, run_python

pytestmark = pytest.mark.timeout(400)
WANTED = 4
WHOLE = Counter({IMAGE_MODEL: WANTED, TEXT_MODEL: WANTED})


@pytest.fixture
def postgres(database: Engine) -> Iterator[Proxy]:
    """The project's Postgres as a network sees it."""
    with watched(database), Proxy(f"{database.url.query['host']}/.s.PGSQL.5432") as proxy:
        yield proxy


@pytest.fixture
def through_proxy(
    bare_prefect: dict[str, str], job: dict[str, str], postgres: Proxy
) -> dict[str, str]:
    """The environment of a batch whose Postgres is behind the proxy."""
    url = make_url(job["CTA_DATABASE_URL"]).set(host="127.0.0.1", port=postgres.port, query={})
    return bare_prefect | job | {
        "CTA_DATABASE_URL": url.render_as_string(hide_password=False),
        "CTA_MAX_CONCURRENT_PREVIEWS": "2",
    }  # fmt: skip


def wanted_of(pages: Pages) -> list[dict[str, Any]]:
    return [source(pages, "mug", 2), source(pages, "cup", 2)]


class Held:
    """A batch of four previews of which one or two are made while the others wait for Gemini."""

    def __init__(
        self, environment: dict[str, str], server: GeminiServer, pages: Pages, gate: Gate
    ) -> None:
        self.paid = Paid(server)
        self.process = Batch(environment, wanted_of(pages))
        wait_for(lambda: gate.held or not self.process.is_alive())
        assert self.process.is_alive(), self.process.ended()


def assert_whole(database: Engine, data_dir: Path, paid: Counter[str]) -> None:
    """All is done, each half was paid for once, and nothing that must hold is broken."""
    assert statuses() == {
        "bulk task": {"done": 1}, "source": {"done": 2}, "preview": {"done": WANTED},
    }  # fmt: skip
    assert paid == WHOLE
    assert set(recorded_calls(database).values()) == {1}
    assert violations(database, data_dir / "media", secrets=[KEY]) == []


@pytest.mark.faults
@pytest.mark.parametrize("seconds", [5, 15])
def test_our_postgres_goes_away_for_a_while_and_nothing_is_lost(
    through_proxy: dict[str, str],
    postgres: Proxy,
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
    seconds: int,
) -> None:
    """Answers that come while it is away are stored when it is back."""
    with Gate(gemini_server, lambda _, number: number < 3) as gate:
        held = Held(through_proxy, gemini_server, pages, gate)
        with held.process:
            with postgres.away():
                gate.open()
                time.sleep(seconds)
            held.process.ended(200)
    assert_whole(database, data_dir, held.paid.since())


@pytest.mark.faults
@pytest.mark.parametrize(
    "needle",
    [
        "INSERT INTO cta_bulk_generate_task",
        "INSERT INTO cta_iframe_preview",
        "INSERT INTO cta_model_call",
        "SET prefill=",
        "SET status='done'",
    ],
)
def test_an_answer_to_a_commit_that_is_lost_loses_and_repeats_nothing(
    through_proxy: dict[str, str],
    postgres: Proxy,
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
    needle: str,
) -> None:
    paid = Paid(gemini_server)
    postgres.lose_answer_to_commit(needle)
    with Batch(through_proxy, wanted_of(pages)) as batch:
        printed = batch.ended(200)
    assert postgres.answers_lost == 1, printed
    assert_whole(database, data_dir, paid.since())


@pytest.mark.faults
def test_connections_that_are_cut_again_and_again_hold_nothing_up_for_good(
    through_proxy: dict[str, str],
    postgres: Proxy,
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    paid = Paid(gemini_server)
    with Batch(through_proxy, wanted_of(pages)) as batch:
        wait_for(lambda: statuses()["preview"] or not batch.is_alive())
        while batch.is_alive():
            postgres.cut()
            time.sleep(2)
        printed = batch.ended()
    assert statuses()["preview"] == {"done": WANTED}, printed
    assert_whole(database, data_dir, paid.since())


@pytest.mark.faults
def test_a_pool_of_two_connections_is_enough(
    bare_prefect: dict[str, str],
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    narrow = bare_prefect | job | {
        "CTA_DATABASE_POOL_SIZE": "2",
        "CTA_MAX_CONCURRENT_SOURCES": "4",
        "CTA_MAX_CONCURRENT_PREVIEWS": "4",
    }  # fmt: skip
    wanted = [source(pages, f"mug-{number}", 4) for number in range(4)]
    with watched(database), Batch(narrow, wanted) as batch:
        printed = batch.ended(300)
        assert statuses()["preview"] == {"done": 16}, printed
        assert violations(database, data_dir / "media") == []


@pytest.mark.faults
def test_our_postgres_is_killed_three_times_under_a_batch(
    bare_prefect: dict[str, str],
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    data_dir: Path,
) -> None:
    wanted = [source(pages, f"mug-{number}", 4) for number in range(3)]
    paid = Paid(gemini_server)
    with OwnPostgres() as own:
        environment = bare_prefect | job | {"CTA_DATABASE_URL": own.url}
        run_python(environment, "-c", "from db.session import migrate_database; migrate_database()")
        engine = create_engine(own.url, pool_pre_ping=True)
        with watched(engine), Batch(environment, wanted) as batch:
            for _ in range(3):
                time.sleep(8)
                own.kill()
                # A lease that ran out while it was away is not what shows that its process died.
                own.start()
                printed = run_python(environment, "-c", PUT_RIGHT)
                assert "No row is left" in printed
            printed = batch.ended(300)
            assert violations(engine, data_dir / "media", secrets=[KEY]) == [], printed
            assert set(recorded_calls(engine).values()) == {1}
            assert len(recorded_calls(engine)) == 24, printed
        engine.dispose()
    assert paid.since() == Counter({IMAGE_MODEL: 12, TEXT_MODEL: 12})


@pytest.fixture
def prefect_through_proxy(
    bare_prefect: dict[str, str], job: dict[str, str]
) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A Prefect server behind a proxy, and the environment of a batch that knows it so."""
    with Proxy(("127.0.0.1", urlsplit(bare_prefect["PREFECT_API_URL"]).port or 0)) as proxy:
        yield proxy, bare_prefect | job | {"PREFECT_API_URL": f"http://127.0.0.1:{proxy.port}/api"}


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [20, 150])
def test_prefect_goes_away_for_a_while_and_nothing_is_lost(
    prefect_through_proxy: tuple[Proxy, dict[str, str]],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
    seconds: int,
) -> None:
    proxy, environment = prefect_through_proxy
    with watched(database), Gate(gemini_server, lambda _, number: number < 3) as gate:
        held = Held(environment, gemini_server, pages, gate)
        with held.process:
            with proxy.away():
                gate.open()
                time.sleep(seconds)
            held.process.ended(300)
        assert_whole_or_resumed(environment, database, data_dir, held.paid)


def assert_whole_or_resumed(
    environment: dict[str, str], database: Engine, data_dir: Path, paid: Paid
) -> None:
    """A run may end where it cannot go on, in a state from which another pays for the rest alone."""
    before = paid.since()
    if statuses()["preview"] != {"done": WANTED}:
        time.sleep(LEASE_SECONDS + 1)
        run_python(environment, "-c", PUT_RIGHT)
        assert violations(database, data_dir / "media", secrets=[KEY]) == []
        recorded = bulk_task()
        assert recorded is not None
        run_python(environment, "-c", RETRY.format(recorded.id))
    assert_whole(database, data_dir, before + paid.since())


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_prefects_server_is_killed_and_comes_back(
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
    tmp_path: Path,
) -> None:
    with watched(database), OwnPrefect(tmp_path, connection_url(tmp_path)) as own:
        environment = own.environment | job
        with Gate(gemini_server, lambda _, number: number < 3) as gate:
            held = Held(environment, gemini_server, pages, gate)
            with held.process:
                own.kill()
                gate.open()
                time.sleep(5)
                own.start()
                held.process.ended(300)
        assert_whole_or_resumed(environment, database, data_dir, held.paid)


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_prefects_postgres_is_killed_and_comes_back_after_a_quarter_of_a_minute(
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
    tmp_path: Path,
) -> None:
    with (
        watched(database),
        OwnPostgres(is_prefects=True) as records,
        OwnPrefect(tmp_path, records.url) as own,
        Gate(gemini_server, lambda _, number: number < 3) as gate,
    ):
        environment = own.environment | job
        held = Held(environment, gemini_server, pages, gate)
        with held.process:
            records.kill()
            gate.open()
            time.sleep(15)
            records.start()
            held.process.ended(300)
        assert_whole_or_resumed(environment, database, data_dir, held.paid)


@pytest.mark.faults
def test_a_model_that_stays_overloaded_ends_the_batch_in_a_state_to_go_on_from(
    bare_prefect: dict[str, str],
    job: dict[str, str],
    gemini_server: GeminiServer,
    pages: Pages,
    database: Engine,
    data_dir: Path,
) -> None:
    """The words come and the pictures do not; another run asks for the pictures alone."""
    environment = bare_prefect | job | {
        "CTA_MAX_CONCURRENT_PREVIEWS": "2", "CTA_GEMINI_TOTAL_SECONDS": "5",
    }  # fmt: skip
    gemini_server.script(gemini.failure(503), model=IMAGE_MODEL)
    paid = Paid(gemini_server)
    with watched(database), Batch(environment, wanted_of(pages)) as batch:
        printed = batch.ended()
        assert "Error" in printed or "failed" in printed
        asked = paid.since()
        assert asked[TEXT_MODEL] == WANTED
        assert WANTED <= asked[IMAGE_MODEL] <= 4 * WANTED
        assert statuses()["preview"] == {"failed": WANTED}
        assert violations(database, data_dir / "media", secrets=[KEY]) == []
        gemini_server.script(gemini.varied_picture, model=IMAGE_MODEL)
        recorded = bulk_task()
        assert recorded is not None
        run_python(environment, "-c", RETRY.format(recorded.id))
        assert paid.since() == Counter({IMAGE_MODEL: WANTED})
        assert statuses()["preview"] == {"done": WANTED}
        assert violations(database, data_dir / "media", secrets=[KEY]) == []
