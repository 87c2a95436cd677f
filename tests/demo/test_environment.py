"""The demo keeps to itself, whatever is set up on the machine that it runs on."""

import subprocess
import sys

from settings import PROJECT_ROOT

ASKS = """
from demo.__main__ import set_environment
set_environment()
from prefect.settings import PREFECT_API_URL
from settings import get_settings
settings = get_settings()
print(settings.database_url, settings.api_database_url, settings.task_runner,
      settings.generator, PREFECT_API_URL.value())
"""
SET_UP_HERE = {
    "CTA_DATABASE_URL": "postgresql://shop.example/cta",
    "CTA_API_DATABASE_URL": "postgresql://api@shop.example/cta",
    "CTA_TASK_RUNNER": "dask",
    "CTA_DASK_ADDRESS": "tcp://10.0.0.5:8786",
    "CTA_GENERATOR": "gemini",
    "GOOGLE_API_KEY": "a-key",
    "PREFECT_API_URL": "http://10.0.0.5:4200/api",
}


def test_the_demo_takes_nothing_of_what_is_set_up_here() -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASKS],
        cwd=PROJECT_ROOT, env=SET_UP_HERE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.split() == ["None", "None", "threads", "local", "None"]
