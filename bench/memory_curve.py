"""Memory does not grow with a run: `make bench-memory-curve` (two hours on two cores).

One run of 5,000 sources with 2 previews each, made by the embedded generator with the cap lifted:
every product another address, its picture loaded, ranked by the micro CLIP and composed. Prints the
process's resident memory, its threads and its open files as the sources end. With `--idle` there is
nothing to do in the leaves, which shows what the orchestration alone keeps. Exits with 1 when the
memory after all sources is more than `LARGEST_GROWTH` times that after a tenth of them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import threading
from urllib.parse import urlsplit
from uuid import uuid4

import psutil

from bench.prefect_server import prefect_server
from settings import PROJECT_ROOT, get_settings

LARGEST_GROWTH = 1.25
PREVIEWS = 2


def main() -> int:
    """Start the servers, and run the flow in a process of its own; 1 when memory grew too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=5_000)
    parser.add_argument(
        "--idle", action="store_true", help="nothing to do in the leaves: a fifth of the time"
    )
    parser.add_argument("--pictures", help="where pictures are served; for the process that runs")
    options = parser.parse_args()
    if options.pictures:
        return run(options.sources, options.pictures, options.idle)
    from bench.picture_server import draw_photographs, served

    benches = get_settings().data_dir / "bench"
    folder = benches / "memory_curve"
    photographs = benches / "photographs"
    draw_photographs(photographs, 40)
    with prefect_server(folder) as server, served(photographs, 0) as pictures:
        environment = os.environ | {
            "CTA_DATA_DIR": str(folder), "CTA_DATABASE_URL": "", "CTA_GENERATOR": "local",
            "CTA_CLIP_MODEL": "micro", "CTA_GENERATIONS_PER_MINUTE": "60000",
            "CTA_ALLOWED_PRIVATE_HOSTS": urlsplit(pictures).netloc,
            "PREFECT_API_URL": server.api_url, "PREFECT_LOGGING_LEVEL": "ERROR",
        }  # fmt: skip
        command = [sys.executable, "-m", "bench.memory_curve", "--pictures", pictures]
        ended = subprocess.run(
            [*command, "--sources", str(options.sources), *["--idle"] * options.idle],
            cwd=PROJECT_ROOT, env=environment,
        )  # fmt: skip
    shutil.rmtree(folder / "media", ignore_errors=True)
    return ended.returncode


def run(sources: int, pictures: str, idle: bool) -> int:
    """Run the flow and watch this process; 1 when memory grew too much or a preview is missing."""
    import flows

    if idle:
        from bench.tree_of_ours import idle_leaves

        idle_leaves()

    resident: dict[int, int] = {}
    ended = threading.Event()
    print("sources  memory  threads  files", flush=True)
    workspace = f"curve {uuid4()}"
    watcher = threading.Thread(
        target=watch, args=(workspace, sources, resident, ended), daemon=True
    )
    watcher.start()
    result = flows.bulk_generate(
        [
            {
                "url": f"https://shop.example/{number}",
                "batch_size": PREVIEWS,
                "product": {
                    "title": f"Norrland Kettle {number}",
                    "price": "49.90 EUR",
                    "image_urls": [f"{pictures}/curve/{number}.jpg"],
                },
            }
            for number in range(sources)
        ],
        workspace=workspace,
    )
    ended.set()
    watcher.join()
    growth = resident[sources] / resident[sources // 10]
    print(f"{result.progress}")
    print(f"after {sources:,} against {sources // 10:,}   {growth:.2f}   limit {LARGEST_GROWTH}")
    return int(growth > LARGEST_GROWTH or result.progress["done"] != sources * PREVIEWS)


def watch(workspace: str, sources: int, resident: dict[int, int], ended: threading.Event) -> None:
    """Note this process's memory each time that another tenth of the sources has ended."""
    process = psutil.Process()
    step = sources // 10
    last = False
    while not last:
        last = ended.wait(1)
        done = sources if last else ended_sources(workspace) // step * step
        if done and done not in resident:
            resident[done] = process.memory_info().rss
            print(
                f"{done:7,}{resident[done] / 1e6:5.0f} MB{process.num_threads():9}"
                f"{process.num_fds():7}",
                flush=True,
            )


def ended_sources(workspace: str) -> int:
    """How many sources of the workspace have reached their end."""
    from sqlalchemy import func, select

    from db.models import CTABulkGenerateSource
    from db.session import unit_of_work
    from db.statuses import UNFINISHED

    with unit_of_work() as session:
        return (
            session.scalar(
                select(func.count()).where(
                    CTABulkGenerateSource.workspace == workspace,
                    CTABulkGenerateSource.status.not_in(UNFINISHED),
                )
            )
            or 0
        )


if __name__ == "__main__":
    sys.exit(main())
