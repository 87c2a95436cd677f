"""Which faults are played, in which order: all of it follows from a seed."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

WEIGHTS = {
    "our Postgres killed": 3,
    "Prefect's Postgres killed": 2,
    "Prefect's server killed": 2,
    "worker and its runs killed": 3,
    "worker alone killed": 1,
    "run killed": 3,
    "run frozen": 3,
    "connections cut": 3,
    "answer to a commit lost": 2,
    "reconcile, a process": 2,
    "reconcile, a deployment": 1,
}
"""The faults, and how often each comes beside the others."""
_LOSES_A_PROCESS = ("worker and its runs killed", "run killed")
NEEDLES = (
    "INSERT INTO cta_model_call",
    "SET prefill=",
    "SET status='done'",
    "INSERT INTO cta_lease",
)


@dataclass(frozen=True)
class Fault:
    """A fault.

    `seconds` is how long what is away stays away, or how long after the end of a lease a frozen
    process goes on; `pick` in [0, 1) says which of several things it hits; `pause` is for how many
    seconds nothing follows.
    """

    kind: str
    seconds: float
    pick: float
    pause: float


def faults(seed: int, lease_seconds: float) -> Iterator[Fault]:
    """The faults of a seed, without end.

    Every kind comes once before one comes again by chance. After a process was lost for good,
    somebody reconciles once its lease has run out: the schedule of five minutes is too slow here.
    """
    chance = random.Random(seed)
    first = list(WEIGHTS)
    chance.shuffle(first)
    others = (chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0] for _ in itertools.count())
    for kind in itertools.chain(first, others):
        fault = Fault(kind, chance.uniform(1, 10), chance.random(), chance.uniform(4, 14))
        if kind not in _LOSES_A_PROCESS:
            yield fault
            continue
        yield Fault(kind, fault.seconds, fault.pick, lease_seconds + chance.uniform(0, 5))
        again = f"reconcile, a {chance.choice(['process', 'process', 'deployment'])}"
        yield Fault(again, fault.seconds, fault.pick, fault.pause)
