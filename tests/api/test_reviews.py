"""Previews approved and rejected over REST."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.schemas import Preview
from db.api_tokens import Member
from tests.api.conftest import ANN, BOB, MadeBatch, make_batch


@pytest.fixture
def batch() -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture
def address(ann: TestClient, batch: MadeBatch) -> str:
    """Where the first preview that is done is found."""
    return f"/previews/{batch.preview_ids[0]}/"


def review(client: TestClient, address: str, given: Any, **headers: str) -> Any:
    return client.put(f"{address}review/", json={"review": given}, headers=headers)


def review_of(client: TestClient, address: str) -> tuple[str | None, str | None, bool]:
    """The review, who gave it, and whether it says when."""
    shown = client.get(address).json()
    return shown["review"], shown["reviewed_by"], shown["reviewed_at"] is not None


@pytest.mark.parametrize("given", ["approved", "rejected"])
def test_a_review_is_kept_with_who_gave_it(ann: TestClient, address: str, given: str) -> None:
    before = ann.get(address).json()
    assert review_of(ann, address) == (None, None, False)
    answer = review(ann, address, given)
    assert answer.status_code == 200
    assert answer.json() == ann.get(address).json()
    Preview.model_validate(answer.json())
    assert review_of(ann, address) == (given, "ann", True)
    changed = {name for name in before if before[name] != answer.json()[name]}
    assert changed == {"review", "reviewed_by", "reviewed_at", "updated_at"}


def test_another_user_of_the_workspace_may_think_otherwise(
    ann: TestClient, client_of: Callable[[Member], TestClient], address: str
) -> None:
    review(ann, address, "approved")
    bob = client_of(BOB)
    first = review(bob, address, "approved")
    assert first.json()["reviewed_by"] == "ann"
    assert review(bob, address, "rejected").json()["reviewed_by"] == "bob"
    assert review(ann, address, None).status_code == 200
    assert review_of(bob, address) == (None, None, False)


def test_a_review_that_is_sent_again_changes_nothing(ann: TestClient, address: str) -> None:
    first = review(ann, address, "approved")
    again = review(ann, address, "approved")
    assert again.json() == first.json()
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"review": "liked"}, "#/review"),
        ({"review": ""}, "#/review"),
        ({"review": True}, "#/review"),
        ({}, "#/review"),
        ({"review": "approved", "reviewed_by": "eve"}, "#/reviewed_by"),
    ],
)
def test_what_is_no_review_is_refused_by_name(
    ann: TestClient, address: str, body: Any, pointer: str
) -> None:
    answer = ann.put(f"{address}review/", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert review_of(ann, address) == (None, None, False)


def test_a_body_that_does_not_say_that_it_is_json_is_told_so(ann: TestClient, address: str) -> None:
    answer = ann.put(
        f"{address}review/",
        content='{"review": "approved"}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 415
    assert review_of(ann, address)[0] is None


@pytest.mark.parametrize("given", ["approved", None])
def test_what_failed_cannot_be_reviewed(
    ann: TestClient, batch: MadeBatch, given: str | None
) -> None:
    answer = review(ann, f"/previews/{batch.preview_ids[2]}/", given)
    assert answer.status_code == 409
    assert "is failed" in answer.json()["detail"]


def test_an_unknown_preview_is_not_found(ann: TestClient) -> None:
    assert review(ann, f"/previews/{UUID(int=0)}/", "approved").status_code == 404


def test_an_edit_takes_the_review_away(ann: TestClient, address: str) -> None:
    review(ann, address, "approved")
    same = ann.get(address).json()["prefill"]
    assert ann.patch(address, json={"prefill": same}).json()["review"] == "approved"
    edited = ann.patch(address, json={"prefill": {"headline": "Tea in two minutes"}})
    assert edited.json()["review"] is edited.json()["reviewed_by"] is None
    assert review_of(ann, address) == (None, None, False)


def test_making_it_anew_takes_the_review_away(ann: TestClient, address: str) -> None:
    review(ann, address, "rejected")
    answer = ann.post(f"{address}regenerate/")
    assert answer.status_code == 202
    assert answer.json()["preview"]["review"] is None
    assert review(ann, address, "approved").status_code == 409


def test_running_the_rest_of_its_batch_again_leaves_the_review(
    ann: TestClient, batch: MadeBatch, address: str
) -> None:
    review(ann, address, "approved")
    assert ann.post(f"/batch/{batch.id}/retry/").status_code == 202
    assert review_of(ann, address) == ("approved", "ann", True)


def test_one_reviews_what_they_have_seen(ann: TestClient, address: str) -> None:
    seen = ann.get(address).headers["ETag"]
    ann.patch(address, json={"prefill": {"headline": "Tea"}})
    late = review(ann, address, "approved", **{"If-Match": seen})
    assert late.status_code == 412
    assert review_of(ann, address) == (None, None, False)
    again = review(ann, address, "approved", **{"If-Match": ann.get(address).headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["ETag"] == ann.get(address).headers["ETag"]


def test_a_review_and_an_edit_at_the_same_time_come_one_after_the_other(
    ann: TestClient, address: str
) -> None:
    """Whichever comes second finds that the preview is another one than it has seen."""
    headers = {"If-Match": ann.get(address).headers["ETag"]}

    def send(number: int) -> int:
        if number % 2:
            return int(review(ann, address, "approved", **headers).status_code)
        changes = {"prefill": {"headline": f"Tea {number}"}}
        return ann.patch(address, json=changes, headers=headers).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(send, range(8)))
    assert sorted(statuses) == [200, *[412] * 7]
    shown = ann.get(address).json()
    assert (shown["review"] is None) is (shown["edited_fields"] == ["headline"])
