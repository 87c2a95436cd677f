"""Who has the turn and who waits for it, as Postgres knows it."""

import time

from sqlalchemy import Engine, text

from db.turns import _LOCK

_SEEN = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = :high AND objid = :low "
    "AND granted = :granted ORDER BY waitstart"
)


def holders(engine: Engine) -> list[int]:
    """The process of Postgres that serves the one whose turn it is; none when it is nobody's."""
    return _seen(engine, granted=True)


def waiting(engine: Engine) -> list[int]:
    """The processes of Postgres that serve those who wait, first come first."""
    return _seen(engine, granted=False)


def wait_for_waiting(engine: Engine, count: int) -> None:
    """Wait until so many wait."""
    deadline = time.monotonic() + 60
    while len(waiting(engine)) != count:
        assert time.monotonic() < deadline, f"{waiting(engine)} wait instead of {count}"
        time.sleep(0.02)


def terminate_holder(engine: Engine) -> None:
    """Cut the connection of the one whose turn it is."""
    [pid] = holders(engine)
    cut(engine, pid)


def cut(engine: Engine, *pids: int) -> None:
    """Cut the connections that these processes of Postgres serve."""
    with engine.begin() as connection:
        for pid in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})


def _seen(engine: Engine, *, granted: bool) -> list[int]:
    key = {"high": _LOCK >> 32, "low": _LOCK & 0xFFFFFFFF, "granted": granted}
    with engine.connect() as connection:
        return list(connection.scalars(_SEEN, key))
