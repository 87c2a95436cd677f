"""A run whose worker was killed goes on, although nobody reads its lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from settings import PROJECT_ROOT

LOGS_TO_NOBODY = """
import os, pathlib, sys
reading, writing = os.pipe()
os.dup2(writing, 1)
os.dup2(writing, 2)
os.close(reading)
import {imported}
import logging
from prefect.logging.configuration import setup_logging
setup_logging()
for _ in range(2):
    logging.getLogger().warning("Who hears this?")
pathlib.Path(sys.argv[1]).touch()
os._exit(0)
"""


@pytest.mark.parametrize(("imported", "goes_on"), [("flows", True), ("prefect", False)])
def test_a_line_that_nobody_reads_ends_nothing(
    tmp_path: Path, imported: str, goes_on: bool
) -> None:
    reached = tmp_path / "reached"
    subprocess.run(
        [sys.executable, "-c", LOGS_TO_NOBODY.format(imported=imported), str(reached)],
        cwd=PROJECT_ROOT, env=os.environ | {"PREFECT_LOGGING_LEVEL": "INFO"}, timeout=100,
    )  # fmt: skip
    assert reached.exists() == goes_on
