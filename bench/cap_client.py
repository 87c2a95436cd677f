"""One process of `bench.cap`: asks for generation slots until its time is up."""

import json
import sys
import threading
import time

import httpx

from bench.cap import THREADS
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
    sys.stdout.close()
    import os

    os._exit(0)


def count_requests() -> list[str]:
    """A list that grows by one with each request that this process sends."""
    sent: list[str] = []
    for kind in (httpx.HTTPTransport, httpx.AsyncHTTPTransport):
        _count(kind, sent)
    return sent


def _count(kind: type, sent: list[str]) -> None:
    name = "handle_request" if kind is httpx.HTTPTransport else "handle_async_request"
    original = getattr(kind, name)

    def counted(self: object, request: httpx.Request) -> object:
        sent.append(request.url.path)
        return original(self, request)

    setattr(kind, name, counted)


if __name__ == "__main__":
    main()
