"""Calls of models: each takes a slot of the cap, each is recorded with what it cost."""

from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

from prefect import get_run_logger
from prefect.runtime import task_run
from sqlalchemy.exc import OperationalError

from creative.calls import ModelCall
from db import costs, halves
from db.costs import Half
from db.halves import PreviewAttempt
from db.retrying import patient, persistent
from db.session import unit_of_work
from tasks.failures import HalfNotKept
from tasks.limits import wait_for_generation_slot
from tasks.wanted import check_not_cancelled


class PreviewCalls:
    """The calls that one half of a preview takes, within a task run.

    The slot with which the preview was started stands for the first call of both halves; every
    further call, and every call of a task run that is tried again, waits for a slot of its own.
    What a call gave is kept together with what it cost; the block's end records what was paid for
    nothing.
    """

    def __init__(self, attempt: PreviewAttempt, half: Half) -> None:
        self._attempt = attempt
        self._half: Half = half
        self._has_slot = (task_run.run_count or 1) == 1
        self._unrecorded: list[tuple[UUID, ModelCall]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._record_all()

    def allow(self) -> None:
        """Wait until one more call may be made.

        Raises:
            PreviewNotOwned: the attempt is not at work any more.
            RunCancelled: its run was cancelled, or one of which it is a part.
            GenerationLimitUnusable: the limit does not exist, or holds nothing back.
        """
        if not self._has_slot:
            wait_for_generation_slot(self._check_wanted)
        self._has_slot = False
        self._check_wanted()

    @persistent
    def _check_wanted(self) -> None:
        with unit_of_work() as session:
            runs = halves.runs_above(session, self._attempt)
        check_not_cancelled(runs)

    def record(self, call: ModelCall) -> None:
        """Keep what a call took: at once where it failed, else with what it gave."""
        self._unrecorded.append((uuid4(), call))
        if call.failure is not None:
            self._record_all()

    def keep(self, **half: Any) -> None:
        """Store what the calls gave, `background_url` or `draft`, and what they cost with it.

        Raises:
            PreviewNotOwned: the attempt is not at work any more.
            HalfNotKept: the database stayed away for ten minutes.
        """
        try:
            patient(self._keep)(half)
        except OperationalError as error:
            raise HalfNotKept(self._half) from error
        self._unrecorded.clear()

    def _keep(self, half: dict[str, Any]) -> None:
        with unit_of_work() as session:
            halves.keep(session, self._attempt, **half)
            for call_id, call in self._unrecorded:
                costs.record(session, self._attempt, self._half, call, call_id)

    def _record_all(self) -> None:
        """A database that stays away does not undo what was paid for."""
        while self._unrecorded:
            call_id, call = self._unrecorded.pop()
            try:
                persistent(self._record)(call_id, call)
            except OperationalError:
                get_run_logger().warning(
                    "What a call of %s took could not be recorded: %s tokens in, %s out, $%s.",
                    call.model, call.tokens_in, call.tokens_out, call.cost,
                )  # fmt: skip

    def _record(self, call_id: UUID, call: ModelCall) -> None:
        with unit_of_work() as session:
            costs.record(session, self._attempt, self._half, call, call_id)
