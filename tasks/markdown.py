"""Words of pages and models, written so that Prefect's UI shows them as they are.

Descriptions and Markdown artifacts are rendered with the HTML in them by both of Prefect's UIs.
Cells of tables are plain text in the newer one and Markdown in the older one, which even follows
`javascript:` addresses. So cells can have no escapes: what would mean something is parted by
spaces that nobody sees.
"""

import re
import unicodedata
from urllib.parse import quote

_LONGEST = 200
# No more than needed: the older UI shows the backslashes that are in the words of a link. Addresses
# are parted, for what is taken for one has the backslashes after it in it (GFM 0.29, 6.9).
_MARKDOWN = re.compile(r"[\\`*_\[\]<>&~|]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# Between a sign and what makes it one: ends tags, links, pictures, entities and escapes.
_NO_WIDTH = "\u200b"
# After an asterisk it has to be white space, or emphasis begins there (CommonMark 0.31, 6.2).
_HAIR = "\u200a"
_IN_CELLS = str.maketrans(
    {sign: sign + _NO_WIDTH for sign in r"\<>[]!&"}
    | {sign: sign + _HAIR for sign in "*_~"}
    # Code has no other way out; a grave accent that stands alone looks the same.
    | {"`": "\u02cb"}
)
_BEGINS_A_BLOCK = re.compile(r"(?=[#>+\-=|:])|\d+(?=[.)])")
# They turn round what comes after them (UAX #9, 2).
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_OF_THE_WEB = re.compile(r"https?://", re.IGNORECASE)
_ENDS_AN_ADDRESS = frozenset('<>()[]{}\\^`"|')


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Text without line breaks, control characters and turns of direction, cut at `longest`."""
    printable = "".join(
        " " if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} else sign
        for sign in text.translate(_DIRECTIONS)
    )
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def words(text: str, longest: int = _LONGEST) -> str:
    """Text for a line of Markdown, or for its beginning, in which none of it is markup."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", one_line(text, longest))
    return _BEGINS_A_BLOCK.sub(r"\g<0>\\", escaped, count=1) if _starts(escaped) else escaped


def link(text: str, address: str) -> str:
    """A link of Markdown; the words alone where the address is not one of the web."""
    target = _target(address)
    return f"[{words(text)}]({target})" if target else words(text)


def cell(text: str, longest: int = _LONGEST) -> str:
    """Text for the cell of a table artifact, that looks the same as text and as Markdown."""
    line = one_line(text, longest)
    return (_NO_WIDTH if _starts(line) else "") + line.translate(_IN_CELLS)


def address_cell(address: str, longest: int = _LONGEST) -> str:
    """The same for an address of the web, which can be copied from there where it is not cut."""
    target = _target(address)
    return one_line(target, longest) if target else cell(address, longest)


def _starts(line: str) -> bool:
    return _BEGINS_A_BLOCK.match(line) is not None


def _target(address: str) -> str | None:
    """An address without any sign that ends it in Markdown; None for one that is not of the web."""
    if not _OF_THE_WEB.match(address):
        return None
    return "".join(
        quote(sign, safe="")
        if sign in _ENDS_AN_ADDRESS or unicodedata.category(sign)[0] in "CZ"
        else sign
        for sign in address
    )
