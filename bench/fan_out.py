"""What the orchestration of one preview costs: `make bench-fan-out`.

In one run, with Prefect's records in Postgres: the tree of the product as the obvious Prefect
program has it, on a server with Prefect's defaults; the project's own flows, with everything of
theirs but the work in the leaves, on a server as the project configures it; the obvious program on
such a server too; and the same tree on Celery with Redis. Each has a process of its own and is
warmed up; rounds alternate. Each has a server with empty records, for they slow it down as they
grow. Exits with 1 when ours takes more than `LARGEST_SHARE` of the obvious
program's time a preview.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url

from bench.prefect_server import PrefectServer, prefect_server
from deployments.prefect_database import stop_prefect_database
from settings import PROJECT_ROOT, get_settings

LARGEST_SHARE = 0.6
OBVIOUS, OURS, BETWEEN = "obvious", "ours", "obvious, our server"
TREES = {
    OBVIOUS: "bench.tree_of_prefect",
    OURS: "bench.tree_of_ours",
    BETWEEN: "bench.tree_of_prefect",
}
# What the project's configuration of Prefect changes that bears on the cost of a run.
CLIENT_DEFAULTS = {"PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "true"}
SERVER_DEFAULTS = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "1",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "1",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "5",
}


def main() -> int:
    """Print a line for each tree, and the ratios; 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--previews", type=int, default=5, help="of each source")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--routes", action="store_true", help="show where the requests go")
    sizes = parser.parse_args()
    benches = get_settings().data_dir / "bench"
    folder = benches / "fan_out"
    check_celery(benches)
    os.environ.update(
        CTA_DATA_DIR=str(folder), CTA_DATABASE_URL="", CTA_GENERATIONS_PER_MINUTE="60000",
        DO_NOT_TRACK="1",
    )  # fmt: skip
    get_settings.cache_clear()
    print(f"{sizes.sources} sources, {sizes.previews} previews each; of one preview:")
    print("tree                 seconds  requests  own cpu  server cpu  memory  threads")
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(sizes.rounds):
        for name in TREES:
            shutil.rmtree(folder / "prefect", ignore_errors=True)
            with prefect_server(
                folder / "prefect", **(SERVER_DEFAULTS if name == OBVIOUS else {})
            ) as server:
                spent = run_tree(name, sizes.sources, sizes.previews, server)
            stop_prefect_database(folder / "prefect" / "prefect-postgres")
            found[name].append(show(name, spent, sizes))
    celery = show("celery", run_celery(benches, sizes.sources, sizes.previews), sizes)
    return judge({name: statistics.median(costs) for name, costs in found.items()}, celery)


def judge(costs: dict[str, float], celery: float) -> int:
    """Print the ratios; 1 when ours is above its limit."""
    share = costs[OURS] / costs[OBVIOUS]
    print(f"ours beside the obvious program          {share:.2f}   limit {LARGEST_SHARE}")
    print(f"ours beside it on a server of our own    {costs[OURS] / costs[BETWEEN]:.2f}")
    print(f"ours beside Celery                       {costs[OURS] / celery:.1f}")
    print(f"the obvious program beside Celery        {costs[OBVIOUS] / celery:.1f}")
    return int(share > LARGEST_SHARE)


def show(name: str, spent: dict[str, Any], sizes: argparse.Namespace) -> float:
    """Print what a tree took, and return its seconds a preview."""
    count: int = sizes.sources * sizes.previews
    seconds = float(spent["seconds"]) / count
    print(
        f"{name:<21}{seconds:7.3f}{spent['requests'] / count:10.1f}"
        f"{spent['cpu_seconds'] / count:9.3f}{spent['server_cpu_seconds'] / count:12.3f}"
        f"{spent['bytes'] / 1e6:5.0f} MB{spent['threads']:9}",
        flush=True,
    )
    if sizes.routes:
        for route, times in spent.get("routes", {}).items():
            print(f"{times / count:38.2f}  {route}", flush=True)
    return seconds


def run_tree(name: str, sources: int, previews: int, server: PrefectServer) -> dict[str, Any]:
    """What a tree took in its own process, and in `server_cpu_seconds` what the server took.

    The server's seconds are for the warm-up too, of which a share is taken off.
    """
    processes = [psutil.Process(server.process_id)]
    processes += processes[0].children(recursive=True)

    def cpu() -> float:
        times = [process.cpu_times() for process in processes]
        return float(sum(one.user + one.system for one in times))

    environment = os.environ | ({} if name == OURS else CLIENT_DEFAULTS)
    log = get_settings().data_dir / f"{TREES[name]}.log"
    before = cpu()
    with log.open("w") as errors:
        ended = subprocess.run(
            [sys.executable, "-m", TREES[name], str(sources), str(previews)],
            cwd=PROJECT_ROOT, env=environment | {"PREFECT_API_URL": server.api_url},
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    if ended.returncode:
        sys.exit(f"{TREES[name]} did not make all of its previews; why is in {log}.")
    time.sleep(3)  # for what the server writes behind its answers
    lines = [line for line in ended.stdout.splitlines() if line.startswith('{"seconds"')]
    server_cpu = (cpu() - before) * sources / (sources + 2)
    spent: dict[str, Any] = json.loads(lines[-1])
    return spent | {"server_cpu_seconds": server_cpu}


def check_celery(benches: Path) -> None:
    """End the program, with a sentence, where Celery cannot be measured."""
    if shutil.which("redis-server") is None:
        sys.exit("Celery needs a Redis server to be measured with: apt-get install redis-server")
    if not (benches / "celery" / "bin" / "python").exists():
        sys.exit("Celery is not installed for the measurement: make bench-fan-out installs it.")


def run_celery(benches: Path, sources: int, previews: int) -> dict[str, Any]:
    """What the tree took on Celery; its requests are commands to Redis, its server is Redis."""
    from db.session import database_url

    url = make_url(database_url()).set(drivername="postgresql")
    with redis_server(benches) as redis:
        environment = os.environ | {
            "CELERY_REDIS": redis,
            "CELERY_POSTGRES": url.render_as_string(hide_password=False),
        }
        python = benches / "celery" / "bin" / "python"
        ended = subprocess.run(
            [str(python), "-m", "bench.tree_of_celery", str(sources), str(previews)],
            cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    spent: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return spent


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis server until the block ends; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=folder, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(1)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
