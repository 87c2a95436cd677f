"""The words that columns may hold: where a row stands, and what a person says of it."""

from enum import StrEnum


class TaskStatus(StrEnum):
    """Where a bulk task stands, or one of its sources."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PreviewStatus(StrEnum):
    """Where a preview stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Review(StrEnum):
    """What a person decided about a preview that they looked at."""

    APPROVED = "approved"
    REJECTED = "rejected"


def one_of(column: str, words: type[StrEnum]) -> str:
    """The condition that a column holds one of the words, as SQL."""
    return f"{column} IN ({', '.join(repr(word.value) for word in words)})"
