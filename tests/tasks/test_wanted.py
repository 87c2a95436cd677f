"""Whether a run was cancelled: asked for all runs at work at once, and believed for a moment."""

from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.states import Cancelling, Running

from tasks import wanted
from tasks.wanted import _Cancellations

pytestmark = pytest.mark.usefixtures("prefect_server")


@flow(name="of-the-tests")
def of_the_tests() -> None:
    pass


def new_run() -> UUID:
    with get_client(sync_client=True) as client:
        return client.create_flow_run(of_the_tests, state=Running()).id


def cancel(run_id: UUID) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, Cancelling(), force=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[UUID]]:
    """The runs of each request."""
    requests: list[set[UUID]] = []
    original = wanted._cancelled_of

    def noted(run_ids: list[UUID]) -> set[UUID]:
        requests.append(set(run_ids))
        return original(run_ids)

    monkeypatch.setattr(wanted, "_cancelled_of", noted)
    return requests


def test_one_request_asks_about_all_runs_at_work(
    asked: list[set[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancellations = _Cancellations()
    first, second = new_run(), new_run()
    cancel(second)
    assert not cancellations.among([first])
    assert cancellations.among([first, second])
    assert not cancellations.among([first])
    assert asked == [{first}, {first, second}]
    cancel(first)
    monkeypatch.setattr(wanted, "_BELIEVED_SECONDS", 0)
    assert cancellations.among([first])
    assert asked[2:] == [{first, second}]


def test_a_run_that_nobody_asks_about_any_more_is_left_out(
    asked: list[set[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancellations = _Cancellations()
    first, second = new_run(), new_run()
    cancellations.among([first])
    monkeypatch.setattr(wanted, "_AT_WORK_SECONDS", 0)
    assert not cancellations.among([second])
    assert asked == [{first}, {second}]
