"""Freed pictures leave the process, whatever small things were made between them."""

import platform
import subprocess
import sys

import pytest

from flows.memory import give_back_large_buffers
from settings import PROJECT_ROOT

# Prints the megabytes that stay of what eight threads, still alive, have made and freed.
KEPT_AFTER_FREEING = """
import threading
import numpy, psutil, flows

process = psutil.Process()
kept = []
freed, ended = threading.Barrier(9), threading.Event()

def work():
    for _ in range(3):
        pictures = []
        for _ in range(6):
            pictures.append(numpy.ones(6_000_000, numpy.uint8))
            kept.append(numpy.ones(3_000, numpy.uint8))
        del pictures
    freed.wait()
    ended.wait()

before = process.memory_info().rss
for _ in range(8):
    threading.Thread(target=work).start()
freed.wait()
print((process.memory_info().rss - before) // 1_000_000)
ended.set()
"""


def test_a_process_with_the_flows_gives_freed_pictures_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("This C library is not glibc, and has no such setting.")
    assert give_back_large_buffers()
    printed = subprocess.run(
        [sys.executable, "-c", KEPT_AFTER_FREEING],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert int(printed) < 20
