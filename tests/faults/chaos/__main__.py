"""`make chaos`: a batch of 200 previews under faults at random, and what must hold afterwards.

40 sources with 5 previews each run on a Prefect server with two workers and a slow Gemini on
loopback, while databases, server, workers and runs are killed and frozen and connections are cut.
The faults and their order follow from the seed. In the end everything is back, `reconcile` runs
until nothing moves, `retry_failed` makes what failed, and the invariants of `tests.faults.oracle`
are looked at after both. Exits with 1 where one does not hold; the folder with the logs then stays.
"""

import argparse
import atexit
import math
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from db.models import CTABulkGenerateTask, CTAIFramePreview
from deployments.guard import MARK, Guard, end_marked
from tests.faults.batches import source
from tests.faults.chaos.checks import Judged, come_to_rest, judge, rows_of, statuses_of
from tests.faults.chaos.house import House
from tests.faults.chaos.model import HANG_SECONDS, Model
from tests.faults.chaos.plan import faults
from tests.faults.chaos.playing import Player
from tests.faults.chaos.sizes import Sizes
from tests.faults.oracle import ENDED, watched
from tests.pages import Pages

KEY = "canary-key-7f1e"
LEASE_SECONDS = 10
BATCH_SIZE = 5
_WORKING_SHARE = 0.5
"""What share of the time the cap alone would take."""
_RETRY_AT = 0.85


def main() -> int:
    """Play, judge and print; 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="of the faults; drawn when left out")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--previews", type=int, default=200)
    options = parser.parse_args()
    seed = random.randrange(10_000) if options.seed is None else options.seed
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="cta-previews-chaos-"))
    print(f"seed {seed}, {options.minutes:g} minutes; logs are in {folder}", flush=True)
    is_kept = [True]
    # Registered first and so run last, once the databases in it have been left.
    atexit.register(lambda: is_kept[0] or shutil.rmtree(folder, ignore_errors=True))
    with Guard() as guard:
        try:
            judged = soak(folder, guard.mark, seed, options.minutes, options.previews)
        finally:
            end_marked(guard.mark)
    report(judged, seed, options.minutes)
    is_kept[0] = bool(judged.broken)
    return int(bool(judged.broken))


def soak(folder: Path, mark: str, seed: int, minutes: float, previews: int) -> Judged:
    """Have a batch made under faults; what is seen in the end."""
    cap = math.ceil(previews / (minutes * _WORKING_SHARE))
    pages = Pages()
    with Model(seed) as model:
        set_environment(folder, mark, cap, urlsplit(pages.url).netloc, model.server.url)
        with House(folder, dict(os.environ)) as house, watched(house.engine), Sizes(house) as sizes:
            player = Player(house, LEASE_SECONDS)
            sources = [
                source(pages, f"mug-{number}", BATCH_SIZE)
                for number in range(previews // BATCH_SIZE)
            ]
            play(house, player, seed, minutes, sources)
            model.is_calm = True
            judged = judge_twice(house, model, sizes, folder, cap, previews)
            for kind, count in player.played.items():
                judged.figures[f"fault: {kind}"] = str(count)
            if player.in_vain:
                judged.figures["faults that found nothing to hit"] = str(player.in_vain.total())
    pages.server.shutdown()
    return judged


def set_environment(folder: Path, mark: str, cap: int, pages: str, gemini: str) -> None:
    """Leave nothing of the user's settings, and have what all processes need."""
    for name in [name for name in os.environ if name.startswith(("CTA_", "PREFECT_"))]:
        del os.environ[name]
    os.environ.update(
        {
            MARK: mark,
            "CTA_DATA_DIR": str(folder),
            "CTA_GENERATOR": "gemini",
            "CTA_GEMINI_ENDPOINT": gemini,
            "CTA_GEMINI_TIMEOUT_SECONDS": str(HANG_SECONDS / 2),
            "GOOGLE_API_KEY": KEY,
            "CTA_CLIP_MODEL": "micro",
            "CTA_ALLOWED_PRIVATE_HOSTS": pages,
            "CTA_GENERATIONS_PER_MINUTE": str(cap),
            "CTA_LEASE_SECONDS": str(LEASE_SECONDS),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }
    )


def play(house: House, player: Player, seed: int, minutes: float, sources: list[object]) -> None:
    """Start the batch, and play faults until the time is over or the batch is at its end."""
    house.start("bulk-generate", sources=sources)
    waited = time.monotonic()
    while not statuses_of(house, CTAIFramePreview)["done"]:
        if time.monotonic() > waited + 180:
            raise SystemExit("The batch did not begin within three minutes.")
        time.sleep(1)
    began, is_retried = time.monotonic(), False
    for fault in faults(seed, LEASE_SECONDS):
        passed = (time.monotonic() - began) / 60 / minutes
        done = statuses_of(house, CTAIFramePreview)["done"]
        if passed > 1 or done == len(sources) * BATCH_SIZE:
            break
        # An operator would, where the hooks of a killed run have ended the batch.
        has_ended = set(statuses_of(house, CTABulkGenerateTask)) <= set(ENDED)
        if has_ended or (passed > _RETRY_AT and not is_retried):
            is_retried |= passed > _RETRY_AT
            player.retry_failed(rows_of(house, CTABulkGenerateTask)[0].id)
        player.play(fault)
        print(f"         {dict(statuses_of(house, CTAIFramePreview))}", flush=True)
        time.sleep(fault.pause)


def judge_twice(
    house: House, model: Model, sizes: Sizes, folder: Path, cap: int, previews: int
) -> Judged:
    """What holds once all is at rest, and once more when what failed was made."""
    media_dir = folder / "media"
    seconds = 240 + 2 * 60 * previews / cap
    is_at_rest = come_to_rest(house, seconds)
    judged = judge(house, model, sizes, media_dir, cap, KEY)
    failed = statuses_of(house, CTAIFramePreview)["failed"]
    if is_at_rest and failed:
        house.start("retry-failed", bulk_task_id=str(rows_of(house, CTABulkGenerateTask)[0].id))
        _wait_until_begun(house)
        come_to_rest(house, seconds)
        before, judged = judged, judge(house, model, sizes, media_dir, cap, KEY)
        judged.broken = [*before.broken, *(f"after retry_failed: {one}" for one in judged.broken)]
    done = statuses_of(house, CTAIFramePreview)["done"]
    if done != previews:
        judged.broken.append(f"I1 {done} of {previews} previews are done in the end")
    judged.figures = {"previews failed before the last retry_failed": str(failed)} | judged.figures
    return judged


def _wait_until_begun(house: House) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not set(statuses_of(house, CTABulkGenerateTask)) <= set(ENDED):
            return
        time.sleep(0.5)


def report(judged: Judged, seed: int, minutes: float) -> None:
    """Print the table of figures, and what does not hold."""
    print(f"\n| chaos | seed {seed}, {minutes:g} minutes |\n|---|---|")
    for name, figure in judged.figures.items():
        print(f"| {name} | {figure} |")
    print(f"| invariants that do not hold | {len(judged.broken)} |")
    for broken in judged.broken:
        print(f"- {broken}")


def _end(*_: object) -> NoReturn:
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
