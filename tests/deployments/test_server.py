"""The server as the project configures it: SQLite behind one connection refuses nobody."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

CLIENTS, RUNS_EACH = 24, 6


def test_many_clients_at_once_are_never_refused(environment: dict[str, str]) -> None:
    api = environment["PREFECT_API_URL"]
    flow = httpx.post(f"{api}/flows/", json={"name": "busy"}).raise_for_status().json()

    answers: list[int] = []

    def start_and_end_runs(_: int) -> None:
        with httpx.Client(base_url=api, timeout=60) as client:
            for _ in range(RUNS_EACH):
                run = client.post("/flow_runs/", json={"flow_id": flow["id"]})
                answers.append(run.status_code)
                for state in ("RUNNING", "COMPLETED") if run.is_success else ():
                    moved = client.post(
                        f"/flow_runs/{run.json()['id']}/set_state",
                        json={"state": {"type": state}, "force": False},
                    )
                    answers.append(moved.status_code)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(start_and_end_runs, range(CLIENTS)))
    assert Counter(answers) == {201: CLIENTS * RUNS_EACH * 3}
