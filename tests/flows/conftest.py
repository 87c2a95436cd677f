"""What the flows' tests share: a log of every status."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text


@pytest.fixture
def moves(database: Engine) -> Iterator[Any]:
    """Every status that a row had, in order: `moves(table)` gives a list per row."""
    tables = ("cta_bulk_generate_task", "cta_bulk_generate_source", "cta_iframe_preview")
    with database.begin() as connection:
        connection.execute(text(LOG_MOVES))
        for table in tables:
            connection.execute(
                text(
                    f"CREATE TRIGGER log_move AFTER INSERT OR UPDATE ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION log_move()"
                )
            )

    def read(table: str) -> list[list[str]]:
        with database.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT array_agg(status ORDER BY number) FROM moves "
                    "WHERE record = :table GROUP BY id ORDER BY min(number)"
                ),
                {"table": table},
            )
            return [row[0] for row in rows]

    yield read
    with database.begin() as connection:
        for table in tables:
            connection.execute(text(f"DROP TRIGGER log_move ON {table}"))
        connection.execute(text("DROP FUNCTION log_move; DROP TABLE moves"))


LOG_MOVES = """
CREATE TABLE moves (number bigserial, record text, id uuid, status text);
CREATE FUNCTION log_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.status <> NEW.status THEN
        INSERT INTO moves (record, id, status) VALUES (TG_TABLE_NAME, NEW.id, NEW.status);
    END IF;
    RETURN NEW;
END $$;
"""
