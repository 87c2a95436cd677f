"""Text in the one spelling in which claims are looked for, and the way back to how it stood."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SIGNS = {"٫": ".", "٬": ",", "٪": "%", "’": "'", "′": "'", "″": '"', "‐": "-", "‑": "-", "ı": "i"}


@dataclass(frozen=True)
class Folded:
    """A folded text; `origin[i]` is where in the written one its sign `i` comes from."""

    text: str
    written: str
    origin: tuple[int, ...] | range

    def as_written(self, start: int, end: int) -> str:
        """The part of the written text behind `text[start:end]`."""
        if start >= end:
            return ""
        return self.written[self.origin[start] : self.origin[end - 1] + 1].strip()


def fold(written: str) -> Folded:
    """`written` in lower case and compatibility form (NFKD), without accents and invisible signs.

    Every decimal digit is an ASCII one, every space U+0020, and a fraction such as ½ is "1⁄2"
    after a space.
    """
    if written.isascii():
        spaced = written if written.isprintable() else written.translate(_ASCII_SPACES)
        return Folded(spaced.lower(), written, range(len(written)))
    parts: list[str] = []
    origin: list[int] = []
    for place, sign in enumerate(written):
        folded = _folded(sign)
        parts.append(folded)
        origin.extend([place] * len(folded))
    return Folded("".join(parts), written, tuple(origin))


_ASCII_SPACES = {ord(sign): " " for sign in "\t\n\r\x0b\x0c"}


@lru_cache(maxsize=4096)
def _folded(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign.isspace():
        return " "
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    bare = "".join(
        part
        for part in unicodedata.normalize("NFKD", sign).casefold()
        if unicodedata.category(part) not in ("Mn", "Me", "Cf", "Cc")
    )
    return f" {bare}" if "⁄" in bare and sign != "⁄" else bare
