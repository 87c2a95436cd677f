"""How a row that waits gets its run, and what becomes of it where it cannot."""

import logging
from datetime import timedelta
from threading import Event
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api.orders import Launcher, Order, RunNotStarted, first_run, run_again
from db import bulk_tasks, reconciling, waiting
from db.errors import BulkTaskGivenUp, BulkTaskReopened, UnknownRecord
from db.models import CTABulkGenerateTask, CTAIFramePreview
from db.session import unit_of_work
from db.workspaces import workspace_unit_of_work

_LOGGER = logging.getLogger("api.starting")
# Longer than a request waits for its run.
_FORGOTTEN_AFTER = timedelta(minutes=2)
_LOOK_SECONDS = 60


def start_recorded(launcher: Launcher, order: Order) -> UUID:
    """Start the run that a row waits for, and note it there; returns the run that has the row.

    Raises:
        RunNotStarted: it could not be started; the row has ended, with the reason.
    """
    try:
        run_id = launcher.start(order)
    except RunNotStarted as error:
        with workspace_unit_of_work(order.workspace) as session:
            begun = waiting.give_up(
                session, order.record, order.row_id, str(error), order.earlier_run_id
            )
        if begun is None:
            raise
        return begun
    try:
        with workspace_unit_of_work(order.workspace) as session:
            return waiting.own(session, order.record, order.row_id, run_id)
    except BulkTaskGivenUp as error:
        raise RunNotStarted(error.reason) from error


def keep_starting_forgotten(launcher: Launcher, closed: Event) -> None:
    """Look for them now, and every minute until the API is `closed`."""
    while True:
        try:
            start_forgotten(launcher)
        except (RunNotStarted, OperationalError) as error:
            _LOGGER.warning("What waits for its run cannot be started at the moment: %s", error)
        except Exception:
            _LOGGER.exception("What waits for its run could not be started.")
        if closed.wait(_LOOK_SECONDS):
            return


def start_forgotten(launcher: Launcher) -> None:
    """Start the runs of those that an API had recorded, or reopened, when it died.

    Prefect takes two orders with one key for one run, so that it does no harm where the run is
    there and only its id was not noted, or where `reconcile` starts it at the same time.

    What cannot be started waits on.

    Raises:
        RunNotStarted: none can be started at the moment.
    """
    with unit_of_work() as session:
        orders = [*_never_begun(session), *_to_be_run_again(session)]
    if orders:
        launcher.check()
    for order in orders:
        try:
            run_id = launcher.start(order)
            with workspace_unit_of_work(order.workspace) as session:
                waiting.own(session, order.record, order.row_id, run_id)
        except RunNotStarted as error:
            _LOGGER.warning("%s %s waits on: %s", order.flow, order.row_id, error)
        except (UnknownRecord, BulkTaskGivenUp, BulkTaskReopened) as error:
            _LOGGER.info("%s %s needs no run any more: %s", order.flow, order.row_id, error)


def _never_begun(session: Session) -> list[Order]:
    return [
        first_run(
            bulk_task.id,
            [{"url": source.url, "batch_size": source.batch_size} for source in bulk_task.sources],
            workspace=bulk_task.workspace,
            user=bulk_task.user,
            refresh=bulk_task.refresh,
        )
        for bulk_task in bulk_tasks.forgotten(session, _FORGOTTEN_AFTER)
    ]


def _to_be_run_again(session: Session) -> list[Order]:
    orders = []
    for row in reconciling.waiting(session, _FORGOTTEN_AFTER):
        if row.record is CTABulkGenerateTask:
            bulk_task = session.get_one(CTABulkGenerateTask, row.id)
            if bulk_task.attempt > 1:
                order = run_again(CTABulkGenerateTask, row.id, row.since, bulk_task.workspace)
                orders.append(order)
        elif row.record is CTAIFramePreview:
            preview = session.get_one(CTAIFramePreview, row.id)
            orders.append(run_again(CTAIFramePreview, row.id, row.since, preview.workspace))
    return orders
