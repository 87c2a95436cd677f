"""The table of faults is whole, and the tests that it names exist."""

import re
from pathlib import Path

TABLE = Path(__file__).parent / "README.md"


def test_every_fault_has_a_test_or_a_reason_why_not() -> None:
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| (.+) \|$", TABLE.read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 65))
    for number, shown in rows:
        named = re.findall(r"\[([^]]+)\]\(([^)]+)\)", shown)
        assert named or shown.startswith("left out: "), number
        for words, file in named:
            source = (TABLE.parent / file).read_text()
            assert f"def test_{words.replace(' ', '_')}(" in source, (number, words)
