import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from db.models import Base
from db.session import DatabaseNotMigrated, alembic_config, check_migrated, migrate

HEAD = ScriptDirectory.from_config(alembic_config()).get_current_head()
OLD_SOURCE = """
INSERT INTO cta_bulk_generate_task (id, name, status, refresh, "user", workspace)
VALUES (gen_random_uuid(), 'Batch Task', 'pending', false, 'ann', 'acme');
INSERT INTO cta_bulk_generate_source
    (id, bulk_generate_task_id, position, url, batch_size, status, "user", workspace)
SELECT gen_random_uuid(), id, 0, 'https://shop.example/', 1, 'pending', 'ann', 'acme'
FROM cta_bulk_generate_task;
"""


@pytest.fixture
def fresh(engine: Engine) -> Connection:
    """A connection to an empty schema, taken back afterwards."""
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("CREATE SCHEMA fresh"))
        connection.execute(text("SET LOCAL search_path TO fresh"))
        yield connection
        transaction.rollback()


def downgrade(connection: Connection, revision: str = "base") -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names(schema="fresh")) - {"alembic_version"}


def test_going_up_and_down_leaves_nothing_behind(fresh: Connection) -> None:
    migrate(fresh)
    assert tables(fresh) == {
        "cta_bulk_generate_task", "cta_bulk_generate_source", "cta_iframe_preview",
        "cta_model_call", "cta_api_token", "ecommerce_product", "cta_generation_turn",
        "cta_lease", "cta_deleted_preview",
    }  # fmt: skip
    downgrade(fresh)
    assert tables(fresh) == set()
    migrate(fresh)
    assert len(tables(fresh)) == 9


def test_a_source_from_before_product_data_goes_up_and_down(fresh: Connection) -> None:
    migrate(fresh, "0001")
    fresh.execute(text(OLD_SOURCE))
    migrate(fresh)
    assert fresh.execute(text("SELECT url, product_data FROM cta_bulk_generate_source")).all() == [
        ("https://shop.example/", None)
    ]
    downgrade(fresh, "0001")
    columns = inspect(fresh).get_columns("cta_bulk_generate_source", schema="fresh")
    assert "product_data" not in {column["name"] for column in columns}
    assert fresh.scalar(text("SELECT count(*) FROM cta_bulk_generate_source")) == 1


OLD_PREVIEW = """
INSERT INTO ecommerce_product (id, url, canonical_url, title, "user", workspace, read_at)
VALUES (gen_random_uuid(), 'https://shop.example/', 'https://shop.example/', 'Kettle', 'ann',
    'acme', now());
INSERT INTO cta_iframe_preview
    (id, bulk_generate_task_id, source_id, product_id, position, source_image_url, prefill, status,
    "user", workspace)
SELECT gen_random_uuid(), source.bulk_generate_task_id, source.id, product.id, 0,
    'https://shop.example/1.jpg', '{"headline": "Tea", "generated_background_url": "file:///b.jpg"}',
    'done', 'ann', 'acme'
FROM cta_bulk_generate_source AS source, ecommerce_product AS product;
"""


def test_a_preview_from_before_reviews_goes_up_and_down(fresh: Connection) -> None:
    migrate(fresh, "0009")
    fresh.execute(text(OLD_SOURCE + OLD_PREVIEW))
    migrate(fresh)
    found = fresh.execute(text("SELECT headline, review FROM cta_iframe_preview")).all()
    assert found == [("Tea", None)]
    reviewed = "review = 'approved', reviewed_by = 'ann', reviewed_at = now()"
    fresh.execute(text(f"UPDATE cta_iframe_preview SET {reviewed}"))
    downgrade(fresh, "0009")
    assert fresh.scalar(text("SELECT prefill ->> 'headline' FROM cta_iframe_preview")) == "Tea"
    migrate(fresh)
    assert fresh.scalars(text("SELECT review FROM cta_iframe_preview")).all() == [None]


def test_migrating_twice_changes_nothing(fresh: Connection) -> None:
    migrate(fresh)
    migrate(fresh)
    assert len(tables(fresh)) == 9


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


@pytest.mark.parametrize("found", ["none", "0001", "9999"])
def test_a_database_of_another_version_is_refused_with_what_to_do(
    fresh: Connection, found: str
) -> None:
    if found != "none":
        migrate(fresh)
        check_migrated(fresh)
        fresh.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    told = f"stands at migration {found} and {HEAD} is needed: run `make migrate`"
    with pytest.raises(DatabaseNotMigrated, match=told):
        check_migrated(fresh)
