"""One process of `bench.cap`: asks for generation slots until its time is up."""

import json
import os
import sys
import threading
import time

from bench.cap import THREADS
from bench.measuring import count_requests
from db.session import get_engine
from tasks.limits import GENERATION_LIMIT, wait_for_generation_slot


def wait_naively() -> None:
    """Prefect's own way."""
    from prefect.concurrency.sync import rate_limit

    rate_limit(GENERATION_LIMIT, occupy=1, strict=True)


def main() -> None:
    """Print as JSON when slots were granted and how many requests it took."""
    client, begin, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    wait = wait_for_generation_slot if client == "ours" else wait_naively
    get_engine()
    granted: list[float] = []
    requests = count_requests()

    def ask() -> None:
        while True:
            wait()
            granted.append(time.monotonic())

    time.sleep(max(0.0, begin - time.monotonic()))
    before = len(requests)
    for _ in range(THREADS):
        threading.Thread(target=ask, daemon=True).start()
    time.sleep(max(0.0, begin + seconds - time.monotonic()))
    print(json.dumps({"granted": sorted(granted), "requests": len(requests) - before}), flush=True)
    # The threads wait for slots that nobody needs any more.
    os._exit(0)


if __name__ == "__main__":
    main()
