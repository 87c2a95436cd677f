"""The API as users have it: `uvicorn api.app:app` in a process of its own, on loopback."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from settings import PROJECT_ROOT
from tests.prefect_server import free_port, wait_until_healthy


@dataclass(frozen=True)
class Served:
    """An API that answers at `url`; `process` is its own."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def client(self, token: str) -> httpx.Client:
        """A client with a token; it waits as long as a run may take to be started."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)


@contextmanager
def served(environment: Mapping[str, str], folder: Path) -> Iterator[Served]:
    """Serve the API with an environment; its log goes into `folder`."""
    port = free_port()
    log = folder / "api.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "api.app:app", "--port", str(port)],
            cwd=PROJECT_ROOT, env=dict(environment), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/healthz", log)
        yield Served(f"http://127.0.0.1:{port}", process, log)
    finally:
        process.terminate()
        process.wait(timeout=60)
