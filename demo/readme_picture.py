"""`make readme-picture`: a picture of the demo's previews, taken with a browser."""

import io
import sys

from PIL import Image

from demo.contact_sheet import PREVIEWS
from demo.overlay_checks import BrowserMissing, OverlayChecks
from settings import PROJECT_ROOT

PAGE = PREVIEWS / "sheet.html"
PICTURE = PROJECT_ROOT / "docs" / "previews.jpg"
WIDTH = 2400
SHOWN_WIDTH = 1600
_LARGEST = 400_000


def main() -> None:
    """Take the picture of the sheet that `make demo` wrote, and store it small."""
    if not PAGE.exists():
        sys.exit("There is nothing to take a picture of yet: run `make demo` first.")
    try:
        with OverlayChecks() as browser:
            shot = browser.screenshot(PAGE.as_uri(), WIDTH, WIDTH, "main")
    except BrowserMissing as missing:
        sys.exit(str(missing))
    with Image.open(io.BytesIO(shot)) as picture:
        height = round(picture.height * SHOWN_WIDTH / picture.width)
        small = picture.convert("RGB").resize((SHOWN_WIDTH, height), Image.Resampling.LANCZOS)
    PICTURE.parent.mkdir(exist_ok=True)
    for quality in range(90, 50, -4):
        small.save(PICTURE, "JPEG", quality=quality, optimize=True, progressive=True)
        if PICTURE.stat().st_size <= _LARGEST:
            break
    else:
        sys.exit(f"The picture is larger than {_LARGEST // 1000} kB at any quality worth showing.")
    print(f"{PICTURE.relative_to(PROJECT_ROOT)}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
