"""A process that takes generation slots: `python slot_taker.py THREADS [NAME=SECONDS …]`.

It prints a line for each: when it sent the request that was granted, and when it had the answer.
NAME is a constant of `tasks.pacing`.
"""

import sys
import threading
import time

from prefect.client.orchestration import SyncPrefectClient

from tasks import pacing
from tasks.limits import wait_for_generation_slot

ask = pacing.Pacer._ask


def ask_and_tell(self: pacing.Pacer, client: SyncPrefectClient) -> bool:
    # One clock for all processes of a machine.
    asked = time.monotonic()
    granted = ask(self, client)
    if granted:
        print(f"{asked:.4f} {time.monotonic():.4f}", flush=True)
    return granted


def take() -> None:
    while True:
        wait_for_generation_slot()


if __name__ == "__main__":
    pacing.Pacer._ask = ask_and_tell  # type: ignore[method-assign]
    for name, _, seconds in (argument.partition("=") for argument in sys.argv[2:]):
        assert hasattr(pacing, name)
        setattr(pacing, name, float(seconds))
    for _ in range(int(sys.argv[1])):
        threading.Thread(target=take).start()
