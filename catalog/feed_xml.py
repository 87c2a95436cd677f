"""A feed in RSS 2.0 or Atom, as Google Merchant takes them → its items.

https://support.google.com/merchants/answer/160589 and …/answer/160593 describe both.
"""

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from catalog.feeds import InvalidFeed

_GOOGLE = ("http://base.google.com/ns/1.0", "https://base.google.com/ns/1.0")
_ATOM = "http://www.w3.org/2005/Atom"
_ROOTS = ("rss", "RDF", "feed")
_ITEMS = ("item", "entry")


def read_items(stream: BinaryIO) -> Iterator[dict[str, list[str]]]:
    """The items of a feed, in order, as the attributes that they have and their values.

    An attribute of Google's namespace goes before RSS's or Atom's own of the same name. No entity
    is resolved, no document type is read and nothing is loaded from elsewhere.

    Raises:
        InvalidFeed: it is not well-formed, is no such feed, or has a document type.
    """
    try:
        for event, element in etree.iterparse(
            stream, events=("start", "end"), resolve_entities=False, load_dtd=False,
            no_network=True, huge_tree=False,
        ):  # fmt: skip
            if event == "start":
                _check_root(element)
            elif _name(element)[1] in _ITEMS:
                yield _attributes(element)
                _forget(element)
    except etree.XMLSyntaxError as error:
        raise InvalidFeed([f"The feed is no well-formed XML: {error.msg}."]) from None


def _check_root(element: etree._Element) -> None:
    if element.getparent() is not None:
        return
    if element.getroottree().docinfo.internalDTD is not None:
        raise InvalidFeed(["The feed has a document type (DOCTYPE), which is not read."])
    name = _name(element)[1]
    if name not in _ROOTS:
        raise InvalidFeed(
            [f"The feed is XML, but neither RSS nor Atom: its root is <{name[:40]}>."]
        )


def _attributes(item: etree._Element) -> dict[str, list[str]]:
    own: dict[str, list[str]] = {}
    googles: dict[str, list[str]] = {}
    for element in item:
        if not isinstance(element.tag, str):
            continue
        namespace, name = _name(element)
        if namespace in _GOOGLE:
            googles.setdefault(name, []).append(_text(element))
        elif namespace in ("", _ATOM):
            own.setdefault(name, []).append(_text(element) or _reference(element))
    if "description" not in own and (written := own.get("summary") or own.get("content")):
        own["description"] = written
    return own | googles


def _reference(element: etree._Element) -> str:
    """Where an Atom link leads; those to anything but the page itself are left out."""
    if element.get("rel", "alternate") != "alternate":
        return ""
    return str(element.get("href", ""))


def _text(element: etree._Element) -> str:
    """What stands within an element, as it is written: tags are no end of a description."""
    inner = (etree.tostring(child, encoding="unicode") for child in element)
    return "".join([element.text or "", *inner]).strip()


def _name(element: etree._Element) -> tuple[str, str]:
    name = etree.QName(element)
    return name.namespace or "", name.localname


def _forget(element: etree._Element) -> None:
    """Free an item and what stands before it, so that memory does not grow with the feed."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
