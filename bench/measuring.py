"""What a process spent on a piece of work: time, requests, processor, memory, threads."""

import json
import re
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass

import httpx

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Spent:
    """What one run took: `seconds` and `cpu_seconds` of this process, its `requests`, the peak of
    its resident memory in `bytes`, and the most `threads` it had at a time. `routes` counts the
    requests by method and path, with `{id}` for what differs.
    """

    seconds: float
    cpu_seconds: float
    requests: int
    bytes: int
    threads: int
    routes: dict[str, int]

    def as_json(self) -> str:
        """One line, for the process that asked."""
        return json.dumps(asdict(self))


def spent_on(work: Callable[[], object], requests: list[str]) -> Spent:
    """Do the work and measure it; `requests` is what `count_requests` gave."""
    most = [0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            most[0] = max(most[0], threading.active_count())

    threading.Thread(target=watch, daemon=True).start()
    requests.clear()
    cpu, began = time.process_time(), time.monotonic()
    work()
    seconds = time.monotonic() - began
    ended.set()
    return Spent(
        seconds=seconds,
        cpu_seconds=time.process_time() - cpu,
        requests=len(requests),
        # In KiB, as Linux gives it (getrusage(2)).
        bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        threads=most[0],
        routes=dict(Counter(_UUID.sub("{id}", request) for request in requests).most_common()),
    )


def count_requests() -> list[str]:
    """A list that grows by one with each request that this process sends through httpx."""
    sent: list[str] = []
    for transport, name in (
        (httpx.HTTPTransport, "handle_request"),
        (httpx.AsyncHTTPTransport, "handle_async_request"),
    ):
        _count(transport, name, sent)
    return sent


def _count(transport: type, name: str, sent: list[str]) -> None:
    original = getattr(transport, name)

    def counted(self: object, request: httpx.Request) -> object:
        sent.append(f"{request.method} {request.url.path}")
        return original(self, request)

    setattr(transport, name, counted)
