"""How much a request may hold, looked at before each part of it is."""

from typing import Any


class TooManyParts(ValueError):
    """A value is made of more parts than are looked at one by one."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it has more than {most:,} parts")


def at_most(most: int, value: Any) -> Any:
    """`value` as it is.

    Raises:
        TooManyParts: it has more than `most` parts, counting those of its parts too.
    """
    parts, to_see = 0, [value]
    while to_see:
        one = to_see.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        parts += len(inner)
        if parts > most:
            raise TooManyParts(most)
        to_see.extend(inner)
    return value
