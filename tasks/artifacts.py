"""What Prefect's UI shows of a run: its sources, their pictures, and a summary.

An artifact's key stands for a collection of versions, and the UI's page of artifacts lists 200 keys
in no order. So the keys are few, and the same for every bulk task: `progress`, `sources`,
`summary`, and `contact-sheet-001` to `contact-sheet-100`, by the place of the source in its bulk
task. The newest version is the last run's, and the page of a key tells the versions by their runs,
whose names say which bulk task they serve. A key for each bulk task or product would soon hide the
others.
"""

import base64
from collections.abc import Iterator
from uuid import UUID

import httpx
from PIL import Image
from prefect.artifacts import Artifact, ImageArtifact, MarkdownArtifact, TableArtifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.logging import get_logger
from sqlalchemy.exc import OperationalError

from creative.contact_sheet import contact_sheet
from creative.media import MediaStore, MediaStoreFailed
from db import batch_overview, contact_sheets, costs, outcomes, progress
from db.contact_sheets import SourceSheet
from db.models import PreviewStatus
from db.session import unit_of_work
from settings import get_settings
from tasks.artifact_texts import (
    LINKS_AT_MOST,
    Gallery,
    Summary,
    sheet_description,
    source_table,
    summary_description,
    summary_text,
    table_description,
)
from tasks.limits import generations_per_minute

# Of a run, and of all keys, the UI shows 200 artifacts, and loads them whole: these leave room for
# the others, and take 5 MB.
SHEETS_AT_MOST = 100
# Some 100 kB, which are sent again whenever the table changes; the older UI shows all rows at once.
ROWS_AT_MOST = 200
_LOGGER = get_logger("artifacts")


class KeptArtifact:
    """One artifact of the run at hand: made at first, and rewritten from then on."""

    def __init__(self) -> None:
        self._id: UUID | None = None
        self._shown: Artifact | None = None

    def show(self, artifact: Artifact) -> None:
        """Have the UI show this, where it is not what it shows already; one request at most."""
        if artifact == self._shown:
            return
        if self._id is None:
            self._id = artifact.create(_sync=True).id  # type: ignore[call-arg, union-attr]
        else:
            data = artifact.format(_sync=True)  # type: ignore[call-arg]
            with get_client(sync_client=True) as client:
                client.update_artifact(
                    self._id, ArtifactUpdate(description=artifact.description, data=data)
                )
        self._shown = artifact


class ShownSources:
    """The table of the sources of a bulk task and of what became of them."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self._bulk_task_id = bulk_task_id
        self._artifact = KeptArtifact()

    def update(self) -> None:
        """Show how the sources stand."""
        with unit_of_work() as session:
            counts = batch_overview.count_sources(session, self._bulk_task_id)
            rows = outcomes.first(session, self._bulk_task_id, ROWS_AT_MOST)
        self._artifact.show(
            TableArtifact(
                key="sources",
                table=source_table(rows),
                description=table_description(counts, len(rows)),
            )
        )


class ShownSummary:
    """Where a bulk task stands, what failed and why, what it cost, and where to look at it."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self._bulk_task_id = bulk_task_id
        self._artifact = KeptArtifact()

    def update(self) -> None:
        """Sum up how it is now."""
        gallery, summary = Gallery(get_settings().gallery_url), self._summary()
        self._artifact.show(
            MarkdownArtifact(
                key="summary",
                markdown=summary_text(summary, gallery),
                description=summary_description(summary, gallery),
            )
        )

    def _summary(self) -> Summary:
        of_task = self._bulk_task_id
        with unit_of_work() as session:
            failed, done = (
                batch_overview.first_previews(session, of_task, status, LINKS_AT_MOST)
                for status in (PreviewStatus.FAILED, PreviewStatus.DONE)
            )
            return Summary(
                bulk_task_id=of_task,
                name=batch_overview.name_of(session, of_task),
                counts=progress.progress(session, of_task),
                sources=batch_overview.count_sources(session, of_task),
                reasons=progress.failures(session, of_task),
                cost=costs.of_bulk_task(session, of_task),
                failed=failed,
                done=done,
                per_minute=generations_per_minute(),
                sheets=SHEETS_AT_MOST,
            )


class ShownSheets:
    """A contact sheet of each source that ends while the run goes on, of the first of them."""

    def __init__(self, bulk_task_id: UUID) -> None:
        self._bulk_task_id = bulk_task_id
        self._seen: set[UUID] = set()

    def begin(self) -> None:
        """Leave out the sources that have ended before, as an earlier run has shown them."""
        self._seen.update(self._ended())

    def update(self) -> None:
        """Show those that have ended since; one request each, once.

        Raises:
            Exception: Prefect or the database is away; those that are missing are shown next time.
        """
        for source_id in self._ended():
            if source_id not in self._seen:
                try:
                    self._show(source_id)
                except Exception as error:
                    if is_away(error):
                        raise
                    _LOGGER.warning("A contact sheet could not be shown: %s", error)
                self._seen.add(source_id)

    def _ended(self) -> list[UUID]:
        with unit_of_work() as session:
            return contact_sheets.ended_sources(session, self._bulk_task_id, SHEETS_AT_MOST)

    def _show(self, source_id: UUID) -> None:
        with unit_of_work() as session:
            sheet = contact_sheets.source_sheet(session, source_id)
        if sheet is None:
            return
        picture = contact_sheet(_pictures(sheet), len(sheet.previews))
        gallery = Gallery(get_settings().gallery_url)
        ImageArtifact(
            key=f"contact-sheet-{sheet.position + 1:03}",
            # A page of the UI can load nothing of a folder, or of another machine.
            image_url=f"data:image/webp;base64,{base64.b64encode(picture.body).decode()}",
            description=sheet_description(self._bulk_task_id, sheet, gallery),
        ).create(_sync=True)  # type: ignore[call-arg]


def is_away(error: Exception) -> bool:
    """Whether it is Prefect or the database that cannot be reached at all."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error
    return isinstance(error, httpx.TransportError | OperationalError)


def _pictures(sheet: SourceSheet) -> Iterator[Image.Image | None]:
    """The backgrounds of a sheet; None for one that cannot be read."""
    settings = get_settings()
    store = MediaStore(settings.media_dir, settings.media_url)
    for preview in sheet.previews:
        try:
            yield store.load(preview.background_url)
        except MediaStoreFailed:
            yield None
