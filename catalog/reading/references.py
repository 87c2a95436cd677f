"""Nodes of structured data that name each other: each is read where it is named, within bounds."""

from collections.abc import Mapping
from typing import Any

_MOST_READ = 100_000
_SIGNS_LIKE_ONE_VALUE = 50


class References:
    """The nodes of a page by name, for the places that say no more than the name.

    A node is not read within itself, and none is read in place of its name any more once the
    values so read are 100,000: where names stand within what they name, these multiply.
    """

    def __init__(self, nodes: Mapping[str, Mapping[str, Any]]) -> None:
        self._nodes = nodes
        self._sizes: dict[str, int] = {}
        self._left = _MOST_READ

    def read(self, name: str, around: frozenset[str]) -> Mapping[str, Any] | None:
        """The node of a name; None where there is none, or its name is to stay as it is.

        Args:
            name: what is said in the node's place.
            around: the names of all nodes that this place is within.
        """
        node = self._nodes.get(name)
        if node is None or name in around:
            return None
        if name not in self._sizes:
            self._sizes[name] = _size_of(node)
        if self._sizes[name] > self._left:
            return None
        self._left -= self._sizes[name]
        return node


def _size_of(node: Any) -> int:
    """How many values a node holds; a long text counts as several."""
    size = 0
    waiting = [node]
    while waiting:
        value = waiting.pop()
        size += 1
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            size += len(value) // _SIGNS_LIKE_ONE_VALUE
    return size
