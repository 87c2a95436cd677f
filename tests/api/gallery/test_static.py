"""Styles and scripts: kept by browsers, but not past an upgrade."""

from fastapi.testclient import TestClient


def test_a_script_is_asked_about_before_it_is_used_again(anonymous: TestClient) -> None:
    first = anonymous.get("/gallery/static/reviewing.js")
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-cache")
    again = anonymous.get(
        "/gallery/static/reviewing.js", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")
    assert again.content == b""
