"""`make readme-picture`: a picture of the demo's previews, taken with chromium."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / ".data" / "demo" / "previews" / "index.html"
PICTURE = PROJECT_ROOT / "docs" / "previews.jpg"
WIDTH, HEIGHT = 1600, 1500
SHOWN_WIDTH = 1200


def main() -> None:
    """Take the picture of the page that `make demo` wrote, and store it small."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not PAGE.exists():
        sys.exit("Chromium is needed, and the page that `make demo` writes.")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
                "--hide-scrollbars",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={shot}",
                f"--user-data-dir={folder}/profile",
                PAGE.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        with Image.open(shot) as picture:
            small = picture.convert("RGB")
            small.thumbnail((SHOWN_WIDTH, SHOWN_WIDTH * HEIGHT // WIDTH), Image.Resampling.LANCZOS)
            PICTURE.parent.mkdir(exist_ok=True)
            small.save(PICTURE, "JPEG", quality=82, optimize=True, progressive=True)
    print(f"{PICTURE.relative_to(PROJECT_ROOT)}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
