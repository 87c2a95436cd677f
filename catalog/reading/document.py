"""The bytes of a page → its text, its tree, and the address that its links are relative to."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from charset_normalizer import from_bytes
from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from catalog.errors import EmptyPage

_LONGEST = 6_000_000
_LONGEST_ADDRESS = 8_192
_DETECTED_FROM = 200_000
_BAD_SHARE = 0.02
_MOST_ATTRIBUTES = 1000
_TAG = re.compile(
    r"<script\b(?:[^<]++|<(?!/script))*+|(?P<tag><[a-z](?:[^\"'>=]++|=\s*+(?:\"[^\"]*+\"|"
    r"'[^']*+')?+|[\"'])*+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"=\s*+(?:\"[^\"]*+\"|'[^']*+')")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\blang\s*=\s*[\"']?([a-zA-Z]{2})")
_LATIN = ("cp1252", "iso-8859-1", "iso8859-1", "latin-1", "ascii")
# Detection takes these for one another; without a declared language the first is the likeliest.
_LIKE_LATIN = ("cp1250", "iso8859-2", "cp1254", "cp1257", "iso8859-13", "cp1258")
_CENTRAL = ("cp1250", "iso8859-2")
_CYRILLIC = ("cp1251", "koi8-r", "iso8859-5")
_BALTIC = ("cp1257", "iso8859-13")
_ENCODINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("pl", "cs", "sk", "hu", "sl", "hr", "ro", "bs", "sq"), _CENTRAL),
    **dict.fromkeys(("ru", "uk", "bg", "be", "sr", "mk", "kk"), _CYRILLIC),
    **dict.fromkeys(("lt", "lv", "et"), _BALTIC),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256", "iso8859-6")),
    "el": ("cp1253", "iso8859-7"), "tr": ("cp1254",), "he": ("cp1255", "iso8859-8"),
    "ja": ("cp932", "euc_jp", "iso2022_jp"), "ko": ("cp949",), "zh": ("gb18030", "big5"),
    "th": ("cp874",), "vi": ("cp1258",),
    **dict.fromkeys(
        ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "nb", "fi", "is", "ca", "ga"),
        ("cp1252",),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A page: where it was read, the address that its links are relative to, and its tree."""

    url: str
    base: str
    html: str
    tree: HtmlElement

    def absolute(self, address: str) -> str:
        """An address as written on the page, made whole; empty when that cannot be done."""
        try:
            return urljoin(self.base, address.strip())
        except ValueError:
            return ""


def read_document(body: bytes, url: str, content_type: str | None = None) -> Document:
    """Decode and parse a page, of which at most the first 6 MB are looked at.

    Raises:
        EmptyPage: there is nothing to parse.
    """
    html = _bounded(_CONTROL.sub("", decode(body[:_LONGEST], content_type)))
    if not html.strip():
        raise EmptyPage(url, "The page is empty; check the address.")
    try:
        tree: HtmlElement = document_fromstring(html.encode(), parser=HTMLParser(encoding="utf-8"))
    except (ParserError, ValueError):
        raise EmptyPage(url, "The page is empty; check the address.") from None
    written = next((href.strip() for href in tree.xpath("//base/@href") if href.strip()), "")
    written = written if len(written) <= _LONGEST_ADDRESS else ""
    try:
        base = urljoin(url, written)
    except ValueError:
        base = url
    return Document(url=url, base=base, html=html, tree=tree)


def _bounded(html: str) -> str:
    """The page without the attributes of tags that have thousands of them.

    libxml2 compares each attribute of a tag with all before it, so that a megabyte of them takes
    hours. Both patterns take what they match in one pass, whatever it holds.
    """

    def bounded(match: re.Match[str]) -> str:
        tag = match[0]
        if match["tag"] is None or len(tag) < _MOST_ATTRIBUTES:
            return tag
        words = _QUOTED.sub("", tag).split(None, _MOST_ATTRIBUTES)
        return tag if len(words) < _MOST_ATTRIBUTES else words[0]

    return _TAG.sub(bounded, html)


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a page, whatever it declares of itself.

    A byte order mark decides; then bytes that are UTF-8 with more than ASCII in it are UTF-8,
    because other encodings hardly ever form it by chance; then what the header and the page
    declare, unless it does not fit; then what the bytes look like.
    """
    marked, mark = read_bom(body)
    if marked is not None and mark is not None:
        return body[len(mark) :].decode(marked, errors="replace")
    if (text := _as_utf8(body)) is not None:
        return text
    usual = _usual_encodings(body)
    for declared in (http_content_type_encoding(content_type), html_body_declared_encoding(body)):
        known = resolve_encoding(declared) if declared else None
        if known is None or (known in _LATIN and usual and usual[0] not in _LATIN):
            continue
        text = body.decode(known, errors="replace")
        if text.count("\ufffd") <= _BAD_SHARE * _above_ascii(body) and "\x00" not in text[:1000]:
            return text
    if usual:
        return max((body.decode(name, errors="replace") for name in usual), key=_letters)
    best = from_bytes(body[:_DETECTED_FROM]).best()
    found = best.encoding if best else "cp1252"
    if not any(found in names for names in _ENCODINGS.values()) or found in _LIKE_LATIN:
        found = "cp1252"
    return body.decode(found, errors="replace")


def _usual_encodings(body: bytes) -> tuple[str, ...]:
    """The encodings in which pages of the declared language were written before UTF-8."""
    declared = _LANGUAGE.search(body[:20_000])
    return _ENCODINGS.get(declared[1].decode().lower(), ()) if declared else ()


def _letters(text: str) -> int:
    """How much of a text beyond ASCII is letters, small ones above all, as in words."""
    signs = [sign for sign in text if sign > "\x7f"]
    small = sum(sign.islower() for sign in signs)
    others = sum(sign.isalpha() for sign in signs) - small
    odd = len(signs) - small - others
    return 3 * small + others - 3 * odd - 15 * signs.count("\ufffd")


def _as_utf8(body: bytes) -> str | None:
    if b"\x00" in body[:1000] or b"\x1b$" in body:
        return None
    text = body.decode("utf-8", errors="replace")
    above = _above_ascii(body)
    if above == 0:
        return text if html_body_declared_encoding(body) in (None, "utf-8", "cp1252") else None
    return text if text.count("\ufffd") <= _BAD_SHARE * above else None


def _above_ascii(body: bytes) -> int:
    return len(body) - len(body.translate(None, _ABOVE_ASCII))


_ABOVE_ASCII = bytes(range(128, 256))
