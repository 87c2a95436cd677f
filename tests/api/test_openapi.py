"""The served API keeps what its OpenAPI document promises, whatever is sent to it."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import Engine

from api.app import create_app
from tests.api.conftest import ANN, NotedOrders, make_batch, new_token
from tests.prefect_server import free_port

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "ignored_auth,unsupported_method,missing_required_header,use_after_free,"
    "ensure_resource_availability"
)


@pytest.fixture
def served(database: Engine) -> Iterator[str]:
    """The API on a port of loopback, which takes every order and starts nothing."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(create_app(launcher=NotedOrders()), port=port, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=30)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("seconds", "least_cases"), [(10, 30), pytest.param(60, 500, marks=pytest.mark.faults)]
)
def test_no_answer_is_outside_of_the_document_and_none_is_the_servers_fault(
    served: str, tmp_path: Path, seconds: int, least_cases: int
) -> None:
    make_batch(ANN)
    ran = subprocess.run(
        [
            SCHEMATHESIS, "run", f"{served}/openapi.json",
            "--header", f"Authorization: Bearer {new_token(ANN)}",
            "--checks", CHECKS, "--mode", "all", "--max-examples", "25", "--max-time", str(seconds),
            "--seed", "20", "--continue-on-failure", "--no-color", "--generation-database", "none",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=seconds + 100,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    [cases] = re.findall(r"(\d[\d,]*) generated", ran.stdout)
    assert int(cases.replace(",", "")) > least_cases, ran.stdout
