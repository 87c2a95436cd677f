"""The peak memory of a command and of all that it starts."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY = 0.02  # seconds


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its output, and the peak of its tree's resident bytes."""

    output: str
    peak: int


def run_measured(command: Sequence[str], cwd: Path) -> Finished:
    """Run a command to its end, adding up the resident memory of its tree fifty times a second.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(_EVERY)
    assert process.stdout is not None
    output = process.stdout.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), output)
    return Finished(output, peak)


def resident(process_id: int) -> int:
    """The resident bytes of a process and of all its descendants, now."""
    total = 0
    try:
        root = psutil.Process(process_id)
        for one in (root, *root.children(recursive=True)):
            try:
                total += one.memory_info().rss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total
