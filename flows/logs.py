"""Which of Prefect's log lines are kept."""

import logging

_TOLD_BY_ROWS = {"process-url", "generate-preview"}


def drop_routine_lines() -> None:
    """Keep the server from storing some twenty lines a preview that say what its row says.

    The routine of task runs and of the subflows goes (begun, hook run, finished); their warnings
    and errors stay, and all lines of the flows above them. With PREFECT_LOGGING_LEVEL=DEBUG
    everything stays.
    """
    if logging.getLogger("prefect").isEnabledFor(logging.DEBUG):
        return
    logging.getLogger("prefect.task_runs").setLevel(logging.WARNING)
    flow_runs = logging.getLogger("prefect.flow_runs")
    if _is_worth_keeping not in flow_runs.filters:
        flow_runs.addFilter(_is_worth_keeping)


def _is_worth_keeping(record: logging.LogRecord) -> bool:
    flow_name = getattr(record, "flow_name", None)
    return record.levelno >= logging.WARNING or flow_name not in _TOLD_BY_ROWS
