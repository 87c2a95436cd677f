"""Schedules start runs: a server of the pinned packages makes them."""

import time

import httpx
import pytest


def test_a_deployment_with_a_schedule_gets_its_runs(registered: dict[str, str]) -> None:
    """Prefect 3.8.8 with SQLAlchemy 2.1 makes none, and says so in its server's log alone."""
    wanted = {"deployments": {"name": {"any_": ["reconcile"]}}}
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        count = httpx.post(f"{registered['PREFECT_API_URL']}/flow_runs/count", json=wanted).json()
        if count:
            return
        time.sleep(1)
    pytest.fail("No run was made for the schedule.")
