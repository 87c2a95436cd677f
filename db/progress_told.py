"""How far a bulk task is, in words."""

from datetime import timedelta

from babel.dates import format_timedelta

from db.progress import Progress


def percentage(counts: Progress) -> float:
    """How much of a bulk task has ended, 0 to 100."""
    return 100 * (counts.done + counts.failed) / counts.total if counts.total else 0.0


def time_left(counts: Progress, per_minute: int) -> str:
    """How long the previews that are queued take at the cap, at least, such as `3 minutes`."""
    left = timedelta(seconds=60 * counts.queued / per_minute)
    return str(format_timedelta(left, locale="en"))


def told(counts: Progress, per_minute: int) -> str:
    """Where the previews stand, and how long those that wait take at the cap.

    Args:
        counts: the previews of one bulk task.
        per_minute: how many generations may start in a minute. Those of other bulk tasks that wait
            at the same time are not counted in.
    """
    parts = [f"{counts.done:,} of {counts.total:,} previews done"]
    parts += [f"{counts.failed:,} failed"] if counts.failed else []
    parts += [f"{counts.running:,} running"] if counts.running else []
    if not counts.queued:
        return ", ".join(parts) + "."
    return (
        f"{', '.join(parts)}, {counts.queued:,} queued: these take "
        f"{time_left(counts, per_minute)} or more "
        f"at {per_minute:,} a minute."
    )
