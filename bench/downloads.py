"""Downloading and decoding 1,000 pictures against img2dataset: `make bench-downloads`.

Both read the same JPEGs of 1600 pixels from the same server, which waits 50 ms before each answer,
and bring them to 224 pixels, each in processes of its own. The time is the server's, from the first
request to the last answer, so that starting and importing cost neither side anything. img2dataset
writes no files (`output_format=dummy`). Each of `PEER_SETTINGS` is tried once; then both sides are
measured in turn, img2dataset in its fastest setting, and the medians of the rounds' ratios are held
against the limits. Exits with 1 when one is missed.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.memory_of import run_measured
from bench.picture_server import draw_photographs, elapsed, served
from settings import PROJECT_ROOT, get_settings

PICTURES = 1_000
SIDE = 224
LATENCY = 0.05
LEAST_RATIO = 2.0
LARGEST_SHARE_OF_MEMORY = 0.1
PEER_SETTINGS = ((1, 32), (1, 64), (2, 16), (2, 32), (2, 64))
"""Processes and threads of each."""
ROUNDS = 4

_PEER = """
import sys
from img2dataset import download
if __name__ == "__main__":
    urls, folder, processes, threads, pictures, side = sys.argv[1:]
    download(
        url_list=urls, output_folder=folder, output_format="dummy", image_size=int(side),
        resize_mode="keep_ratio", processes_count=int(processes), thread_count=int(threads),
        number_sample_per_shard=int(pictures) // int(processes), retries=0, enable_wandb=False,
    )
"""


@dataclass(frozen=True)
class Measured:
    """A rate in pictures per second, and a peak of memory in bytes."""

    rate: float
    peak: int


def main() -> int:
    """Print the rates and the memory of both; 1 when a limit is missed."""
    folder = get_settings().data_dir / "bench"
    peer = folder / "img2dataset" / "bin" / "python"
    if not peer.exists():
        print(f"img2dataset is not installed ({peer} is missing): run `make bench-downloads`.")
        return 1
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    size = draw_photographs(folder / "photographs", 40)
    print(f"{PICTURES} pictures of 1600 × 1600 pixels, {size // 1000} KB each, to {SIDE} pixels")
    with served(folder / "photographs", LATENCY) as url:
        tried = {
            setting: _measure_peer(peer, url, f"peer-{setting[0]}-{setting[1]}", *setting).rate
            for setting in PEER_SETTINGS
        }
        setting = max(tried, key=lambda setting: tried[setting])
        rounds = [
            (
                _measure_ours(url, f"ours-{turn}"),
                _measure_peer(peer, url, f"peer-{turn}-again", *setting),
            )
            for turn in range(ROUNDS)
        ]
    ratio = median(ours.rate / theirs.rate for ours, theirs in rounds)
    share = median(ours.peak / theirs.peak for ours, theirs in rounds)
    print(f"times the rate of its fastest setting   {ratio:.2f}   limit {LEAST_RATIO}")
    print(f"share of that setting's memory          {share:.3f}  limit {LARGEST_SHARE_OF_MEMORY}")
    return int(ratio < LEAST_RATIO or share > LARGEST_SHARE_OF_MEMORY)


def _measure_ours(url: str, name: str) -> Measured:
    return _measure(
        [sys.executable, "-m", "bench.own_downloads", f"{url}/{name}", str(PICTURES), str(SIDE)],
        PROJECT_ROOT, url, name, "ours",
    )  # fmt: skip


def _measure_peer(peer: Path, url: str, name: str, processes: int, threads: int) -> Measured:
    with TemporaryDirectory() as folder:
        urls = Path(folder) / "urls.txt"
        urls.write_text("\n".join(f"{url}/{name}/{number}.jpg" for number in range(PICTURES)))
        command = [str(peer), "-c", _PEER, str(urls), f"{folder}/out"]
        numbers = [str(number) for number in (processes, threads, PICTURES, SIDE)]
        said = f"img2dataset, processes {processes}, threads {threads}"
        return _measure([*command, *numbers], Path(folder), url, name, said)


def _measure(command: list[str], cwd: Path, url: str, name: str, said: str) -> Measured:
    finished = run_measured(command, cwd)
    measured = Measured(PICTURES / elapsed(url, name), finished.peak)
    print(f"{said:38} {measured.rate:6.1f} pictures/s   {measured.peak / 1e6:5.0f} MB", flush=True)
    return measured


if __name__ == "__main__":
    sys.exit(main())
