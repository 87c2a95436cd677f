"""No page shows or changes anything of another workspace, whichever lock holds it."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

import db.workspaces
from api import gallery
from tests.api.conftest import ANN, EVE, MadeBatch, make_batch
from tests.api.gallery.conftest import Visitor

ELSEWHERE = {"/gallery/{path:path}", "/gallery/sign-in", "/gallery/sign-out"}
ABOUT_ONE = re.compile(r"\{(batch_id|preview_id)\}")


def routes() -> Iterator[tuple[str, str]]:
    for router in gallery.routers():
        for route in router.routes:
            for method in route.methods:  # type: ignore[attr-defined]
                if route.path not in ELSEWHERE:  # type: ignore[attr-defined]
                    yield method, route.path  # type: ignore[attr-defined]


@pytest.fixture
def batch() -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture(params=["with both locks", "without the filter of the session"])
def locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "with both locks":
        monkeypatch.setattr(db.workspaces, "confine", lambda session, workspace: None)


def address(path: str, batch: MadeBatch) -> str:
    ids = {"batch_id": batch.id, "preview_id": batch.preview_ids[0], "number": 0, "kind": "zip"}
    return path.format(**ids)


@pytest.mark.usefixtures("locks")
def test_no_page_of_another_workspace_is_found(eve_visits: Visitor, batch: MadeBatch) -> None:
    own = make_batch(EVE)
    walked = {(method, path) for method, path in routes() if ABOUT_ONE.search(path)}
    for method, path in walked:
        fields = {"review": "approved", "headline": "Tea", "parts": "background"}
        if method == "POST":
            foreign = eve_visits.send(address(path, batch), **fields)
        else:
            foreign = eve_visits.get(address(path, batch))
            found = eve_visits.get(address(path, own))
            assert found.status_code in (200, 307, 404), (path, found.text)
        assert foreign.status_code == 404, (method, path, foreign.text)
        assert "Ember Kettle" not in foreign.text
    assert {path for _, path in walked} >= {
        "/gallery/batches/{batch_id}", "/gallery/batches/{batch_id}/cards",
        "/gallery/batches/{batch_id}/sources", "/gallery/batches/{batch_id}/retry",
        "/gallery/previews/{preview_id}/frame", "/gallery/previews/{preview_id}/background",
    }  # fmt: skip


@pytest.mark.usefixtures("locks")
def test_lists_and_standings_tell_of_ones_own_alone(eve_visits: Visitor, batch: MadeBatch) -> None:
    assert str(batch.id) not in eve_visits.get("/").text
    own = make_batch(EVE)
    told = eve_visits.get(f"/gallery/progress?batch={batch.id}&batch={own.id}").json()
    assert [*told] == [str(own.id)]
    assert told[str(own.id)]["done"] == 2
    events = eve_visits.get(f"/gallery/events?batch={batch.id}&batch={own.id}").text
    assert str(batch.id) not in events
    assert str(own.id) in events


def test_nobody_sees_anything_who_is_not_signed_in(anonymous: TestClient, batch: MadeBatch) -> None:
    for method, path in routes():
        answer = anonymous.request(method, address(path, batch), follow_redirects=False)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["Location"].startswith("/gallery/sign-in")
