"""`python -m deployments`: register all that a fresh server needs; repeatable without harm."""

import subprocess
import sys

from prefect.settings import PREFECT_API_URL

from db.session import migrate_database
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
    prefect("work-pool", "create", WORK_POOL, "--type", "process", "--overwrite")
    prefect("--no-prompt", "deploy", "--all")


def prefect(*arguments: str) -> None:
    """Run the Prefect command line in the project's folder; a failure ends this program."""
    subprocess.run([sys.executable, "-m", "prefect", *arguments], cwd=PROJECT_ROOT, check=True)


if __name__ == "__main__":
    main()
