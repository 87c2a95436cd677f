"""The session in the README is one that works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from demo.shop import Shop
from settings import PROJECT_ROOT
from tests.api.served import served
from tests.prefect_server import connection_url

BLOCK = re.compile(r"^A session, .*?^```sh\n(.*?)^```\n\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_session_of_the_readme_ends_as_it_says(
    database: Engine, shop: Shop, tmp_path: Path
) -> None:
    found = BLOCK.search((PROJECT_ROOT / "README.md").read_text())
    assert found is not None
    commands, printed = found.groups()
    environment = os.environ | {
        "CTA_API_RUNS": "own_process",
        "PREFECT_API_URL": "",
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": connection_url(tmp_path),
    }
    with served(environment, tmp_path) as api:
        # The addresses and places that the README chooses are not those of the tests.
        commands = commands.replace("http://127.0.0.1:8000", api.url)
        commands = commands.replace("http://127.0.0.1:8765/", shop.url)
        commands = commands.replace(".venv/bin/python", sys.executable)
        commands = commands.replace(".data/overlay.html", str(tmp_path / "overlay.html"))
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout == printed
    assert "<title>Tea in two minutes</title>" in (tmp_path / "overlay.html").read_text()
