"""A process that takes generation slots, and prints when: `python slot_taker.py THREADS [FROZEN]`."""

import sys
import threading
import time

from tasks import pacing
from tasks.limits import wait_for_generation_slot


def take() -> None:
    while True:
        wait_for_generation_slot()
        # One clock for all processes of a machine.
        print(f"{time.monotonic():.4f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        pacing._FROZEN_SECONDS = float(sys.argv[2])
    for _ in range(int(sys.argv[1])):
        threading.Thread(target=take).start()
