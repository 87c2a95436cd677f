"""What bench/downloads.py measures of the project: download and decode, in a process of its own.

`python -m bench.own_downloads URL PICTURES SIDE` ends when it has them all.
"""

import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from PIL import Image

from catalog.images import load_thumbnail
from settings import PROJECT_ROOT, Settings

THREADS = 32
"""As many as load the pictures of all rankings of a process."""


def main() -> int:
    """Bring the pictures to squares of `SIDE` pixels."""
    # As a process with the flows does when it imports them, which would bring Prefect in here.
    runpy.run_path(str(PROJECT_ROOT / "flows" / "memory.py"))["give_back_large_buffers"]()
    url, pictures, side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    # One host here stands for the many that pictures come from.
    settings = Settings(
        allowed_private_hosts=frozenset({urlsplit(url).netloc}), fetch_connections_per_host=THREADS
    )

    def load(number: int) -> tuple[int, int]:
        thumbnail = load_thumbnail(f"{url}/{number}.jpg", side, settings=settings)
        return thumbnail.picture.resize((side, side), Image.Resampling.BOX).size

    with ThreadPoolExecutor(THREADS) as pool:
        sizes = set(pool.map(load, range(pictures)))
    assert sizes == {(side, side)}
    assert "torch" not in sys.modules, "downloading must not load torch"
    return 0


if __name__ == "__main__":
    sys.exit(main())
