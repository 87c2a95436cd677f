from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from api.schemas import Preview
from db.models import CTAIFramePreview
from db.session import unit_of_work
from db.shown_previews import SHOWN
from tests.api.conftest import ANN, MadeBatch, make_batch
from tests.creative.edit_samples import STORED

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def batch() -> MadeBatch:
    return make_batch(ANN)


@pytest.fixture
def address(ann: TestClient, batch: MadeBatch) -> str:
    """Where the first preview that is done is found."""
    return f"/previews/{batch.preview_ids[0]}/"


def edit(client: TestClient, address: str, **changes: Any) -> Any:
    return client.patch(address, json={"prefill": changes})


def test_what_is_shown_is_what_the_schema_says(ann: TestClient, address: str) -> None:
    shown = ann.get(address).json()
    assert set(shown) == set(SHOWN) == set(Preview.model_fields)
    Preview.model_validate(shown)
    assert shown["status"] == "done"
    assert shown["prefill"] == STORED | {"headline": "The headline of number 0"}
    assert shown["edited_fields"] == []


def test_previews_are_listed_as_they_are_shown(ann: TestClient, batch: MadeBatch) -> None:
    listed = ann.get("/previews/").json()["results"]
    assert {preview["id"] for preview in listed} == set(map(str, batch.preview_ids))
    assert listed == [ann.get(f"/previews/{preview['id']}/").json() for preview in listed]


def test_previews_are_listed_by_batch_product_and_status(ann: TestClient, batch: MadeBatch) -> None:
    other = make_batch(ANN)
    assert other.product_id == batch.product_id

    def count(**filters: object) -> int:
        asked = "&".join(f"{name}={value}" for name, value in filters.items())
        return len(ann.get(f"/previews/?{asked}").json()["results"])

    assert count() == count(product_id=batch.product_id) == 6
    assert count(bulk_task_id=batch.id) == 3
    assert count(status="failed") == 2
    assert count(bulk_task_id=batch.id, status="done", product_id=batch.product_id) == 2
    assert count(bulk_task_id=batch.product_id) == 0


def test_pages_stay_put_while_previews_are_added(ann: TestClient, batch: MadeBatch) -> None:
    first = ann.get("/previews/?page_size=2").json()
    make_batch(ANN)
    second = ann.get(first["next"]).json()
    walked = [preview["id"] for page in (first, second) for preview in page["results"]]
    assert sorted(walked) == sorted(map(str, batch.preview_ids))
    back = ann.get(second["previous"]).json()
    assert back["results"] == first["results"]
    assert back["previous"] is not None


