"""Whose heartbeats Prefect gets."""

from contextlib import AbstractContextManager

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


def without_heartbeats() -> AbstractContextManager[object]:
    """Have the runs that are started in the block send none.

    A subflow ends with the process of the run that started it, whose heartbeats tell of both. The
    thread that sends them sleeps for a second at a time and is waited for when its run ends, so
    that every preview would take that much longer.
    """
    return temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
