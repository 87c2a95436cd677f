"""`make demo`: the main job on the demo shop, with its own database, Prefect home and pictures."""

import os
import sys
import threading
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from settings import PROJECT_ROOT

if TYPE_CHECKING:
    from db.reports import BulkGenerateResult

DATA_DIR = PROJECT_ROOT / ".data" / "demo"
PREVIEWS_PER_SOURCE = 2
GENERATIONS_PER_MINUTE = 600


def main() -> int:
    """Run the demo; returns the exit status: 0 when all that can be made was made."""
    console = Console()
    began = time.monotonic()
    set_environment()
    from demo.shop import Shop

    with Shop(DATA_DIR / "shop") as shop:
        os.environ["CTA_ALLOWED_PRIVATE_HOSTS"] = shop.url.removeprefix("http://").strip("/")
        console.print(f"[bold]The demo shop is open[/] at {shop.url}, with products to preview.")
        bulk_task_id = uuid4()
        sources = [
            {"url": url, "batch_size": PREVIEWS_PER_SOURCE}
            for url in (*shop.product_urls, shop.gone_url, shop.bot_wall_url)
        ]
        result = _run(console, bulk_task_id, sources)
    _summarize(console, result)
    from demo.contact_sheet import PREVIEWS, write_contact_sheet

    page = write_contact_sheet(result, PREVIEWS)
    seconds = time.monotonic() - began
    console.print(
        f"\n[bold]Look at the previews:[/] {page.as_uri()}\n"
        f"See the runs in the Prefect UI: [bold]make demo-server[/], then http://127.0.0.1:4200\n"
        f"[dim]{result.progress['done']} previews in {seconds:.0f} s, made by the embedded "
        f"generator with the cap at {GENERATIONS_PER_MINUTE} a minute; your own batches keep to "
        "CTA_GENERATIONS_PER_MINUTE, 20 unless you change it.[/]"
    )
    readable = [source for source in result.sources if source.product_title]
    complete = len(readable) == len(shop.product_urls) and all(
        source.done == source.batch_size for source in readable
    )
    return 0 if complete else 1


def set_environment() -> None:
    """Keep the demo apart: from servers, databases and keys that are set up here, in `.env` too."""
    os.environ.pop("PREFECT_API_URL", None)  # set to nothing, it is one that cannot be reached
    os.environ.update(
        CTA_DATA_DIR=str(DATA_DIR),
        CTA_DATABASE_URL="",
        CTA_API_DATABASE_URL="",
        CTA_TASK_RUNNER="threads",
        CTA_DASK_ADDRESS="",
        CTA_MEDIA_URL="",
        CTA_GENERATOR="local",
        CTA_CLIP_MODEL="micro",
        CTA_GENERATIONS_PER_MINUTE=str(GENERATIONS_PER_MINUTE),
        PREFECT_HOME=str(DATA_DIR / "prefect"),
        PREFECT_SERVER_DATABASE_CONNECTION_URL=f"sqlite+aiosqlite:///file:{DATA_DIR}/prefect/"
        "prefect.db?uri=true&one_connection=:memory:",
        PREFECT_LOGGING_LEVEL="CRITICAL",
        PREFECT_LOGGING_TO_API_ENABLED="false",
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
    )


def _run(
    console: Console, bulk_task_id: UUID, sources: list[dict[str, object]]
) -> "BulkGenerateResult":
    with Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as bar:
        previews = bar.add_task("Starting Prefect and Postgres", total=None)
        ended = threading.Event()
        watcher = threading.Thread(
            target=_watch, args=(bar, previews, bulk_task_id, ended), daemon=True
        )
        # Imported here, because settings and Prefect read the environment when they are imported.
        from catalog.product import check_sources
        from db import bulk_tasks
        from db.session import unit_of_work
        from flows import bulk_generate

        watcher.start()
        try:
            with unit_of_work() as session:
                bulk_tasks.record(
                    session, bulk_task_id, check_sources(sources), workspace="demo", user="demo",
                    refresh=True,
                )  # fmt: skip
            result: BulkGenerateResult = bulk_generate(
                sources, workspace="demo", user="demo", refresh=True, bulk_task_id=bulk_task_id
            )
            return result
        finally:
            ended.set()
            watcher.join()


def _watch(bar: Progress, previews: TaskID, bulk_task_id: UUID, ended: threading.Event) -> None:
    """Show how far the bulk task is, from its rows, until it has ended."""
    from db.progress import progress
    from db.session import unit_of_work

    last = False
    while not last:
        last = ended.wait(0.3)
        with unit_of_work() as session:
            counts = progress(session, bulk_task_id)
        if counts.total:
            bar.update(
                previews,
                total=counts.total,
                completed=counts.done + counts.failed,
                description=f"{counts.done} done, {counts.running} running, "
                f"{counts.queued} queued, {counts.failed} failed",
            )


def _summarize(console: Console, result: "BulkGenerateResult") -> None:
    table = Table(title=f"{result.name}: {result.status}", title_justify="left", expand=False)
    table.add_column("Page")
    table.add_column("Status")
    table.add_column("Previews", justify="right")
    table.add_column("What became of it", max_width=72)
    for source in result.sources:
        color = "green" if source.status == "done" else "red"
        table.add_row(
            PurePosixPath(source.url).name,
            f"[{color}]{source.status}[/]",
            f"{source.done} of {source.batch_size}",
            escape(source.error_message or source.product_title or ""),
        )
    counts = result.progress
    table.caption = (
        f"{counts['total']} previews asked for: {counts['done']} done, {counts['failed']} failed."
    )
    table.caption_justify = "left"
    console.print(table)
    if result.cost.calls:
        console.print(escape(str(result.cost)))
    for remark in result.remarks:
        console.print(escape(remark))


if __name__ == "__main__":
    sys.exit(main())
