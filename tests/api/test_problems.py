"""Errors have one shape, and tell those alone who may ask."""

import io
import logging
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from starlette.requests import Request

import api.deps
import api.previews
from api.problems import Problem
from db import api_tokens
from db.session import unit_of_work
from settings import get_settings
from tests.api.conftest import ANN, JOB, NotedOrders


def problem(answer: Any, status: int) -> Problem:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = Problem.model_validate(answer.json())
    assert told.status == status
    assert told.request_id == answer.headers["X-Request-ID"]
    assert told.detail.endswith(".")
    return told


def test_what_does_not_exist_is_a_problem(ann: TestClient) -> None:
    assert problem(ann.get("/nowhere"), 404).instance == "/nowhere"
    assert problem(ann.get(f"/batch/{uuid4()}/"), 404).type == "urn:cta-previews:unknown-record"


def test_a_method_that_is_not_taken_is_a_problem_that_names_those_that_are(
    ann: TestClient,
) -> None:
    answer = ann.put("/batch/")
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("body", ["", "{", '{"sources": [}', "\xff", '"' + "\\ud800", "[" * 9_999])
def test_a_body_that_is_no_json_is_a_problem(ann: TestClient, body: str) -> None:
    answer = ann.post(
        "/batch/", content=body.encode("latin-1"), headers={"Content-Type": "application/json"}
    )
    assert problem(answer, answer.status_code).status in (400, 422)


@pytest.mark.parametrize("body", [[], "x", 1, {"sources": None}, {"sources": {"a": 1}}])
def test_a_body_of_another_shape_is_a_problem(ann: TestClient, body: Any) -> None:
    assert problem(ann.post("/batch/", json=body), 422).errors


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\u202e", "javascript:alert(1)", "http://", "x" * 100_000]
)
def test_hostile_addresses_are_refused(ann: TestClient, text: str) -> None:
    told = problem(ann.post("/batch/", json={"sources": [{"url": text}]}), 422)
    assert told.errors is not None
    assert told.errors[0].pointer == "#/sources/0/url"
    assert len(told.detail) < 500


