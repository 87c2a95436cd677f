"""The cap, strict and full: `make bench-cap`.

One, two and four processes, each with as many waiting threads as a run has, ask for generation
slots of one Prefect server on Postgres: at the real 20 a minute, and ten times faster. For each the
busiest 60 seconds are printed (ten times faster: the busiest 6, for the same 20), how full the cap
was, the longest that a process waited beside its share, and what waiting cost the server. Prefect's
own `rate_limit` is measured beside it in the same run. Exits with 1 when more than the cap started,
less than 0.95 of it, a process waited for more than three times its share, or asked more than five
times a second.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.prefect_server import prefect_server
from settings import PROJECT_ROOT, get_settings

CAP = 20
THREADS = 16
LEAST_FULL = 0.95
LARGEST_WAIT = 3.0
MOST_REQUESTS = 5.0


@dataclass(frozen=True)
class Asked:
    """What one process saw: when its slots were granted, in seconds, and its requests."""

    granted: list[float]
    requests: int


@dataclass(frozen=True)
class Measured:
    """A cap, and what became of it."""

    busiest: int
    full: float
    longest_wait: float
    requests: float

    def holds(self) -> bool:
        """Whether nothing is out of its bounds."""
        return (
            self.busiest <= CAP
            and self.full >= LEAST_FULL
            and self.longest_wait <= LARGEST_WAIT
            and self.requests <= MOST_REQUESTS
        )


def measure(client: str, processes: int, per_minute: int, seconds: float) -> Measured:
    """Let processes ask for slots for a while, all at the same time."""
    from tasks.limits import ensure_generation_limit

    forget_limit()
    os.environ["CTA_GENERATIONS_PER_MINUTE"] = str(per_minute)
    get_settings.cache_clear()
    ensure_generation_limit()
    begin = time.monotonic() + 8
    command = [sys.executable, "-m", "bench.cap_client", client, str(begin), str(seconds)]
    running = [
        subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    asked = [Asked(**json.loads(one.communicate()[0])) for one in running]
    return judged(asked, per_minute, begin, seconds)


def judged(asked: Sequence[Asked], per_minute: int, begin: float, seconds: float) -> Measured:
    """What the processes saw, against the cap."""
    period = 60 / per_minute
    window = CAP * period
    starts = sorted(moment for one in asked for moment in one.granted)
    busiest = max(sum(first <= other < first + window for other in starts) for first in starts)
    share = period * len(asked)
    waits = [
        late - early
        for one in asked
        for early, late in pairwise([begin, *one.granted, begin + seconds])
    ]
    return Measured(
        busiest=busiest,
        full=(len(starts) - 1) * period / (starts[-1] - starts[0]),
        longest_wait=max(waits) / share,
        requests=max(one.requests for one in asked) / seconds,
    )


def forget_limit() -> None:
    """Take the limit away, so that the next one is made anew."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    from tasks.limits import GENERATION_LIMIT

    with get_client(sync_client=True) as client:
        try:
            client.delete_global_concurrency_limit_by_name(GENERATION_LIMIT)
        except ObjectNotFound:
            return


def main() -> int:
    """Print a line for each measurement; 1 when one is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=150, help="how long at the real cap")
    seconds = parser.parse_args().seconds
    held = True
    folder = get_settings().data_dir / "bench" / "cap"
    os.environ["CTA_DATA_DIR"] = str(folder)
    with prefect_server(folder) as server:
        os.environ["PREFECT_API_URL"] = server.api_url
        print("client      processes  a minute  busiest  full   wait/share  requests/s")
        for per_minute, lasting in ((10 * CAP, max(seconds / 5, 10)), (CAP, seconds)):
            for client, processes in plan(per_minute):
                found = measure(client, processes, per_minute, lasting)
                held &= found.holds() or client == "rate_limit"
                print(
                    f"{client:<12}{processes:9}{per_minute:10}{found.busiest:9}"
                    f"{found.full:7.3f}{found.longest_wait:11.2f}{found.requests:13.2f}",
                    flush=True,
                )
    return int(not held)


def plan(per_minute: int) -> Iterator[tuple[str, int]]:
    """What is measured at a cap: ours with each number of processes, and Prefect's own client."""
    for processes in (1, 2, 4):
        yield "ours", processes
        if per_minute > CAP or processes == 1:
            yield "rate_limit", processes


if __name__ == "__main__":
    sys.exit(main())
