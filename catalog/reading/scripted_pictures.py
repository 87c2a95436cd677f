"""Pictures that only a page's scripts know: galleries that are put in place after loading."""

import html as entities
import re
from itertools import islice
from urllib.parse import unquote, urlsplit

from rapidfuzz import fuzz

from catalog.reading.document import Document
from catalog.reading.picture_addresses import is_blank, is_decoration
from catalog.reading.picture_keys import picture_key
from catalog.reading.pictures import merged, plain_words

_SCRIPTED = re.compile(
    r"(?:https?:)?//[^\s\"'<>\\,;()]{5,300}?\.(?:jpe?g|png|webp|avif)(?=[\"'?&\s\\])", re.IGNORECASE
)
_MOST_SCRIPTED = 1000
_MOST_BESIDE = 30
_MOST_MENTIONS = 5
_LONGEST_LIST = 40_000
_NAMED_LIKE = 70


def scripted_pictures(document: Document, name: str) -> list[str]:
    """The pictures in a page's scripts and `data-` attributes that are named after its product.

    For pages whose scripts alone put the pictures in place.
    """
    found: dict[str, float] = {}
    for match in _SCRIPTED.finditer(document.html.replace("\\/", "/")):
        url = document.absolute(entities.unescape(match[0]))
        words = plain_words(unquote(urlsplit(url).path.rsplit("/", 1)[-1].rsplit(".", 1)[0]))
        if len(found) >= _MOST_SCRIPTED:
            break
        if url not in found and len(words) > 5 and not is_decoration(url):
            found[url] = fuzz.token_set_ratio(words, name.casefold())
    return merged([url for url, agreement in found.items() if agreement >= _NAMED_LIKE])


def pictures_beside(document: Document, main: str) -> list[str]:
    """The pictures that a page's scripts keep in one list with its main one, as galleries do."""
    wanted = picture_key(main)
    found: list[str] = []
    for script in document.tree.iter("script"):
        if not script.text or "ld+json" in (script.get("type") or ""):
            continue
        text = script.text.replace("\\/", "/")
        named = [
            (match.start(), document.absolute(entities.unescape(match[0])))
            for match in islice(_SCRIPTED.finditer(text), _MOST_SCRIPTED)
        ]
        places = [place for place, url in named if picture_key(url) == wanted]
        for begin, end in {_list_around(text, place) for place in places[:_MOST_MENTIONS]}:
            found += [url for place, url in named if begin <= place < end]
    return merged([url for url in found if not is_decoration(url) and not is_blank(url)])[
        :_MOST_BESIDE
    ]


def _list_around(text: str, place: int) -> tuple[int, int]:
    """Where the innermost list around a place in a script begins and ends."""
    begin = _bracket(text, range(place, max(-1, place - _LONGEST_LIST), -1), "[", "]")
    end = _bracket(text, range(place, min(len(text), place + _LONGEST_LIST)), "]", "[")
    return (begin, end) if begin is not None and end is not None else (place, place)


def _bracket(text: str, places: range, wanted: str, other: str) -> int | None:
    depth = 0
    for place in places:
        if text[place] == other:
            depth += 1
        elif text[place] == wanted:
            if not depth:
                return place
            depth -= 1
    return None
