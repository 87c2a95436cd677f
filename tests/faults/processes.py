"""Processes of the tests' own that are killed at a step of their work; see `tests.faults.steps`."""

import json
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from settings import PROJECT_ROOT


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit status (-9 when it was killed), its steps, its output."""

    status: int
    lines: list[dict[str, Any]]
    output: str

    @property
    def steps(self) -> list[str]:
        """What it was about to do, by the number of the step; the last of a killed one was not."""
        return [line["what"] for line in self.lines if line["at"] == "before"]

    def count(self, part: str) -> int:
        """How many of its steps had this in them, whether or not they came through."""
        did = self.lines[: -1 if self.status == -9 and self.lines[-1]["at"] == "before" else None]
        return sum(part in line["what"] for line in did if line["at"] == "before")


class Processes:
    """Runs programs, each in a process of its own that has the project imported already.

    Args:
        environment: of all of them.
        folder: for what they write.
    """

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.steps"],
            cwd=PROJECT_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        assert self._answers.get(timeout=90) == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line.strip())

    def run(self, program: str, kill_at: int | str | None = None, seconds: float = 120) -> Ended:
        """Run statements of Python that know `flows`, until they end or are killed before a step.

        Args:
            program: the statements.
            kill_at: the number of the step, or how it begins; `after …` for its end.
            seconds: how long that may take.
        """
        self._count += 1
        log = self._folder / f"{self._count}.steps"
        order = {"program": program, "kill_at": kill_at, "log": str(log)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._answers.get(timeout=seconds))
        output = Path(f"{log}.out").read_text()
        return Ended(status, [json.loads(line) for line in log.read_text().splitlines()], output)
