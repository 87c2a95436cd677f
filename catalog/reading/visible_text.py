"""The visible text of a page, as it is put together from its elements."""

import re

APART = "\u2063"  # stands between digits of different elements, which form no number
_FLOWING = frozenset("a b i em strong font mark u span".split())
_FRACTION = re.compile(r"cent|fraction|decimal|kop|penny|pence|sup\b", re.IGNORECASE)
_TWO_DIGITS = re.compile(r"\s*\d\d\s*$")
_FIRST_DIGITS = re.compile(r"\d{1,3}$")
_NEXT_DIGITS = re.compile(r"\s*\d{3}(?!\d)")
_POINTS = (".", ",")


class VisibleText:
    """Pieces of text in reading order, with space between elements where a reader sees some.

    Cents in a raised or smaller element become a fraction: `34` `<sup>98</sup>` is `34.98`.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._last = ""  # the last piece with more than white space in it

    @property
    def length(self) -> int:
        """The number of pieces."""
        return len(self.pieces)

    def add(self, text: str | None) -> None:
        """Text as it stands on the page."""
        if text:
            self.pieces.append(text)
            if stripped := text.strip():
                self._last = stripped

    def open(self, tag: str, marks: str, text: str | None) -> None:
        """An element begins, with this class and id, and this text in it."""
        before = self._last[-1:]
        is_digit = before.isdigit()
        if tag in _FLOWING and not is_digit:
            return
        begin = text.lstrip()[:1] if text else ""
        if not before:
            self.pieces.append(" ")
        elif before in _POINTS:
            return
        elif is_digit and text and self._is_fraction(tag, marks, text):
            self._strip_end(spaces_only=False)
            self.pieces.append(".")
        elif begin in _POINTS:
            self._strip_end(spaces_only=True)
        elif is_digit and begin.isdigit() and not self._continues(text or ""):
            self.pieces.append(f" {APART} ")
        else:
            self.pieces.append(" ")

    def close(self, tag: str, tail: str | None) -> None:
        """An element ends, and this text follows it."""
        if tag not in _FLOWING or self._last[-1:].isdigit():
            self.pieces.append("" if tail and tail[:1] in _POINTS else " ")
        self.add(tail)

    def _is_fraction(self, tag: str, marks: str, text: str) -> bool:
        if not _TWO_DIGITS.match(text):
            return False
        return tag in ("sup", "small") or bool(_FRACTION.search(marks))

    def _continues(self, text: str) -> bool:
        """Whether a text begins with the next three digits of the number before it."""
        return bool(_FIRST_DIGITS.match(self._last) and _NEXT_DIGITS.match(text))

    def _strip_end(self, *, spaces_only: bool) -> None:
        pieces = self.pieces
        for place in range(len(pieces) - 1, max(-1, len(pieces) - 4), -1):
            if spaces_only and pieces[place] != " ":
                break
            pieces[place] = pieces[place].rstrip()
            if pieces[place]:
                break