@pytest.mark.parametrize(
    "query",
    ["page_size=0", "page_size=101", "page_size=many", "status=lost", "bulk_task_id=1", "product_id="],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused_by_name(ann: TestClient, query: str) -> None:
    answer = ann.get(f"/previews/?{query}")
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["parameter"] == query.partition("=")[0]


def test_a_cursor_that_was_tampered_with_is_refused(ann: TestClient, batch: MadeBatch) -> None:
    following = ann.get("/previews/?page_size=1").json()["next"]
    assert ann.get(following).status_code == 200
    start = following.index("cursor=") + len("cursor=")
    for place in range(start, len(following)):
        changed = "A" if following[place] != "A" else "B"
        answer = ann.get(following[:place] + changed + following[place + 1 :])
        assert answer.status_code == 400, place
        assert answer.json()["errors"][0]["parameter"] == "cursor"
    assert ann.get(following.replace("?", "?status=done&")).status_code == 400


def test_an_edit_changes_the_fields_given_and_no_others(ann: TestClient, address: str) -> None:
    before = ann.get(address).json()["prefill"]
    answer = edit(ann, address, headline="Tea in two minutes", cta={"text": "Buy"}, brand=None)
    assert answer.status_code == 200
    wanted = before | {
        "headline": "Tea in two minutes", "brand": None, "cta": before["cta"] | {"text": "Buy"},
    }  # fmt: skip
    assert answer.json()["prefill"] == wanted
    assert answer.json() == ann.get(address).json()


def test_a_complete_prefill_replaces_the_whole(ann: TestClient, address: str) -> None:
    whole = {name: value for name, value in STORED.items() if name not in ("brand", "corrections")}
    answer = edit(ann, address, **{**whole, "layout": "right"})
    assert answer.status_code == 200
    assert answer.json()["prefill"] == STORED | {
        "layout": "right",
        "brand": None,
        "corrections": [],
    }


def test_a_merge_patch_may_be_called_by_its_media_type(ann: TestClient, address: str) -> None:
    answer = ann.patch(address, content='{"prefill": {"headline": "Tea"}}', headers=MERGE_PATCH)
    assert answer.json()["prefill"]["headline"] == "Tea"


def test_edited_fields_are_remembered(ann: TestClient, address: str) -> None:
    edit(ann, address, headline="Tea in two minutes", subtitle=STORED["subtitle"])
    answer = edit(ann, address, cta={"text": "Buy"}, headline="Coffee in two minutes")
    assert answer.json()["edited_fields"] == ["cta.text", "headline"]


def test_the_key_of_an_edited_headline_follows_it(ann: TestClient, batch: MadeBatch) -> None:
    """Otherwise another preview of the batch could be given the headline that stands there now."""
    edit(ann, f"/previews/{batch.preview_ids[0]}/", headline="Tea in TWO minutes!")
    with unit_of_work() as session:
        kept = session.get_one(CTAIFramePreview, batch.preview_ids[0])
    assert kept.headline_key == "tea in two minutes"


def test_an_edit_that_changes_nothing_leaves_the_preview_as_it_is(
    ann: TestClient, address: str
) -> None:
    before = ann.get(address)
    answer = edit(ann, address, layout=STORED["layout"])
    assert answer.json() == before.json()
    assert answer.headers["ETag"] == before.headers["ETag"]


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"headline": "x" * 31}, "#/prefill/headline", "at most 30 characters"),
        ({"cta": None}, "#/prefill/cta", "this is needed"),
        ({"colors": {"text": "red"}}, "#/prefill/colors/text", "(given: 'red')"),
        ({"colors": {"text": "#F0F0F0"}}, "#/prefill/colors", "can be read"),
        ({"mood": "calm"}, "#/prefill/mood", "there is no such field"),
        ({"widgets": [{"type": "clock"}]}, "#/prefill/widgets/0", "'clock'"),
        ({"generated_background_url": "javascript:alert(1)"},
         "#/prefill/generated_background_url", "must begin with http:// or https://"),
    ],
)  # fmt: skip
def test_an_edit_that_leads_to_no_prefill_is_refused_by_name(
    ann: TestClient, address: str, changes: dict[str, Any], pointer: str, says: str
) -> None:
    before = ann.get(address).json()
    answer = edit(ann, address, **changes)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert says in error["detail"]
    assert ann.get(address).json() == before


@pytest.mark.parametrize("field", ["status", "workspace", "attempt", "id", "error_message"])
def test_nothing_but_the_prefill_can_be_edited(ann: TestClient, address: str, field: str) -> None:
    before = ann.get(address).json()
    answer = ann.patch(address, json={"prefill": {"headline": "Tea"}, field: "done"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"#/{field}"
    assert ann.get(address).json() == before


@pytest.mark.parametrize("status", ["queued", "running", "failed"])
def test_a_preview_that_is_not_done_has_no_prefill_to_edit_or_to_show(
    ann: TestClient, address: str, batch: MadeBatch, status: str
) -> None:
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview)
            .where(CTAIFramePreview.id == batch.preview_ids[0])
            .values(status=status, error_message="Why.")
        )
    for answer in (edit(ann, address, headline="Tea"), ann.get(f"{address}frame")):
        assert answer.status_code == 409
        assert f"is {status}" in answer.json()["detail"]


