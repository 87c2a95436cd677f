"""Whose turn it is to ask for a generation slot: one process at a time, first come, first served.

Processes that ask all at once refuse one another: to Prefect a refused request begins the decay
of the slot anew. Postgres queues those who wait for a lock in the order in which they came, knows
one clock for all of them, and lets go of the lock of a process that died.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert

from db.models import CTAGenerationTurn
from db.session import get_engine

_LOCK = 7_264_110_284
# A lock is waited for as long as it takes, whatever the login's own bounds are; and one that is
# held by a process that is frozen, or whose machine is gone, is taken from it.
_BOUNDS = text(
    "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true), "
    "set_config('idle_in_transaction_session_timeout', :milliseconds, true)"
)


class Turn:
    """The right to ask, until the block ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self) -> None:
        """Show that this process is not frozen.

        Raises:
            OperationalError: the turn is lost.
        """
        self._connection.execute(text("SELECT 1"))

    def seconds_since_start(self, limit_name: str) -> float | None:
        """How long ago a generation was started last, by any process; None when never."""
        seconds = self._connection.scalar(
            select(
                func.extract("epoch", func.clock_timestamp() - CTAGenerationTurn.started_at)
            ).where(CTAGenerationTurn.limit_name == limit_name)
        )
        return None if seconds is None else float(seconds)

    def note_start(self, limit_name: str, seconds_ago: float) -> None:
        """Note that a generation was started, `seconds_ago`."""
        started_at = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, seconds_ago)
        statement = insert(CTAGenerationTurn).values(limit_name=limit_name, started_at=started_at)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["limit_name"], set_={"started_at": statement.excluded.started_at}
            )
        )


@contextmanager
def turn(longest_seconds: float) -> Iterator[Turn]:
    """Wait for this process's turn, and keep it until the block ends.

    Args:
        longest_seconds: how long the block may rest between two of its queries; after that its
            turn goes to the next.
    """
    with get_engine().begin() as connection:
        connection.execute(_BOUNDS, {"milliseconds": str(int(longest_seconds * 1000))})
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        yield Turn(connection)
