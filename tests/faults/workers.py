"""Workers as a user starts them, and runs that are started and cancelled as the Prefect UI does it."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
import psutil

from settings import PROJECT_ROOT
from tests.dask_cluster import family, kill

UNFINISHED = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED")


class Worker:
    """`prefect worker start`, with all that it starts; ended with the block by `kill -9`."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prefect", "worker", "start", "--pool", "cta-previews",
                 "--type", "process"],
                cwd=PROJECT_ROOT, env=environment | {"PREFECT_LOGGING_LEVEL": "INFO"},
                stdout=output, stderr=output,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """`kill -9` of the worker and of the runs that it has started."""
        if self.process.poll() is None:
            kill(self.process)

    def stop(self) -> None:
        """What a supervisor sends first."""
        self.process.send_signal(signal.SIGTERM)

    def runs(self) -> list[psutil.Process]:
        """The processes of the runs."""
        return family(self.process)[1:]

    def log(self) -> str:
        return self._log.read_text()


class Prefect:
    """A Prefect server that has the deployments, over its API."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._api = environment["PREFECT_API_URL"]

    def start(self, deployment: str, **parameters: Any) -> UUID:
        """Start a run of a deployment, as its form does; returns the run's id."""
        found = self._ask("GET", f"/deployments/name/{deployment}/{deployment}")
        run = self._ask(
            "POST", f"/deployments/{found['id']}/create_flow_run", json={"parameters": parameters}
        )
        return UUID(run["id"])

    def cancel(self, run_id: UUID) -> None:
        """The button of the UI; a run that nobody has begun is cancelled at once."""
        answer = self._set_state(run_id, "CANCELLING", force=False)
        assert answer["state"]["type"] in ("CANCELLING", "CANCELLED"), answer

    def set_state(self, run_id: UUID, state: str, force: bool = False) -> None:
        answer = self._set_state(run_id, state, force)
        assert answer["status"] == "ACCEPT", answer

    def _set_state(self, run_id: UUID, state: str, force: bool) -> Any:
        return self._ask(
            "POST", f"/flow_runs/{run_id}/set_state",
            json={"state": {"type": state}, "force": force},
        )  # fmt: skip

    def state_of(self, run_id: UUID) -> str:
        return str(self._ask("GET", f"/flow_runs/{run_id}")["state_type"])

    def set_cap(self, per_second: float) -> None:
        """How many generations may start in a second."""
        change = {"slot_decay_per_second": per_second}
        self._ask("PATCH", "/v2/concurrency_limits/preview-generation", json=change)

    def unfinished(self) -> dict[UUID, str]:
        """The runs that Prefect takes for alive, without those of the schedules, by their names."""
        asked = {"flow_runs": {"state": {"type": {"any_": list(UNFINISHED)}}}}
        found = self._ask("POST", "/flow_runs/filter", json=asked)
        return {UUID(run["id"]): run["name"] for run in found if not run.get("auto_scheduled")}

    def end_all_runs(self) -> None:
        """Have no worker of a later test take up what was left."""
        for run_id in self.unfinished():
            self.set_state(run_id, "CRASHED", force=True)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = httpx.request(method, f"{self._api}{path}", timeout=60, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None
