"""What Prefect's server remembers of runs goes after a month; our own rows stay."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Running

from tests.api.test_own_process import wait_for
from tests.prefect_server import connection_url, serve


@flow
def batch() -> None:
    """A run that is recorded, and never made."""


def run_that_ended(client: SyncPrefectClient, records: Path, days: int) -> UUID:
    """A run that ended so many days ago; the server would only say now."""
    run = client.create_flow_run(batch, state=Running())
    client.set_flow_run_state(run.id, Completed(), force=True)
    with closing(sqlite3.connect(records, timeout=30)) as database, database:
        aged = "UPDATE flow_run SET end_time = datetime(end_time, ?) WHERE id = ?"
        assert database.execute(aged, (f"-{days} days", str(run.id))).rowcount == 1
    return run.id


@pytest.mark.long
def test_runs_of_a_month_ago_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS", "1")
    with (
        serve(tmp_path, connection_url(tmp_path)) as environment,
        SyncPrefectClient(environment["PREFECT_API_URL"]) as client,
    ):
        recent, old = (run_that_ended(client, tmp_path / "prefect.db", days) for days in (29, 31))

        def is_forgotten() -> bool:
            try:
                return client.read_flow_run(old) is None
            except ObjectNotFound:
                return True

        wait_for(is_forgotten, 60)
        assert client.read_flow_run(recent).id == recent
