"""The guarded fetch against plain requests: small pictures from loopback with 8 threads.

`python -m bench.fetch` prints pictures a second of `catalog.page.fetch`, of one `requests.Session`
a thread, and of a session made for each call, in alternating rounds of one run, with the ratios of
their medians. Exits with 1 when the guarded fetch reaches less than 400 a second or less than the
plain sessions.
"""

import asyncio
import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import requests

from catalog.page import fetch
from settings import Settings

THREADS = 8
PICTURES = 2_000
PICTURE_BYTES = 20_000
ROUNDS = 5
AT_LEAST = 400
_local = threading.local()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = b"\xff" * PICTURE_BYTES
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = head.encode() + body
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _serve(port: Connection) -> None:
    async def run() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def _plainly(url: str) -> int:
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    return len(_local.session.get(url, timeout=(5, 10)).content)


def _with_a_session_each(url: str) -> int:
    with requests.Session() as session:
        return len(session.get(url, timeout=(5, 10)).content)


def pictures_a_second(read: Callable[[str], int], address: str) -> float:
    """Read all pictures once by all threads."""
    urls = [f"{address}/picture-{number}.jpg" for number in range(PICTURES)]
    with ThreadPoolExecutor(THREADS) as threads:
        began = time.perf_counter()
        sizes = list(threads.map(read, urls))
        seconds = time.perf_counter() - began
    assert set(sizes) == {PICTURE_BYTES}
    return len(sizes) / seconds


def main() -> int:
    """Measure, print, and say whether it is fast enough."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    host = f"127.0.0.1:{ours.recv()}"
    settings = Settings(allowed_private_hosts=frozenset({host}), fetch_connections_per_host=8)

    def guarded(url: str) -> int:
        return len(fetch(url, max_bytes=1_000_000, settings=settings).body)

    readers = {"guarded": guarded, "plain": _plainly, "a session each": _with_a_session_each}
    speeds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, read in readers.items():
            speeds[name].append(pictures_a_second(read, f"http://{host}"))
    server.terminate()
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    for name, speed in medians.items():
        ratio = medians["guarded"] / speed
        print(f"{name:16} {speed:7,.0f} pictures a second   guarded is {ratio:.2f} times as fast")
    return int(medians["guarded"] < max(AT_LEAST, medians["plain"]))


if __name__ == "__main__":
    sys.exit(main())
