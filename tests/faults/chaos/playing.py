"""Plays faults on a house, one after the other."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import psutil

from tests.faults.chaos.house import House
from tests.faults.chaos.plan import NEEDLES, Fault

_T = TypeVar("_T")


class Player:
    """Plays faults; `played` counts them by kind, `in_vain` those that found nothing to hit.

    Args:
        house: what they hit.
        lease_seconds: how long a process counts as alive without a sign of life.
    """

    def __init__(self, house: House, lease_seconds: float) -> None:
        self._house = house
        self._lease_seconds = lease_seconds
        self.played: Counter[str] = Counter()
        self.in_vain: Counter[str] = Counter()
        self._faults: dict[str, Callable[[Fault], bool]] = {
            "our Postgres killed": self._kill_postgres,
            "Prefect's Postgres killed": self._kill_prefects_postgres,
            "Prefect's server killed": self._kill_server,
            "worker and its runs killed": self._kill_worker_and_runs,
            "worker alone killed": self._kill_worker,
            "run killed": self._kill_run,
            "run frozen": self._freeze_run,
            "connections cut": lambda _: self._house.proxy.cut() > 0,
            "answer to a commit lost": self._lose_answer,
            "reconcile, a process": self._reconcile,
            "reconcile, a deployment": self._reconcile_by_deployment,
        }

    def play(self, fault: Fault) -> None:
        """Play a fault; what it took away is back afterwards."""
        hit = self._faults[fault.kind](fault)
        (self.played if hit else self.in_vain)[fault.kind] += 1
        said = "" if hit else " (there was nothing to hit)"
        print(f"{time.strftime('%H:%M:%S')} {fault.kind}{said}", flush=True)

    def retry_failed(self, bulk_task_id: UUID) -> None:
        """Ask for what failed, whether or not somebody is at it still."""
        self._house.start("retry-failed", bulk_task_id=str(bulk_task_id))
        self.played["retry_failed"] += 1

    def _kill_postgres(self, fault: Fault) -> bool:
        self._house.postgres.kill()
        time.sleep(fault.seconds)
        self._house.postgres.start()
        return True

    def _kill_prefects_postgres(self, fault: Fault) -> bool:
        self._house.prefects_postgres.kill()
        time.sleep(fault.seconds)
        self._house.prefects_postgres.start()
        return True

    def _kill_server(self, fault: Fault) -> bool:
        self._house.server.kill()
        time.sleep(fault.seconds)
        self._house.server.start()
        return True

    def _kill_worker_and_runs(self, fault: Fault) -> bool:
        """The worker that has runs, where there is one."""
        workers = self._house.workers
        _picked([one for one in workers if one.runs()] or workers, fault).kill()
        time.sleep(fault.seconds)
        self._house.restart_workers()
        return True

    def _kill_worker(self, fault: Fault) -> bool:
        worker = _picked(self._house.workers, fault)
        worker.process.kill()
        worker.process.wait()
        time.sleep(fault.seconds)
        self._house.restart_workers()
        return True

    def _kill_run(self, fault: Fault) -> bool:
        runs = self._house.runs()
        if not runs:
            return False
        for process in _family(_picked(runs, fault)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return True

    def _freeze_run(self, fault: Fault) -> bool:
        """For longer than its lease, so that another has its rows when it goes on."""
        runs = self._house.runs()
        if not runs:
            return False
        frozen = _family(_picked(runs, fault))
        try:
            _each(frozen, psutil.Process.suspend)
            time.sleep(self._lease_seconds + 1)
            self._house.reconcile()
            time.sleep(fault.seconds + self._lease_seconds)
        finally:
            _each(frozen, psutil.Process.resume)
        return True

    def _lose_answer(self, fault: Fault) -> bool:
        before = self._house.proxy.answers_lost
        self._house.proxy.lose_answer_to_commit(NEEDLES[int(fault.pick * len(NEEDLES))])
        time.sleep(fault.seconds)
        self._house.proxy.lose_answer_to_commit("")
        return self._house.proxy.answers_lost > before

    def _reconcile(self, _: Fault) -> bool:
        self._house.reconcile()
        return True

    def _reconcile_by_deployment(self, _: Fault) -> bool:
        self._house.start("reconcile")
        return True


def _picked(things: list[_T], fault: Fault) -> _T:
    return things[int(fault.pick * len(things))]


def _family(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def _each(processes: list[psutil.Process], do: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            do(process)
