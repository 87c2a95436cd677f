"""Which of many cases `make test` runs; the tests that take long run the others, too."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def mostly_long(cases: Sequence[Any], kept: Iterable[int] = (0,)) -> list[Any]:
    """The cases for `pytest.mark.parametrize`, with `pytest.mark.long` on all but a few.

    Args:
        cases: the cases; where there are several parameters, a tuple for each.
        kept: the places of those that take no mark.
    """
    few = set(kept)
    return [
        case if place in few else _marked(case, pytest.mark.long)
        for place, case in enumerate(cases)
    ]


def _marked(case: Any, mark: pytest.MarkDecorator) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=mark)
