"""`python -m deployments`, again and again, on a server that an operator has worked on."""

from typing import Any

import httpx
import pytest
import yaml

from settings import PROJECT_ROOT
from tests.prefect_server import run_python

pytestmark = pytest.mark.timeout(400)
FEED = "bulk-generate-feed/bulk-generate-feed"


def deployment(api: str, name: str = FEED) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{api}/deployments/name/{name}").raise_for_status().json()
    return found


def test_everything_that_is_declared_is_registered(registered: dict[str, str]) -> None:
    api = registered["PREFECT_API_URL"]
    for declared in yaml.safe_load((PROJECT_ROOT / "prefect.yaml").read_text())["deployments"]:
        found = deployment(api, f"{declared['name']}/{declared['name']}")
        assert found["work_pool_name"] == "cta-previews"
        properties = found["parameter_openapi_schema"]["properties"]
        assert all(field.get("description") for field in properties.values()), declared["name"]


def test_a_fresh_server_reads_no_feed_that_nobody_named(registered: dict[str, str]) -> None:
    found = deployment(registered["PREFECT_API_URL"])
    [schedule] = found["schedules"]
    assert not schedule["active"]
    # Two that read one feed at a time would each make all of it.
    assert found["global_concurrency_limit"]["limit"] == 1
    assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"


@pytest.mark.long
def test_what_an_operator_has_set_is_kept(registered: dict[str, str]) -> None:
    api = registered["PREFECT_API_URL"]
    found = deployment(api)
    schedule = found["schedules"][0]["id"]
    httpx.patch(
        f"{api}/deployments/{found['id']}/schedules/{schedule}",
        json={
            "active": True,
            "schedule": {"cron": "30 5 * * 1", "timezone": "Europe/Berlin"},
            "parameters": {"feed": "s3://acme/products.csv"},
        },
    ).raise_for_status()
    change = {
        "paused": True, "parameters": {"workspace": "acme"}, "job_variables": {"env": {"A": "B"}},
        "concurrency_limit": 3, "concurrency_options": {"collision_strategy": "CANCEL_NEW"},
    }  # fmt: skip
    httpx.patch(f"{api}/deployments/{found['id']}", json=change).raise_for_status()
    httpx.patch(f"{api}/work_pools/cta-previews", json={"concurrency_limit": 7}).raise_for_status()
    try:
        run_python(registered, "-m", "deployments")
        again = deployment(api)
        [kept] = again["schedules"]
        assert kept["active"]
        assert kept["schedule"]["cron"] == "30 5 * * 1"
        assert kept["schedule"]["timezone"] == "Europe/Berlin"
        assert kept["parameters"] == {"feed": "s3://acme/products.csv"}
        assert again["paused"]
        assert again["parameters"]["workspace"] == "acme"
        assert again["job_variables"]["env"] == {"A": "B"}
        assert again["global_concurrency_limit"]["limit"] == 3
        assert again["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        pool = httpx.get(f"{api}/work_pools/cta-previews").json()
        assert pool["concurrency_limit"] == 7

        # A schedule without a name, one that was deleted, and a limit that was taken off.
        address = f"{api}/deployments/{found['id']}"
        httpx.delete(f"{address}/schedules/{kept['id']}").raise_for_status()
        own = {"schedule": {"interval": 86400}, "active": True}
        httpx.post(f"{address}/schedules", json=[own]).raise_for_status()
        httpx.patch(address, json={"concurrency_limit": None}).raise_for_status()
        other = deployment(api, "reconcile/reconcile")
        httpx.delete(f"{api}/deployments/{other['id']}/schedules/{other['schedules'][0]['id']}")
        run_python(registered, "-m", "deployments")
        [kept] = deployment(api)["schedules"]
        assert kept["schedule"]["interval"] == 86400
        assert deployment(api)["global_concurrency_limit"] is None
        assert deployment(api, "reconcile/reconcile")["schedules"] == []
    finally:
        httpx.delete(f"{api}/deployments/{deployment(api, 'reconcile/reconcile')['id']}")
        httpx.delete(f"{api}/deployments/{found['id']}").raise_for_status()
        httpx.patch(f"{api}/work_pools/cta-previews", json={"concurrency_limit": None})
        run_python(registered, "-m", "deployments")