@pytest.mark.parametrize("number", ["1e400", "NaN", "-Infinity", "9" * 5_000, "1.5", "true"])
def test_hostile_numbers_are_refused(ann: TestClient, number: str) -> None:
    body = f'{{"sources": [{{"url": "https://shop.example/", "batch_size": {number}}}]}}'
    answer = ann.post("/batch/", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer, answer.status_code).status in (400, 422)


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(ann: TestClient) -> None:
    most = get_settings().api_max_body_bytes
    headers = {"Content-Type": "application/json"}
    announced = ann.post("/batch/", content=b" " * (most + 1), headers=headers)
    assert problem(announced, 413).detail == f"The body may have at most {most:,} bytes."
    streamed = ann.post("/batch/", content=iter([b" " * most, b" "]), headers=headers)
    problem(streamed, 413)
    lied = ann.post(
        "/batch/", content=iter([b" " * most, b" "]), headers={**headers, "Content-Length": "2"}
    )
    problem(lied, 413)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YW5uOng=", "Bearer cta_made_up", "Bearer \xff"]
)
def test_without_a_valid_token_nothing_is_told(anonymous: TestClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    answers = [
        anonymous.get("/batch/", headers=headers),  # type: ignore[arg-type]
        anonymous.get("/previews/?page_size=0", headers=headers),  # type: ignore[arg-type]
        anonymous.post("/batch/", json={"sources": []}, headers=headers),  # type: ignore[arg-type]
        anonymous.post("/batch/", content="{", headers={"Content-Type": "application/json", **headers}),  # type: ignore[dict-item]
    ]  # fmt: skip
    for answer in answers:
        told = problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "python -m api.tokens create" in told.detail


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/batch/"),
        ("PATCH", f"/previews/{uuid4()}/"),
        ("PUT", f"/previews/{uuid4()}/review/"),
        ("POST", f"/previews/{uuid4()}/regenerate/"),
    ],
)
def test_without_a_valid_token_no_body_is_read(
    anonymous: TestClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    async def read(request: Request) -> bytes:
        raise AssertionError("The body was read.")

    monkeypatch.setattr(Request, "body", read)
    headers = {"Authorization": "Bearer unknown", "Content-Type": "application/json"}
    problem(anonymous.request(method, path, content="{}", headers=headers), 401)


def test_a_revoked_token_opens_nothing_from_then_on(ann: TestClient) -> None:
    assert ann.get("/batch/").status_code == 200
    with unit_of_work() as session:
        api_tokens.revoke(session, ANN)
    problem(ann.get("/batch/"), 401)
    problem(ann.post("/batch/", json=JOB), 401)


def test_an_unexpected_error_is_a_problem_whose_id_the_log_has(
    ann: TestClient, launcher: NotedOrders, caplog: pytest.LogCaptureFixture
) -> None:
    launcher.trouble = RuntimeError("the secret of the house")
    logging.getLogger("api").addHandler(caplog.handler)
    try:
        told = problem(ann.post("/batch/", json=JOB), 500)
    finally:
        logging.getLogger("api").removeHandler(caplog.handler)
    assert "secret" not in told.model_dump_json()
    assert any("secret" in str(record.exc_info) for record in caplog.records)
    assert any("POST /batch/ 500" in record.getMessage() for record in caplog.records)


def test_the_log_has_a_line_with_the_id_of_each_request(ann: TestClient) -> None:
    handlers = logging.getLogger("api").handlers
    [handler] = [handler for handler in handlers if type(handler) is logging.StreamHandler]
    given, log = str(uuid4()), io.StringIO()
    before = handler.setStream(log)
    try:
        answers = [ann.get("/batch/", headers={"X-Request-ID": id}) for id in (given, "<script>")]
    finally:
        handler.setStream(before)
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert ids[0] == given
    assert ids[1] != "<script>"
    for line, request_id in zip(log.getvalue().splitlines(), ids, strict=True):
        assert f"INFO api.access [{request_id}] GET /batch/ 200" in line


def test_a_database_that_cannot_be_reached_is_a_problem_that_passes(
    ann: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("connection refused to 10.0.0.1"))

    monkeypatch.setattr(api.previews, "member_unit_of_work", unreachable)
    answer = ann.get("/previews/")
    assert "database cannot be reached" in problem(answer, 503).detail
    assert "secret" not in answer.text
    assert "10.0.0.1" not in answer.text
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\x7f", "é"])
def test_an_idempotency_key_is_of_visible_characters(ann: TestClient, key: str) -> None:
    answer = ann.post("/batch/", json=JOB, headers={b"Idempotency-Key": key.encode("latin-1")})  # type: ignore[arg-type]
    told = problem(answer, 422)
    assert told.errors is not None
    assert told.errors[0].parameter == "idempotency-key"


def test_the_api_lives_while_it_cannot_work(anonymous: TestClient, launcher: NotedOrders) -> None:
    assert anonymous.get("/healthz").json() == {"status": "ok"}
    assert anonymous.get("/readyz").json() == {"status": "ready"}
    from tests.api.conftest import UNREACHABLE

    launcher.trouble = UNREACHABLE
    told = problem(anonymous.get("/readyz"), 503)
    assert told.detail == str(UNREACHABLE)
    assert anonymous.get("/healthz").status_code == 200


def test_every_route_tells_what_it_may_answer(anonymous: TestClient) -> None:
    document = anonymous.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            refused = {status for status in route["responses"] if status >= "400"}
            assert (path == "/healthz") == (not refused), (method, path)
            for status in refused:
                content = route["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (method, path, status)
    assert anonymous.get("/docs").status_code == 200


def test_a_body_that_does_not_say_that_it_is_json_is_told_so(ann: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = ann.post("/batch/", content="{}", headers={"Content-Type": kind})
        assert "Content-Type: application/json" in problem(answer, 415).detail


def test_a_body_of_very_many_parts_is_refused_before_each_is_looked_at(ann: TestClient) -> None:
    many = [1] * 100_000
    answers = [
        ann.post("/batch/", json={"sources": many}),
        ann.post("/batch/", json={"sources": [dict.fromkeys(map(str, range(9_999)))]}),
        ann.patch(f"/previews/{uuid4()}/", json={"prefill": {"widgets": many}}),
    ]
    for answer in answers:
        told = problem(answer, 422)
        assert len(told.errors or []) == 1
        assert len(answer.text) < 1_000


def test_what_a_path_stands_for_cannot_begin_a_line_of_the_log(
    ann: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("api").addHandler(caplog.handler)
    try:
        answer = ann.get("/x%0aFORGED%1b")
    finally:
        logging.getLogger("api").removeHandler(caplog.handler)
    assert problem(answer, 404).instance == "/x%0AFORGED%1B"
    assert any("/x%0aFORGED%1b 404" in record.getMessage() for record in caplog.records)
