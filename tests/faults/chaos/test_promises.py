"""What docs/reliability.md promises is shown by tests that exist."""

import re

from settings import PROJECT_ROOT


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (PROJECT_ROOT / "docs/reliability.md").read_text()))
    assert named
    written = "".join(file.read_text() for file in (PROJECT_ROOT / "tests").rglob("test_*.py"))
    assert {name for name in named if f"def {name}(" not in written} == set()
