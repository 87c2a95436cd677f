"""All previews of a bulk task on one page, as they will look."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from creative.frame import render_frame
from creative.prefill import Prefill
from db.reports import BulkGenerateResult

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


def write_contact_sheet(result: BulkGenerateResult, folder: Path) -> Path:
    """Write a page with the overlay of each finished preview, and why the others failed.

    Args:
        result: the bulk task, as its records tell it.
        folder: where the page and one file per overlay go; old ones are removed.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    shown = []
    for preview in result.previews:
        if preview["status"] == "done":
            frame = folder / f"{preview['preview_id']}.html"
            frame.write_text(render_frame(Prefill.model_validate(preview["prefill"])))
            shown.append(preview | {"frame": frame.name})
    page = folder / "index.html"
    template = _TEMPLATES.get_template("contact_sheet.html.jinja")
    page.write_text(template.render(result=result, previews=shown))
    return page
