"""A shop's picture server on loopback, in a process of its own, for the measurements.

`python -m bench.picture_server FOLDER --seconds 0.05` prints its port, and answers each path that
ends in `/<n>.jpg` with one of the folder's files, after so many seconds. What lies between the
first request under a name and the last answer, in seconds, it says at `/elapsed/<name>`.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from settings import PROJECT_ROOT

_SIDE = 1600
_QUALITY = 85
_RADIUS = 0.4  # of the side: half of the picture
_GROUND = 245


def draw_photographs(folder: Path, count: int) -> int:
    """Put `count` JPEGs of 1600 × 1600 pixels into `folder`; returns their mean size in bytes.

    As product photographs do, they show a thing on a plain, pale ground, of which it covers half.
    The thing's amplitudes fall with the 1.6th power of the frequency, a little steeper than the
    first power of natural scenes (Field 1987, *Relations between the statistics of natural
    images*); a file comes to about 150 KB.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number}.jpg" for number in range(count)]
    for number, file in enumerate(files):
        if not file.exists():
            part = file.with_suffix(".part")
            _photograph(number).save(part, "JPEG", quality=_QUALITY)
            part.replace(file)
    return sum(file.stat().st_size for file in files) // count


def _photograph(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    across, down = np.fft.rfftfreq(_SIDE), np.fft.fftfreq(_SIDE)
    frequency = np.hypot(down[:, None], across[None])
    frequency[0, 0] = 1

    def layer(power: float) -> NDArray[np.float64]:
        noise = rng.normal(size=frequency.shape) + 1j * rng.normal(size=frequency.shape)
        values = np.fft.irfft2(noise / frequency**power, s=(_SIDE, _SIDE))
        even: NDArray[np.float64] = (values - values.mean()) / values.std()
        return even

    light = layer(1.6)
    channels = [np.clip(128 + 45 * (light + 0.25 * layer(2.0)), 0, 255) for _ in range(3)]
    thing = np.stack(channels, axis=-1)
    place = (np.arange(_SIDE) - _SIDE / 2) / _SIDE
    shows = np.hypot(place[:, None], place[None]) < _RADIUS
    return Image.fromarray(np.where(shows[..., None], thing, _GROUND).astype(np.uint8))


@contextmanager
def served(folder: Path, seconds: float) -> Iterator[str]:
    """The address of a server of the folder's pictures, which ends with the `with` block."""
    command = [sys.executable, "-m", "bench.picture_server", str(folder), "--seconds", str(seconds)]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


_times: dict[str, tuple[float, float]] = {}


async def _answer(
    files: list[bytes],
    seconds: float,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            name, file = urlsplit(request.split(b" ", 2)[1].decode()).path.strip("/").split("/")
            if name == "elapsed":
                first, last = _times[file]
                await _write(writer, str(last - first).encode(), "text/plain")
                continue
            asked = time.monotonic()
            await asyncio.sleep(seconds)
            await _write(writer, files[int(Path(file).stem) % len(files)], "image/jpeg")
            _times[name] = (_times.get(name, (asked, asked))[0], time.monotonic())
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        pass  # the visitor has left
    finally:
        writer.close()


async def _write(writer: asyncio.StreamWriter, body: bytes, kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


def elapsed(url: str, name: str) -> float:
    """The seconds between the first request under a name and the last answer to one."""
    with urlopen(f"{url}/elapsed/{name}", timeout=10) as answer:
        return float(answer.read())


async def _serve(folder: Path, seconds: float) -> None:
    files = [file.read_bytes() for file in sorted(folder.glob("*.jpg"))]
    server = await asyncio.start_server(partial(_answer, files, seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the pictures")
    parser.add_argument("--seconds", type=float, default=0.05, help="how long an answer waits")
    options = parser.parse_args()
    asyncio.run(_serve(options.folder, options.seconds))


if __name__ == "__main__":
    main()
