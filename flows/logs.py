"""Which of Prefect's log lines are kept, and what becomes of those that nobody reads."""

import logging

from rich.console import Console

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


def go_on_unheard() -> None:
    """Have a run go on when nobody reads what it prints any more.

    A worker reads what its runs print. When it is killed and a run is not, the next line finds no
    reader, and Rich, which prints Prefect's lines, would end the program by `SystemExit`: the
    preview, or the whole run, that the line is of.
    """
    Console.on_broken_pipe = _fall_silent  # type: ignore[method-assign, assignment]


def _fall_silent(console: Console) -> None:
    console.quiet = True


def _is_worth_keeping(record: logging.LogRecord) -> bool:
    flow_name = getattr(record, "flow_name", None)
    return record.levelno >= logging.WARNING or flow_name not in _TOLD_BY_ROWS
