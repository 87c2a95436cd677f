"""The text that stands for a product before CLIP (docs/decisions/0008)."""

import re
from collections.abc import Callable

from catalog.product import ScrapedProduct

_PARTS = re.compile(r"\s+[|•»]\s+|\s+::\s+")
_BRACKETED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_CODE = re.compile(r"(?=.*\d)[A-Z\d][A-Z\d/_-]{5,}|\d{5,}|#\S+")
_LEVELS = re.compile(r"\s*[>›»/|]\s*")
_LONGEST_KIND = 40
_SPACE = re.compile(r"\s+")


def describe(product: ScrapedProduct, fits: Callable[[str], bool] = lambda text: True) -> str:
    """The product in the form of a caption: "a photo of <title> by <brand>, <category>".

    The title loses what shops add to it for machines and for themselves; of the category its last
    part is told, unless the title has it. When the text is too long for the model, which `fits`
    says, the category goes first; then the title loses words from its end, and the brand stays.
    """
    title = plain_title(product.title)
    brand = _SPACE.sub(" ", product.brand or "").strip()
    told = not brand or brand.casefold() in title.casefold()
    kind = _kind(product.category, title)
    words = title.split()
    if kind:
        whole = f"a photo of {title}" if told else f"a photo of {title} by {brand}"
        if fits(f"{whole}, {kind}"):
            return f"{whole}, {kind}"
    for kept in range(len(words), 0, -1):
        named = " ".join(words[:kept])
        text = f"a photo of {named}" if told else f"a photo of {named} by {brand}"
        if fits(text):
            return text
    return f"a photo of {title}"


def _kind(category: str | None, title: str) -> str:
    """The last part of `Kitchen > Kettles`; empty where the title or nothing says it."""
    last = _LEVELS.split(category or "")[-1].strip()
    said = last.casefold()
    known = said in title.casefold() or said.rstrip("s") in title.casefold()
    return "" if not last or known or len(last) > _LONGEST_KIND else last


def plain_title(title: str) -> str:
    """A title without the shop's name behind a bar, bracketed numbers, and article codes.

    Whatever would leave nothing is left out.
    """
    title = _SPACE.sub(" ", title).strip()
    for shorten in (_first_part, _without_bracketed_numbers, _without_codes):
        title = shorten(title) or title
    return title


def _first_part(title: str) -> str:
    return _PARTS.split(title)[0].strip()


def _without_bracketed_numbers(title: str) -> str:
    def kept(match: re.Match[str]) -> str:
        return "" if any(sign.isdigit() for sign in match[0]) else match[0]

    return _BRACKETED.sub(kept, title).strip()


def _without_codes(title: str) -> str:
    words = [word for word in title.split() if not _CODE.fullmatch(word.strip(",;."))]
    return " ".join(words).strip(" ,;-–")
