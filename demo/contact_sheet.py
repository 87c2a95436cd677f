"""All previews of a bulk task on one page, as they will look."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from creative.frame import render_frame
from creative.prefill import Prefill
from db.reports import BulkGenerateResult
from settings import PROJECT_ROOT

PREVIEWS = PROJECT_ROOT / ".data" / "demo" / "previews"
# For people to look through, and for a picture of it all.
_PAGES = {"index": "contact_sheet.html.jinja", "sheet": "sheet.html.jinja"}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


def write_contact_sheet(result: BulkGenerateResult, folder: Path) -> Path:
    """Write a page with the overlay of each finished preview, and why the others failed.

    Args:
        result: the bulk task, as its records tell it.
        folder: where the page goes, and per overlay a page and a JSON file with its prefill and
            the address of its product; old ones are removed.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.html"), *folder.glob("*.json")):
        old.unlink()
    shown = []
    for preview in result.previews:
        if preview["status"] == "done":
            frame = folder / f"{preview['preview_id']}.html"
            frame.write_text(render_frame(Prefill.model_validate(preview["prefill"])))
            told = {name: preview[name] for name in ("source_url", "position", "prefill")}
            frame.with_suffix(".json").write_text(json.dumps(told, indent=2, ensure_ascii=False))
            shown.append(preview | {"frame": frame.name})
    for name in ("sheet", "index"):
        template = _TEMPLATES.get_template(_PAGES[name])
        (folder / f"{name}.html").write_text(template.render(result=result, previews=shown))
    return folder / "index.html"
