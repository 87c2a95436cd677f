"""How a bulk task that is recorded gets its run, and what becomes of it where it cannot."""

import logging
from datetime import timedelta
from uuid import UUID

from api.orders import Launcher, Order, RunNotStarted
from db import bulk_tasks
from db.errors import BulkTaskGivenUp
from db.models import CTABulkGenerateTask
from db.session import unit_of_work
from db.workspaces import workspace_unit_of_work

_LOGGER = logging.getLogger("api.starting")
# Longer than a request waits for its run.
_FORGOTTEN_AFTER = timedelta(minutes=2)


def start_recorded(launcher: Launcher, order: Order) -> UUID:
    """Start the run of a recorded bulk task, and note it on the row; returns the run's id.

    Raises:
        RunNotStarted: it could not be started; the bulk task has failed, with the reason.
    """
    try:
        run_id = launcher.start(order)
    except RunNotStarted as error:
        with workspace_unit_of_work(order.workspace) as session:
            begun = bulk_tasks.give_up(session, order.bulk_task_id, str(error))
        if begun is None:
            raise
        return begun
    try:
        with workspace_unit_of_work(order.workspace) as session:
            bulk_tasks.own(session, order.bulk_task_id, run_id)
    except BulkTaskGivenUp as error:
        raise RunNotStarted(error.reason) from error
    return run_id


def start_forgotten(launcher: Launcher) -> None:
    """Start the runs of those that an API had recorded when it died.

    Prefect takes two orders for one bulk task for one run, so that it does no harm where the run
    is there and only its id was not noted.
    """
    with unit_of_work() as session:
        orders = [
            _order_of(bulk_task) for bulk_task in bulk_tasks.forgotten(session, _FORGOTTEN_AFTER)
        ]
    for order in orders:
        try:
            start_recorded(launcher, order)
        except RunNotStarted as error:
            _LOGGER.warning("The bulk task %s was given up: %s", order.bulk_task_id, error)


def _order_of(bulk_task: CTABulkGenerateTask) -> Order:
    return Order(
        bulk_task_id=bulk_task.id,
        sources=[
            {"url": source.url, "batch_size": source.batch_size} for source in bulk_task.sources
        ],
        workspace=bulk_task.workspace,
        user=bulk_task.user,
        refresh=bulk_task.refresh,
    )
