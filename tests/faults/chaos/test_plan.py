"""The soak's faults can be played again, and none is left out."""

from itertools import islice, pairwise

from tests.faults.chaos.plan import WEIGHTS, Fault, faults

LEASE_SECONDS = 10


def first(count: int, seed: int) -> list[Fault]:
    return list(islice(faults(seed, LEASE_SECONDS), count))


def test_a_seed_plays_the_same_faults_in_the_same_order() -> None:
    assert first(200, seed=7) == first(200, seed=7)
    assert first(200, seed=7) != first(200, seed=8)


def test_every_fault_comes_among_the_first() -> None:
    for seed in range(50):
        assert {fault.kind for fault in first(len(WEIGHTS) + 2, seed)} == set(WEIGHTS)


def test_somebody_reconciles_once_the_lease_of_a_killed_run_has_run_out() -> None:
    for fault, following in pairwise(first(200, seed=7)):
        if fault.kind in ("run killed", "worker and its runs killed"):
            assert fault.pause >= LEASE_SECONDS
            assert following.kind.startswith("reconcile")
