"""The global concurrency limit of the project, for the server in use."""

from tasks.limits import ensure_generation_limit


def describe_generation_limit() -> str:
    """See to it that the limit exists; returns how it stands, in a sentence."""
    limit = ensure_generation_limit()
    per_minute = limit.limit + 60 * limit.slot_decay_per_second
    return (
        f"The limit {limit.name!r} lets at most {int(per_minute - 1e-9)} generations start in any "
        "minute."
    )
