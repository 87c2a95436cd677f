"""Calls of models: each takes a slot of the cap, each is recorded with what it cost."""

from uuid import UUID

from prefect import get_run_logger
from prefect.runtime import task_run
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from creative.calls import ModelCall
from db import costs
from db.costs import Half
from db.session import unit_of_work
from tasks.limits import wait_for_generation_slot


class PreviewCalls:
    """The calls that one half of a preview takes, within a task run.

    The slot with which the preview was started stands for the first call of both halves; every
    further call, and every call of a task run that is tried again, waits for a slot of its own.
    """

    def __init__(self, preview_id: UUID, half: Half) -> None:
        self._preview_id = preview_id
        self._half: Half = half
        self._has_slot = (task_run.run_count or 1) == 1

    def allow(self) -> None:
        """Wait until one more call may be made.

        Raises:
            GenerationLimitUnusable: the limit does not exist, or holds nothing back.
        """
        if not self._has_slot:
            wait_for_generation_slot()
        self._has_slot = False

    def record(self, call: ModelCall) -> None:
        """Keep what a call took; a database that stays away does not undo what was paid for."""
        persistent = Retrying(
            retry=retry_if_exception_type(OperationalError),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            stop=stop_after_attempt(6),
            reraise=True,
        )
        try:
            persistent(self._store, call)
        except OperationalError:
            get_run_logger().warning(
                "What a call of %s took could not be recorded: %s tokens in, %s out, $%s.",
                call.model, call.tokens_in, call.tokens_out, call.cost,
            )  # fmt: skip

    def _store(self, call: ModelCall) -> None:
        with unit_of_work() as session:
            costs.record(session, self._preview_id, self._half, call)
