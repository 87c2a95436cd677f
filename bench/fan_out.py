"""What the orchestration of one preview costs: `make bench-fan-out`.

In one run, on one Prefect server with its records in Postgres: the tree of the product as the
obvious Prefect program has it, the project's own flows with everything of theirs but the work in
the leaves, and the same tree on Celery with Redis. Each has a process of its own and is warmed up.
Exits with 1 when ours takes more than `LARGEST_SHARE` of the obvious program's time a preview.
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
from settings import PROJECT_ROOT, get_settings

LARGEST_SHARE = 0.6
TREES = {"obvious": "bench.tree_of_prefect", "ours": "bench.tree_of_ours"}
# What the project's own configuration of Prefect leaves out, and an obvious program has.
DEFAULTS = {"obvious": {"PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "true"}, "ours": {}}


def main() -> int:
    """Print a line for each tree, and the ratios; 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--previews", type=int, default=5, help="of each source")
    parser.add_argument("--rounds", type=int, default=1)
    sizes = parser.parse_args()
    folder = get_settings().data_dir / "bench" / "fan_out"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        CTA_DATA_DIR=str(folder), CTA_DATABASE_URL="", CTA_GENERATIONS_PER_MINUTE="60000",
        PREFECT_LOGGING_LEVEL="INFO", DO_NOT_TRACK="1",
    )  # fmt: skip
    get_settings.cache_clear()
    previews = sizes.sources * sizes.previews
    found: dict[str, list[float]] = defaultdict(list)
    print(f"{sizes.sources} sources, {sizes.previews} previews each; of one preview:")
    print("tree      seconds  requests  own cpu  server cpu  memory  threads")
    with prefect_server(folder) as server:
        os.environ["PREFECT_API_URL"] = server.api_url
        for _ in range(sizes.rounds):
            for name in TREES:
                spent, server_cpu = run_tree(name, sizes.sources, sizes.previews, server)
                found[name].append(spent["seconds"] / previews)
                print(
                    f"{name:<9}{spent['seconds'] / previews:8.3f}"
                    f"{spent['requests'] / previews:10.1f}{spent['cpu_seconds'] / previews:9.3f}"
                    f"{server_cpu / previews:12.3f}{spent['bytes'] / 1e6:6.0f} MB"
                    f"{spent['threads']:8}",
                    flush=True,
                )
    celery = run_celery(folder, sizes.sources, sizes.previews)
    print(f"celery   {celery / previews:8.3f}")
    return judge(
        {name: statistics.median(costs) for name, costs in found.items()}, celery / previews
    )


def judge(costs: dict[str, float], celery: float) -> int:
    """Print the ratios; 1 when ours is above its limit."""
    share = costs["ours"] / costs["obvious"]
    print(f"ours beside the obvious program   {share:.2f}   limit {LARGEST_SHARE}")
    print(f"ours beside Celery                {costs['ours'] / celery:.1f}")
    print(f"the obvious program beside Celery {costs['obvious'] / celery:.1f}")
    return int(share > LARGEST_SHARE)


def run_tree(
    name: str, sources: int, previews: int, server: PrefectServer
) -> tuple[dict[str, Any], float]:
    """What a tree took in its own process, and the seconds of processor that the server took.

    The warm-up is in the server's seconds too, but for the part that comes before the first line.
    """
    processes = [psutil.Process(server.process_id)]
    processes += processes[0].children(recursive=True)

    def cpu() -> float:
        times = [process.cpu_times() for process in processes]
        return float(sum(one.user + one.system for one in times))

    before = cpu()
    module = TREES[name]
    log = get_settings().data_dir / f"{module}.log"
    with log.open("w") as errors:
        ended = subprocess.run(
            [sys.executable, "-m", module, str(sources), str(previews)],
            cwd=PROJECT_ROOT, env=os.environ | DEFAULTS[name],
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    if ended.returncode:
        sys.exit(f"{module} did not make all of its previews; why is in {log}.")
    time.sleep(3)  # for what the server writes behind the answers
    lines = [line for line in ended.stdout.splitlines() if line.startswith('{"seconds"')]
    return json.loads(lines[-1]), (cpu() - before) * sources / (sources + 2)


def run_celery(folder: Path, sources: int, previews: int) -> float:
    """Seconds that the tree took on Celery."""
    from db.session import database_url

    python = folder.parent / "celery" / "bin" / "python"
    url = make_url(database_url()).set(drivername="postgresql")
    with redis_server(folder) as redis:
        environment = os.environ | {
            "CELERY_REDIS": redis,
            "CELERY_POSTGRES": url.render_as_string(hide_password=False),
        }
        ended = subprocess.run(
            [str(python), "-m", "bench.tree_of_celery", str(sources), str(previews)],
            cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    return float(json.loads(ended.stdout.splitlines()[-1])["seconds"])


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis server until the block ends; gives its address."""
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("Celery needs a Redis server to be measured with: apt-get install redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
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
