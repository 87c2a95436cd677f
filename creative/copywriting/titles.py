"""What a product is called: its title cleaned, in a quiet case, and shortened to its head."""

import re

from creative.prefill import CONNECTING, cut_at_a_word

_SHORTEST_HEAD = 8
_WORD = re.compile(r"[^\W\d_]+")
_PART_END = re.compile(r"\s+[|–—·•»:-]\s+|[,;|]\s+|\s*[(\[（【]|[、，｜]|:\s+|\s/\s")
_JOINT = re.compile(
    r"\s(?:with|for|and|in|mit|für|und|avec|pour|et|con|para|y|per|e|met|voor|en|med|för|z|dla"
    r"|com|til|à|aus|w|na)\s",
    re.I,
)
_ACRONYMS = frozenset(
    """
    ABS AC AM ANC BPA CD DAB DC DIY DVD EDP EDT EU EVA FM FR GB GPS GSM HD HDMI HEPA IP IPA
    IPS IR IT KG LCD LED LTE MDF MIDI MP NATO NFC OLED PC PET PLA PLUS PP PS PU PVC QLED RAM
    RC RFID RGB SD SIM SPF SSD SUP SUV TB TPU TV UHD UK US USA USB UV VR WC WLAN XL XS XXL
    XXXL 4WD
    """.split()
)


def is_shouted(text: str) -> bool:
    """Whether `text` is all in capitals and not merely an abbreviation."""
    words = [word for word in _WORD.findall(text) if len(word) >= 4]
    return bool(words) and text == text.upper() != text.lower()


def quiet_title(title: str, brand: str) -> str:
    """A title with its words in capitals in title case; abbreviations and codes stay.

    A title of which only a word or two is in capitals, such as its maker's name, stays as it is.
    """
    words = [word for word in _WORD.findall(title) if len(word) >= 4]
    shouted = [word for word in words if word.isupper()]
    if len(shouted) < 2 or 10 * len(shouted) < 7 * len(words):
        return title
    names = {} if is_shouted(brand) else {word.upper(): word for word in brand.split()}
    return " ".join(
        names.get(word) or _quiet(word, place) for place, word in enumerate(title.split())
    )


def quiet_sentence(sentence: str) -> str:
    """A sentence in capitals in lower case but for its first letter, abbreviations and codes."""
    words = [
        word if word.strip(".,;:!?") in _ACRONYMS or any(sign.isdigit() for sign in word)
        else word.lower()
        for word in sentence.split()
    ]  # fmt: skip
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _quiet(word: str, place: int) -> str:
    if word in _ACRONYMS or any(sign.isdigit() for sign in word) or not word.isupper():
        return word
    if place and word.casefold() in CONNECTING:
        return word.lower()
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", _capitalised_unless_known, word)


def _capitalised_unless_known(match: re.Match[str]) -> str:
    return match[0] if match[0] in _ACRONYMS else match[0].capitalize()


def parts_of(title: str) -> list[str]:
    """A title between its dashes, bars, commas and brackets."""
    parts = (part.strip(" )]）】") for part in _PART_END.split(title))
    return [part for part in parts if part]


def heads_of(title: str) -> list[str]:
    """What a title may be shortened to without a loss, the fullest first.

    What follows a dash, a bar, a comma or a bracket is left out, then what follows a word like
    "with", from the last such word on.
    """
    first = next(iter(parts_of(title)), title)
    head = first if len(first) >= _SHORTEST_HEAD and title.startswith(first) else title
    joints = [found.start() for found in _JOINT.finditer(head) if found.start() >= _SHORTEST_HEAD]
    return [head, *(head[:joint] for joint in reversed(joints))]


def short_title(title: str, length: int) -> str:
    """The fullest head of a title that has at most `length` characters, else what fits of it.

    A number is not left hanging at the cut without what it counts.
    """
    heads = heads_of(title)
    for head in heads:
        if len(head) <= length:
            return head
    words = cut_at_a_word(heads[0], length).split(" ")
    following = heads[0].split(" ")[len(words) : len(words) + 1]
    counted = following and (len(following[0]) <= 3 or not following[0].isalpha())
    if len(words) > 2 and counted and not _WORD.search(words[-1]):
        words.pop()
    return " ".join(words)


def without_brand(title: str, brand: str) -> str:
    """A title without the maker's name before it; the title itself where nothing would be left."""
    if not brand or not title.casefold().startswith(brand.casefold()):
        return title
    rest = title[len(brand) :]
    if rest[:1].isalnum() or len(rest.strip()) < _SHORTEST_HEAD:
        return title
    return rest.lstrip(" -–—:|,·®™'’")


def names(text: str, title: str) -> bool:
    """Whether `text` already names the product, by most of its title's first words."""
    words = [word for word in re.findall(r"\w+", title.casefold())[:4] if len(word) > 2]
    known = set(re.findall(r"\w+", text.casefold()))
    return bool(words) and sum(word in known for word in words) >= 0.5 * len(words)