def test_edits_of_different_fields_at_the_same_time_all_survive(
    ann: TestClient, address: str
) -> None:
    edits: list[dict[str, Any]] = [
        {"headline": "Tea"}, {"subtitle": "In two minutes"}, {"cta": {"text": "Buy"}},
        {"brand": "Nordlys"}, {"price": "€ 1"}, {"layout": "center"}, {"visual_vibe": "calm"},
        {"colors": {"accent": "#123456"}},
    ]  # fmt: skip
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda changes: edit(ann, address, **changes), edits * 3))
    assert {answer.status_code for answer in answers} == {200}
    shown = ann.get(address).json()
    for changes in edits:
        for name, value in changes.items():
            kept = shown["prefill"][name]
            assert kept == (kept | value if isinstance(value, dict) else value)
    assert len(shown["edited_fields"]) == len(edits)


def test_one_who_wants_to_be_told_of_a_change_is_told(ann: TestClient, address: str) -> None:
    seen = ann.get(address).headers["ETag"]
    changes = {"prefill": {"headline": "Tea"}}
    first = ann.patch(address, json=changes, headers={"If-Match": seen})
    assert first.status_code == 200
    assert first.headers["ETag"] == ann.get(address).headers["ETag"] != seen
    late = ann.patch(address, json={"prefill": {"headline": "Coffee"}}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert ann.get(address).json()["prefill"]["headline"] == "Tea"
    for listed in ("*", f'"x", {first.headers["ETag"]}'):
        assert ann.patch(address, json=changes, headers={"If-Match": listed}).status_code == 200
    # A weak tag never matches here (RFC 9110, 13.1.1).
    weak = f"W/{first.headers['ETag']}"
    assert ann.patch(address, json=changes, headers={"If-Match": weak}).status_code == 412


def test_of_two_who_have_seen_the_same_one_is_told(ann: TestClient, address: str) -> None:
    headers = {"If-Match": ann.get(address).headers["ETag"]}
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda number: (
                    ann.patch(
                        address, json={"prefill": {"headline": f"Tea {number}"}}, headers=headers
                    ).status_code
                ),
                range(8),
            )
        )
    assert sorted(answers) == [200, *[412] * 7]


def test_what_is_known_already_is_not_sent_again(ann: TestClient, address: str) -> None:
    seen = ann.get(address).headers["ETag"]
    answer = ann.get(address, headers={"If-None-Match": f'"other", W/{seen}'})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", seen)
    edit(ann, address, headline="Tea")
    assert ann.get(address, headers={"If-None-Match": seen}).status_code == 200


def test_the_frame_is_the_overlay_as_it_was_edited(ann: TestClient, address: str) -> None:
    edit(ann, address, headline="<b>Tea</b> & more")
    answer = ann.get(f"{address}frame")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "&lt;b&gt;Tea&lt;/b&gt; &amp; more" in answer.text
    assert STORED["generated_background_url"] in answer.text


def test_a_prefill_of_an_older_kind_says_so_until_it_is_replaced(
    ann: TestClient, address: str, batch: MadeBatch
) -> None:
    older = {name: value for name, value in STORED.items() if name != "angle"}
    with unit_of_work() as session:
        session.execute(
            update(CTAIFramePreview)
            .where(CTAIFramePreview.id == batch.preview_ids[0])
            .values(prefill=older)
        )
    for answer in (edit(ann, address, headline="Tea"), ann.get(f"{address}frame")):
        assert answer.status_code == 409
        assert "of an older kind (angle: this is needed.)" in answer.json()["detail"]
    assert edit(ann, address, **STORED).status_code == 200
    assert ann.get(f"{address}frame").status_code == 200


def test_an_unknown_preview_is_not_found(ann: TestClient) -> None:
    unknown = UUID(int=0)
    for answer in (
        ann.get(f"/previews/{unknown}/"), ann.get(f"/previews/{unknown}/frame"),
        edit(ann, f"/previews/{unknown}/", headline="Tea"),
    ):  # fmt: skip
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"There is no preview with the id {unknown}."
