import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text

from db.models import Base
from db.session import DatabaseNotMigrated, alembic_config, check_migrated, migrate


@pytest.fixture
def fresh(engine: Engine) -> Connection:
    """A connection to an empty schema, taken back afterwards."""
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("CREATE SCHEMA fresh"))
        connection.execute(text("SET LOCAL search_path TO fresh"))
        yield connection
        transaction.rollback()


def downgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names(schema="fresh")) - {"alembic_version"}


def test_going_up_and_down_leaves_nothing_behind(fresh: Connection) -> None:
    migrate(fresh)
    assert tables(fresh) == {
        "cta_bulk_generate_task", "cta_bulk_generate_source", "cta_iframe_preview",
        "ecommerce_product",
    }  # fmt: skip
    downgrade(fresh)
    assert tables(fresh) == set()
    migrate(fresh)
    assert len(tables(fresh)) == 4


def test_migrating_twice_changes_nothing(fresh: Connection) -> None:
    migrate(fresh)
    migrate(fresh)
    assert len(tables(fresh)) == 4


def test_the_models_and_the_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_models_and_the_migrations_have_the_same_checks(engine: Engine) -> None:
    """Alembic does not compare check constraints, so they are compared here."""
    for table in Base.metadata.sorted_tables:
        found = {check["name"] for check in inspect(engine).get_check_constraints(table.name)}
        declared = {str(check.name) for check in table.constraints if "ck_" in str(check.name)}
        assert declared == found, table.name


def test_a_database_of_another_version_is_refused_with_what_to_do(fresh: Connection) -> None:
    with pytest.raises(DatabaseNotMigrated, match="make migrate"):
        check_migrated(fresh)
