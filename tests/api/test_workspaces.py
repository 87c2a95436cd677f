"""One workspace never sees another, whatever is asked for."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi.testclient import TestClient
from sqlalchemy import Engine

import db.workspaces
from db.api_tokens import Member
from db.workspaces import get_api_engine
from settings import get_settings
from tests.api.conftest import ANN, BOB, EVE, JOB, MadeBatch, make_batch

PUBLIC = {("get", "/healthz"), ("get", "/readyz")}
BODIES: dict[tuple[str, str], Any] = {
    ("post", "/batch/"): JOB,
    ("patch", "/previews/{preview_id}/"): {"prefill": {"headline": "Tea"}},
    ("put", "/previews/{preview_id}/review/"): {"review": "approved"},
    ("post", "/previews/{preview_id}/regenerate/"): {"parts": ["background"]},
}


@pytest.fixture
def batch() -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture(params=["with both locks", "without the filter of the session"])
def locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test twice: what one lock holds, the other holds alone."""
    if request.param != "with both locks":
        monkeypatch.setattr(db.workspaces, "confine", lambda session, workspace: None)
    return str(request.param)


def routes(client: TestClient) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def address(path: str, batch: MadeBatch) -> str:
    ids = {"batch_id": batch.id, "preview_id": batch.preview_ids[0]}
    return path.format(**ids)


def without_ids(text: str) -> str:
    return re.sub(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", text)


@pytest.mark.usefixtures("locks")
def test_no_route_shows_or_changes_anything_of_another_workspace(
    ann: TestClient, eve: TestClient, batch: MadeBatch
) -> None:
    def all_of_ann() -> list[str]:
        return [ann.get(f"/{path}").text for path in ("batch/", "previews/", f"batch/{batch.id}/")]

    before = all_of_ann()
    walked = set(routes(eve))
    for method, path in walked - PUBLIC - {("post", "/batch/")}:
        foreign = eve.request(method, address(path, batch), json=BODIES.get((method, path)))
        if "{" not in path:
            assert foreign.json() == {"next": None, "previous": None, "results": []}, path
            continue
        assert foreign.status_code == 404, path
        unknown_ids = MadeBatch(uuid4(), uuid4(), [uuid4()])
        unknown = eve.request(method, address(path, unknown_ids), json=BODIES.get((method, path)))
        assert without_ids(foreign.text) == without_ids(unknown.text)
        assert {*foreign.headers} == {*unknown.headers}
    assert all_of_ann() == before
    assert walked > PUBLIC | {
        ("post", "/batch/{batch_id}/retry/"), ("post", "/previews/{preview_id}/regenerate/"),
        ("put", "/previews/{preview_id}/review/"),
    }  # fmt: skip


@pytest.mark.usefixtures("locks")
def test_filters_by_foreign_ids_find_nothing(eve: TestClient, batch: MadeBatch) -> None:
    for query in (f"bulk_task_id={batch.id}", f"product_id={batch.product_id}", "status=done"):
        assert eve.get(f"/previews/?{query}").json()["results"] == []


@pytest.mark.usefixtures("locks")
def test_a_cursor_of_another_workspace_leads_to_ones_own(
    ann: TestClient, eve: TestClient, batch: MadeBatch
) -> None:
    own = make_batch(EVE)
    make_batch(ANN)
    following = ann.get("/previews/?page_size=1").json()["next"]
    listed = eve.get(following.replace("page_size=1", "page_size=50")).json()["results"]
    assert {preview["id"] for preview in listed} == set(map(str, own.preview_ids))


@pytest.mark.usefixtures("locks")
def test_the_same_page_is_another_product_in_each_workspace(
    ann: TestClient, eve: TestClient, batch: MadeBatch
) -> None:
    own = make_batch(EVE)
    assert own.product_id != batch.product_id
    [listed] = eve.get("/batch/").json()["results"]
    assert listed["id"] == str(own.id)
    assert eve.delete(f"/batch/{own.id}/").status_code == 204
    assert ann.get(f"/batch/{batch.id}/").json()["progress"]["done"] == 2


def test_users_of_one_workspace_share_it(
    client_of: Callable[[Member], TestClient], batch: MadeBatch
) -> None:
    bob = client_of(BOB)
    [listed] = bob.get("/batch/").json()["results"]
    assert (listed["id"], listed["user"]) == (str(batch.id), "ann")
    preview = f"/previews/{batch.preview_ids[0]}/"
    assert bob.patch(preview, json={"prefill": {"headline": "Tea"}}).status_code == 200


def test_a_workspace_cannot_be_asked_for(eve: TestClient, batch: MadeBatch) -> None:
    job = {**JOB, "workspace": "acme"}
    assert eve.post("/batch/", json=job).status_code == 422
    assert eve.get("/batch/?workspace=acme").json()["results"] == []


def test_a_request_on_a_connection_that_has_died_takes_another(
    ann: TestClient, batch: MadeBatch, database: Engine
) -> None:
    assert ann.get("/batch/").status_code == 200
    with database.connect() as connection:
        ended = connection.exec_driver_sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).scalar_one()
    assert ended > 0
    assert ann.get("/batch/").status_code == 200


def test_there_are_no_more_requests_at_work_than_connections(anonymous: TestClient) -> None:
    """Otherwise those that wait for a connection could hold the threads of those that have one."""
    assert anonymous.portal is not None
    threads = anonymous.portal.call(lambda: current_default_thread_limiter().total_tokens)
    assert threads == get_settings().database_pool_size == get_api_engine().pool.size()  # type: ignore[attr-defined]
