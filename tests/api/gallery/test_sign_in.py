"""Signing in and out, and what is asked of each request that would change something."""

import re
from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest

from api.gallery.session import COOKIE, csrf_of
from db import api_tokens
from db.session import unit_of_work
from tests.api.conftest import ANN, BOB, MadeBatch, make_batch, new_token
from tests.api.gallery.conftest import Visitor, texts

Visit = Callable[[object], Visitor]


def test_the_token_is_kept_where_no_script_and_no_other_site_gets_at_it(visitor_of: Visit) -> None:
    token = new_token(ANN)
    answer = visitor_of(None).client.post("/gallery/sign-in", data={"token": f" {token} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE]
    assert cookie.value == token
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]


def test_over_https_the_cookie_is_sent_over_https_alone(visitor_of: Visit) -> None:
    visitor = visitor_of(None)
    visitor.client.base_url = "https://api.example"
    answer = visitor.client.post("/gallery/sign-in", data={"token": new_token(ANN)})
    assert SimpleCookie(answer.headers["Set-Cookie"])[COOKIE]["secure"]


@pytest.mark.parametrize("token", ["", "cta_unknown", "x" * 10_000, "\x00", "cta_é"])
def test_an_unknown_token_is_refused_and_said_so(visitor_of: Visit, token: str) -> None:
    answer = visitor_of(None).client.post("/gallery/sign-in", data={"token": token})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert texts(answer, ".complaint")


def test_who_is_not_signed_in_is_asked_to_and_led_on(visitor_of: Visit) -> None:
    batch = make_batch(ANN)
    path = f"/gallery/batches/{batch.id}?words=tea&page=2"
    visitor = visitor_of(None)
    asked = visitor.get(path)
    assert asked.status_code == 303
    form = visitor.get(asked.headers["Location"])
    assert texts(form, "h1") == ["Sign in"]
    following = form.text.partition('name="next" value="')[2].partition('"')[0]
    answer = visitor.client.post(
        "/gallery/sign-in",
        data={"token": new_token(ANN), "next": following.replace("&amp;", "&")},
    )
    assert answer.headers["Location"] == path


@pytest.mark.parametrize(
    "following",
    ["https://evil.example/", "//evil.example/gallery/", "/\\evil.example", "javascript:alert(1)",
     "/gallery/\\@evil.example", "/docs", "/gallery/a\r\nSet-Cookie: x=1", "http://[", "gallery/"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(visitor_of: Visit, following: str) -> None:
    answer = visitor_of(None).client.post(
        "/gallery/sign-in", data={"token": new_token(ANN), "next": following}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_who_signs_out_is_out(ann_visits: Visitor) -> None:
    assert ann_visits.get("/").status_code == 200
    ann_visits.send("/gallery/sign-out")
    assert ann_visits.get("/").status_code == 303


def test_a_token_that_is_revoked_ends_the_visit(ann_visits: Visitor) -> None:
    with unit_of_work() as session:
        api_tokens.revoke(session, ANN)
    answer = ann_visits.get("/")
    assert answer.headers["Location"] == "/gallery/sign-in"
    assert f'{COOKIE}=""' in answer.headers["Set-Cookie"]
    script = ann_visits.get(
        "/gallery/progress?batch=" + "0" * 32, headers={"Accept": "application/json"}
    )
    assert script.status_code in (303, 401)


FORMS = [
    "/gallery/new", "/gallery/batches", "/gallery/batches/{batch}/retry",
    "/gallery/previews/{preview}", "/gallery/previews/{preview}/draft",
    "/gallery/previews/{preview}/regenerate", "/gallery/previews/{preview}/review",
]  # fmt: skip


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("given", ["", "0" * 64, "of somebody else", "é"])
def test_no_form_is_taken_without_what_ones_own_pages_hold(
    ann_visits: Visitor, path: str, given: str
) -> None:
    batch = make_batch(ANN)
    before = page_of(ann_visits, batch)
    csrf = csrf_of(new_token(BOB)) if given == "of somebody else" else given
    address = path.format(batch=batch.id, preview=batch.preview_ids[0])
    answer = ann_visits.client.post(address, data={"csrf": csrf, "review": "approved"})
    assert answer.status_code == 403
    assert texts(answer, "h1") == ["Forbidden"]
    assert page_of(ann_visits, batch) == before


def page_of(visitor: Visitor, batch: MadeBatch) -> str:
    """The page of a batch, but for how long ago it was asked for."""
    page = visitor.get(f"/gallery/batches/{batch.id}").text
    return re.sub(r"\d+ seconds? ago", "", page)


@pytest.mark.parametrize("path", [*FORMS, "/gallery/sign-in", "/gallery/sign-out"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_form_is_taken_that_the_browser_says_comes_from_elsewhere(
    ann_visits: Visitor, path: str, site: str
) -> None:
    token = ann_visits.client.cookies[COOKIE]
    answer = ann_visits.client.post(
        path.format(batch="0" * 32, preview="0" * 32), headers={"Sec-Fetch-Site": site},
        data={"csrf": csrf_of(token), "token": token},
    )  # fmt: skip
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_the_cookie_opens_nothing_over_rest(ann_visits: Visitor) -> None:
    make_batch(ANN)
    assert ann_visits.get("/batch/").status_code == 401


def test_a_page_tells_nothing_of_the_token_and_is_kept_by_nobody(ann_visits: Visitor) -> None:
    make_batch(ANN)
    answer = ann_visits.get("/")
    assert ann_visits.client.cookies[COOKIE] not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
