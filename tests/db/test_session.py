"""The connections to Postgres."""

from sqlalchemy import Engine


def test_a_database_that_vanishes_without_a_word_is_noticed_soon(engine: Engine) -> None:
    connection = engine.raw_connection()
    try:
        asked = connection.driver_connection.info.dsn_parameters  # type: ignore[union-attr]
    finally:
        connection.close()
    idle, interval, count = (
        int(asked[f"keepalives_{name}"]) for name in ("idle", "interval", "count")
    )
    assert idle + interval * count <= 60
