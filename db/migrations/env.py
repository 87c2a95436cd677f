"""How Alembic reaches the database: over a connection it is handed, or the settings' own."""

from alembic import context
from sqlalchemy import Connection, create_engine

from db.models import Base
from db.session import database_url


def run(connection: Connection) -> None:
    """Run the migrations over `connection`, in one transaction."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(database_url()).begin() as own:
        run(own)
