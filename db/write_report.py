"""`python -m db.write_report`: writes the report of a batch, for people and for programs."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import CTABulkGenerateTask
from db.report_files import as_csv, as_parquet
from db.report_page import as_html
from db.reports import Report, report
from db.session import unit_of_work
from settings import get_settings


def main(
    batch: Annotated[
        UUID | None, typer.Option(help="The id of the batch; the workspace's newest by itself.")
    ] = None,
    workspace: Annotated[str, typer.Option(help="The tenant whose batch it is.")] = "default",
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the files go; reports/<batch id> in CTA_DATA_DIR by itself."),
    ] = None,
) -> None:
    """Write the report of a batch: report.html, and its frames as CSV and Parquet.

    The demo keeps its records apart: CTA_DATA_DIR=.data/demo, and --workspace demo.
    """
    with unit_of_work() as session:
        found = _find(session, batch, workspace)
        told = None if found is None else report(session, found)
    if told is None:
        which = "no batch yet" if batch is None else f"no batch with the id {batch}"
        typer.echo(f"There is {which} in the workspace {workspace!r}.", err=True)
        raise typer.Exit(1)
    target = folder or get_settings().data_dir / "reports" / str(told.bulk_task_id)
    target.mkdir(parents=True, exist_ok=True)
    typer.echo(f"{told.name}: {told.progress.done} of {told.progress.total} previews are done.")
    for name, content in _files_of(told).items():
        (target / name).write_bytes(content)
        typer.echo(target / name)


def _find(session: Session, batch: UUID | None, workspace: str) -> UUID | None:
    wanted = [CTABulkGenerateTask.workspace == workspace]
    if batch is not None:
        wanted.append(CTABulkGenerateTask.id == batch)
    return session.scalar(
        select(CTABulkGenerateTask.id)
        .where(*wanted)
        .order_by(CTABulkGenerateTask.created_at.desc(), CTABulkGenerateTask.id.desc())
        .limit(1)
    )


def _files_of(told: Report) -> dict[str, bytes]:
    files = {"report.html": as_html(told).encode()}
    frames = {"previews": told.previews, "sources": told.sources, "cost": told.cost_by_model}
    for name, frame in frames.items():
        files |= {f"{name}.csv": as_csv(frame), f"{name}.parquet": as_parquet(frame)}
    return files


if __name__ == "__main__":
    typer.run(main)
