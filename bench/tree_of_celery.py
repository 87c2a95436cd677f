"""The same tree on Celery: a peer of `bench.fan_out`, in an environment of its own.

Run as `python -m bench.tree_of_celery SOURCES PREVIEWS`, it starts a worker, prints what the
tree took, and ends the worker. CELERY_REDIS and CELERY_POSTGRES name the servers.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import redis
from celery import Celery, chord, group

REDIS = os.environ["CELERY_REDIS"]
POSTGRES = os.environ["CELERY_POSTGRES"]
LONGEST_SECONDS = 600
app = Celery("bench.tree_of_celery", broker=REDIS, backend=REDIS)
app.conf.update(worker_prefetch_multiplier=1, task_ignore_result=False)
_connection: Any = None


def set_status(record_id: str, kind: str, status: str) -> None:
    """Write the status of a row, over one connection a process."""
    global _connection
    if _connection is None:
        _connection = psycopg2.connect(POSTGRES)
        _connection.autocommit = True
    with _connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_status (id, kind, status) VALUES (%s, %s, %s) "
            "ON CONFLICT (id) DO UPDATE SET status = excluded.status",
            (record_id, kind, status),
        )


@app.task
def generate_background(preview_id: str) -> str:
    """An address."""
    set_status(preview_id, "preview", "running")
    return f"file:///{preview_id}.jpg"


@app.task
def generate_prefill(preview_id: str) -> dict[str, str]:
    """A few words."""
    return {"headline": preview_id}


@app.task
def fill_preview(halves: list[Any], preview_id: str) -> None:
    """The preview is done."""
    set_status(preview_id, "preview", "done")


@app.task
def process_url(source_id: str, previews: int) -> None:
    """One source: its product, its pictures and its previews."""
    set_status(source_id, "source", "running")
    for _ in range(previews):
        preview_id = str(uuid4())
        set_status(preview_id, "preview", "queued")
        halves = [generate_background.s(preview_id), generate_prefill.s(preview_id)]
        chord(halves)(fill_preview.s(preview_id))
    set_status(source_id, "source", "done")


def run(sources: int, previews: int) -> float:
    """Seconds from the request to the last preview."""
    set_status(str(uuid4()), "bulk task", "running")
    with _connection.cursor() as cursor:
        cursor.execute("DELETE FROM bench_status WHERE kind = 'preview'")
        began = time.monotonic()
        group(process_url.s(str(uuid4()), previews) for _ in range(sources)).apply_async()
        while True:
            cursor.execute(
                "SELECT count(*) FROM bench_status WHERE kind = 'preview' AND status = 'done'"
            )
            if cursor.fetchone()[0] == sources * previews:
                return time.monotonic() - began
            if time.monotonic() - began > LONGEST_SECONDS:
                sys.exit("Celery did not make all of its previews in time.")
            time.sleep(0.02)


def processes_of(worker: int) -> list[Path]:
    """This process, the worker and its children, as folders of proc(5)."""
    children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
    return [Path(f"/proc/{number}") for number in (os.getpid(), worker, *children)]


def cpu_seconds(processes: list[Path]) -> float:
    """Seconds of processor that they took: fields 14 and 15 of proc_pid_stat(5)."""
    ticks = 0
    for process in processes:
        # The name before the bracket may hold spaces.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def total(processes: list[Path], field: str) -> int:
    """The sum of a field of proc_pid_status(5)."""
    lines = [line for one in processes for line in (one / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def spent_on_redis() -> tuple[int, float]:
    """The commands that Redis has had, and the seconds of processor that it took."""
    told: Any = redis.Redis.from_url(REDIS).info()
    return told["total_commands_processed"], told["used_cpu_user"] + told["used_cpu_sys"]


def measure(worker: int, sources: int, previews: int) -> dict[str, float]:
    """Run the tree, and say what all of its processes took together."""
    processes = processes_of(worker)
    cpu, (commands, redis_cpu) = cpu_seconds(processes), spent_on_redis()
    seconds = run(sources, previews)
    commands_after, redis_cpu_after = spent_on_redis()
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds(processes) - cpu,
        "requests": commands_after - commands,
        "server_cpu_seconds": redis_cpu_after - redis_cpu,
        "bytes": total(processes, "VmHWM") * 1024,
        "threads": total(processes, "Threads"),
    }


def main() -> None:
    """Run the tree once to warm up and once to be measured."""
    sources, previews = int(sys.argv[1]), int(sys.argv[2])
    worker = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "bench.tree_of_celery", "worker",
            "--concurrency", "2", "--loglevel", "error", "--without-gossip", "--without-mingle",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        run(2, previews)
        print(json.dumps(measure(worker.pid, sources, previews)), flush=True)
    finally:
        worker.terminate()
        worker.wait(timeout=60)


if __name__ == "__main__":
    main()
