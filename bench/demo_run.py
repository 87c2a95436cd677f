"""The warm demo against its limits: `make bench`.

Runs the demo once to warm up, then once more, and prints its time against a minute and the memory
of its flow process against 1.5 GB, as ratios. Exits with 1 when a limit is passed.
"""

import os
import subprocess
import sys
import time

from settings import PROJECT_ROOT

SECONDS = 60.0
BYTES = 1_500_000_000


def run_demo() -> tuple[float, int]:
    """Run the demo once; returns its seconds and the peak memory of its largest process, bytes."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "demo"], cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"The demo failed with the status {os.waitstatus_to_exitcode(status)}.")
    return time.monotonic() - began, usage.ru_maxrss * 1024


def main() -> int:
    """Print the two ratios; 1 when one of them is above 1."""
    cold_seconds, _ = run_demo()
    seconds, peak = run_demo()
    print(f"first run            {cold_seconds:6.1f} s")
    print(f"warm run             {seconds:6.1f} s   {seconds / SECONDS:.2f} of the limit of 60 s")
    print(f"peak memory          {peak / 1e6:6.0f} MB  {peak / BYTES:.2f} of the limit of 1,500 MB")
    return int(seconds > SECONDS or peak > BYTES)


if __name__ == "__main__":
    sys.exit(main())
