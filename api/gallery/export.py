"""A batch as CSV and as JSON, read and written in pieces, so that its size does not matter."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from db import bulk_tasks, costs, outcomes, preview_rows
from db.models import PreviewStatus
from db.preview_rows import OF_PREFILL
from db.progress import progress
from db.workspaces import member_unit_of_work

# Up to ten times as many previews are held at once, each of some kilobytes.
_SOURCES_AT_ONCE = 50
_BATCH = "id name status error_message user created_at started_at finished_at".split()


@dataclass(frozen=True)
class BatchExport:
    """A batch that is taken away by a member of its workspace.

    No transaction lasts from one piece to the next. A piece that cannot be read ends the whole
    with the error, so that nobody takes a part for the whole.
    """

    token: str
    batch_id: UUID
    name: str
    approved_only: bool
    _source_count: int

    @classmethod
    def begin(cls, token: str, batch_id: UUID, *, approved_only: bool) -> "BatchExport":
        """Look whether the batch is there, before anything is sent.

        Raises:
            TokenRefused: the token is unknown, or was revoked.
            UnknownRecord: its workspace has no batch with this id.
        """
        with member_unit_of_work(token) as (session, _):
            batch = bulk_tasks.get(session, batch_id)
            count = preview_rows.count_sources(session, batch_id)
        return cls(token, batch_id, batch.name, approved_only, count)

    def pieces(self) -> Iterator[list[dict[str, Any]]]:
        """The rows of the previews, as `db.preview_rows.read` gives them, some at a time.

        Raises:
            TokenRefused: the token was revoked in the meantime.
            UnknownRecord: the batch was deleted in the meantime.
        """
        for start in range(0, self._source_count, _SOURCES_AT_ONCE):
            with member_unit_of_work(self.token) as (session, _):
                bulk_tasks.get(session, self.batch_id)
                piece = preview_rows.read(
                    session,
                    self.batch_id,
                    of_sources=range(start, start + _SOURCES_AT_ONCE),
                    approved_only=self.approved_only,
                )
            if piece:
                yield piece

    def csv(self) -> Iterator[bytes]:
        """The frame of the previews (`db.reports.previews_frame`) as CSV."""
        # pandas takes its time and memory, and most processes of the API never need it.
        from db.report_files import as_csv
        from db.reports import frame_of_previews

        yield as_csv(frame_of_previews([]))
        for piece in self.pieces():
            yield as_csv(frame_of_previews(piece), header=False)

    def json(self) -> Iterator[bytes]:
        """One object: `batch` with its `progress` and `cost`, its `sources`, and its `previews`.

        Each of the previews has its `prefill` as an object; money is a number with six decimals.
        """
        yield _dumps(self._head())[:-1] + b',"previews":['
        comma = b""
        for piece in self.pieces():
            yield comma + b",".join(_dumps(_shown(row)) for row in piece)
            comma = b","
        yield b"]}\n"

    def _head(self) -> dict[str, Any]:
        with member_unit_of_work(self.token) as (session, _):
            batch = bulk_tasks.get(session, self.batch_id)
            told = {name: getattr(batch, name) for name in _BATCH}
            told["progress"] = progress(session, self.batch_id)
            told["cost"] = costs.of_bulk_task(session, self.batch_id)
            sources = outcomes.by_source(session, self.batch_id)
        return {"batch": told, "sources": [asdict(source) for source in sources]}


def is_done(row: dict[str, Any]) -> bool:
    """Whether a preview has an overlay to take away."""
    return bool(row["status"] == PreviewStatus.DONE)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in OF_PREFILL}


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_money)


def _money(value: Any) -> orjson.Fragment:
    assert isinstance(value, Decimal)
    return orjson.Fragment(f"{value:.6f}")
