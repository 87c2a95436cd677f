"""What the artifacts of a run say: values in, Markdown and table cells out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db import progress_told
from db.batch_overview import NamedPreview
from db.contact_sheets import SourceSheet
from db.costs import Cost
from db.outcomes import SourceOutcome
from db.progress import Progress
from tasks.markdown import address_cell, cell, link, one_line, words

LINKS_AT_MOST = 20
_TITLE_LENGTH = 100
_NAME_LENGTH = 60
_REASONS_TOLD = 20
_COST_LENGTH = 500
_ADDRESS_LENGTH = 120


class Gallery:
    """Where the gallery's pages are; `address` is the API's, None where nobody has named it."""

    def __init__(self, address: str | None) -> None:
        self._address = address.rstrip("/") if address else None

    def __bool__(self) -> bool:
        return self._address is not None

    def batch(self, bulk_task_id: UUID) -> str:
        """A link to the page of a bulk task; empty without a gallery."""
        return self._link("Open the batch in the gallery", f"batches/{bulk_task_id}")

    def preview(self, text: str, preview_id: UUID) -> str:
        """A link to the page of a preview; the words alone without a gallery."""
        return self._link(text, f"previews/{preview_id}") or words(text)

    def _link(self, text: str, page: str) -> str:
        return link(text, f"{self._address}/gallery/{page}") if self._address else ""


@dataclass(frozen=True)
class Summary:
    """What the summary of a bulk task is made of.

    `sources` counts its sources by status; `failed` and `done` are previews to link to, at most
    `LINKS_AT_MOST` each; `per_minute` is how many generations may start in a minute, and `sheets`
    how many sources at most have a contact sheet.
    """

    bulk_task_id: UUID
    name: str
    counts: Progress
    sources: dict[str, int]
    reasons: Counter[str]
    cost: Cost
    failed: Sequence[NamedPreview]
    done: Sequence[NamedPreview]
    per_minute: int
    sheets: int


def source_table(rows: Sequence[SourceOutcome]) -> list[dict[str, str]]:
    """The rows of the table of sources; what is too long for a cell is cut.

    A source whose product is not known is shown by its address, for what is on the right is seen
    only by those who scroll.
    """
    return [
        {
            "Status": row.status,
            "Done": f"{row.done} of {row.batch_size}",
            "Product": cell(row.product_title or "", _NAME_LENGTH)
            or address_cell(row.url, _NAME_LENGTH),
            "Reason": cell(row.error_message or ""),
            "Address": address_cell(row.url, _ADDRESS_LENGTH),
        }
        for row in rows
    ]


def table_description(sources: dict[str, int], shown: int) -> str:
    """How many sources stand where, and how many of them are not in the table."""
    total = sum(sources.values())
    stand = ", ".join(f"{count:,} {status}" for status, count in sorted(sources.items()))
    told = f"{_counted(total, 'source')}: {stand}."
    if left_out := total - shown:
        told += (
            f" {left_out:,} of them are left out here; the {shown:,} that are shown are those that "
            "failed or lack previews, then those under way, then the others in their order."
        )
    return told


def summary_description(summary: Summary, gallery: Gallery) -> str:
    """The summary in a line: what the cards of Prefect's UI show of it."""
    told = progress_told.told(summary.counts, summary.per_minute)
    return f"{told} {gallery.batch(summary.bulk_task_id)}".rstrip()


def summary_text(summary: Summary, gallery: Gallery) -> str:
    """Where a bulk task stands, what failed and why, what it cost, and where to look at it."""
    parts = [
        f"# {words(summary.name)}",
        progress_told.told(summary.counts, summary.per_minute),
        gallery.batch(summary.bulk_task_id),
        _counts(summary),
        words(str(summary.cost), _COST_LENGTH) if summary.cost.calls else "",
        _reasons(summary.reasons),
    ]
    if gallery:
        parts += [
            _previews("Previews that failed", summary.failed, gallery),
            _previews("Previews that are done", summary.done, gallery),
        ]
    total = sum(summary.sources.values())
    if total > summary.sheets:
        parts.append(
            f"Contact sheets are made of the first {summary.sheets:,} of {total:,} sources."
        )
    return "\n\n".join(part for part in parts if part)


def sheet_description(bulk_task_id: UUID, sheet: SourceSheet, gallery: Gallery) -> str:
    """The title of a product, the headlines in the order of the sheet, and links."""
    headlines = [
        f"{number}. {gallery.preview(preview.headline or 'No headline', preview.id)}"
        for number, preview in enumerate(sheet.previews, 1)
    ]
    parts = [
        f"**{words(sheet.product_title, _TITLE_LENGTH)}**",
        "\n".join(headlines),
        link("Open the product's page", sheet.url),
        gallery.batch(bulk_task_id),
    ]
    return "\n\n".join(part for part in parts if part)


def _counts(summary: Summary) -> str:
    counts, sources = summary.counts, summary.sources
    of_sources = [sources.get(status, 0) for status in ("done", "failed", "running", "pending")]
    table = (
        ("", "all", "done", "failed", "running", "waiting"),
        ("---",) * 6,
        ("Previews", counts.total, counts.done, counts.failed, counts.running, counts.queued),
        ("Sources", sum(sources.values()), *of_sources),
    )
    return "\n".join(f"| {' | '.join(map(_shown, row))} |" for row in table)


def _shown(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _reasons(reasons: Counter[str]) -> str:
    if not reasons:
        return ""
    first = reasons.most_common(_REASONS_TOLD)
    told = [f"- {count:,} × {words(reason)}" for reason, count in first]
    if rest := len(reasons) - len(told):
        told.append(f"- {_counted(rest, 'more reason')}")
    return "\n".join(("## What failed, and why\n", *told))


def _previews(heading: str, previews: Sequence[NamedPreview], gallery: Gallery) -> str:
    if not previews:
        return ""
    which = f"The first {LINKS_AT_MOST}; the gallery has all.\n"
    told = [which] if len(previews) == LINKS_AT_MOST else []
    told += [_preview(preview, gallery) for preview in previews]
    return "\n".join((f"## {heading}\n", *told))


def _preview(preview: NamedPreview, gallery: Gallery) -> str:
    name = f"{one_line(preview.product_title, _TITLE_LENGTH)}, preview {preview.number}"
    said = preview.error_message or preview.headline
    return f"- {gallery.preview(name, preview.id)}" + (f": {words(said)}" if said else "")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
