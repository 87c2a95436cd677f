"""`python -m deployments`: register all that a fresh server needs; repeatable without harm."""

import subprocess
import sys

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL

from db.session import migrate_database
from deployments.keeping import kept_settings
from deployments.limits import describe_generation_limit
from settings import PROJECT_ROOT

WORK_POOL = "cta-previews"


def main() -> None:
    """Migrate the database, create the limit and the work pool, register the deployments."""
    if not PREFECT_API_URL.value():
        sys.exit(
            "No Prefect server is named: start one with `make server` and set "
            "PREFECT_API_URL=http://127.0.0.1:4200/api."
        )
    migrate_database()
    print(describe_generation_limit())
    with get_client(sync_client=True) as client:
        make_work_pool(client)
        with kept_settings(client, declared_deployments()):
            prefect("--no-prompt", "deploy", "--all")


def declared_deployments() -> list[str]:
    """The deployments of prefect.yaml, by the names that the server has for them."""
    declared = yaml.safe_load((PROJECT_ROOT / "prefect.yaml").read_text())["deployments"]
    # A flow, its file and its deployment have one name.
    return [f"{deployment['name']}/{deployment['name']}" for deployment in declared]


def make_work_pool(client: SyncPrefectClient) -> None:
    """Create the work pool where it is missing; one that an operator has changed stays as it is."""
    try:
        client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        prefect("work-pool", "create", WORK_POOL, "--type", "process")


def prefect(*arguments: str) -> None:
    """Run the Prefect command line in the project's folder; a failure ends this program."""
    subprocess.run([sys.executable, "-m", "prefect", *arguments], cwd=PROJECT_ROOT, check=True)


if __name__ == "__main__":
    main()
