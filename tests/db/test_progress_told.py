"""How far a bulk task is, in words."""

import pytest

from db.progress import Progress
from db.progress_told import percentage, told


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((10_000, 9_990, 2, 6, 2), "6 of 10,000 previews done, 2 failed, 2 running, 9,990 queued: "
         "these take 8 hours or more at 20 a minute."),
        ((40, 20, 0, 20, 0), "20 of 40 previews done, 20 queued: these take 1 minute or more at "
         "20 a minute."),
        ((4, 0, 1, 3, 0), "3 of 4 previews done, 1 running."),
        ((4, 0, 0, 4, 0), "4 of 4 previews done."),
    ],
)  # fmt: skip
def test_the_rest_is_told_at_the_cap(counts: tuple[int, ...], sentence: str) -> None:
    assert told(Progress(*counts), 20) == sentence


def test_what_has_ended_is_a_share_of_all() -> None:
    assert percentage(Progress(total=8, queued=2, running=2, done=3, failed=1)) == 50
    assert percentage(Progress(total=0, queued=0, running=0, done=0, failed=0)) == 0
