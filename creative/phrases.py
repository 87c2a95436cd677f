"""A product page's own phrases: cleaned, split into sentences and clauses, told apart."""

import re
import unicodedata
from dataclasses import dataclass

from creative.brief import Angle
from creative.prefill import HEADLINE_LENGTH, SUBTITLE_LENGTH, cut_at_a_word
from creative.wording import BEGINS_NOTHING, BENEFIT_CUES, LIMITING, OCCASION_CUES

_LONGEST_TEXT = 6000
_MOST_SENTENCES = 40
_SHORTEST_HEADLINE = 8
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Za-z]\.)(?<!\bca\.)(?<!\binkl\.)(?<!\bapprox\.)(?<!\bmax\.)(?<!\bmin\.)"
    r"\s+(?![a-zà-ÿ])|(?<=[。！？])|\s*[\r\n]+\s*|\s*[•·▪●◦✓✔|]\s*"
)
_CLAUSE_END = re.compile(r"[,;:]\s+|\s+[–—-]\s+|\s*[()]\s*|(?<=[，、；：])")
_UNQUOTABLE = re.compile(r"https?:|www\.|[<>{}@#*_=\\$€£¥₹]|\d\s?%\s*(?:off|rabatt|korting)", re.I)
_JOINT = re.compile(
    r"\s(?:with|for|and|mit|für|und|avec|pour|et|con|para|y|per|e|met|voor|en)\s", re.I
)
_WORD = re.compile(r"[^\W\d_]+")
_DIRECTION_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])


@dataclass(frozen=True)
class Phrase:
    """Something the page says that is short enough for a headline, and the sentence it is from."""

    text: str
    sentence: str
    whole: bool


def tidy(text: str | None) -> str:
    """`text` on one line: NFC, white space folded, no control or text-direction characters."""
    normal = unicodedata.normalize("NFC", text or "").translate(_DIRECTION_MARKS)
    shown = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
                    for sign in normal if unicodedata.category(sign) != "Cs")  # fmt: skip
    return " ".join(shown.split())


def sentences_of(description: str | None) -> tuple[str, ...]:
    """The sentences of a description that can be shown as they are, in order, none twice."""
    text = (description or "")[:_LONGEST_TEXT]
    found: dict[str, None] = {}
    for raw in _SENTENCE_END.split(text):
        sentence = tidy(raw).strip(" -–—*,;:")
        long_enough = len(sentence) >= _SHORTEST_HEADLINE and _WORD.search(sentence)
        if long_enough and not _UNQUOTABLE.search(sentence):
            found.setdefault(_capitalised(sentence))
    return tuple(found)[:_MOST_SENTENCES]


def phrases_of(sentences: tuple[str, ...]) -> tuple[Phrase, ...]:
    """What of `sentences` fits a headline without being cut, in order.

    Nothing is taken from a sentence in which a word narrows or denies: without its neighbours it
    might say something else.
    """
    found: dict[str, Phrase] = {}
    for sentence in sentences:
        if is_limiting(sentence):
            continue
        whole = sentence.rstrip(".!。 ")
        if len(whole) <= HEADLINE_LENGTH:
            found.setdefault(whole.casefold(), Phrase(whole, sentence, True))
            continue
        for clause in _CLAUSE_END.split(sentence):
            text = clause.strip(" .!?。，、；：-–—\"'“”„«»")
            if _can_stand_alone(text):
                found.setdefault(text.casefold(), Phrase(_capitalised(text), sentence, False))
    return tuple(found.values())


def is_limiting(sentence: str) -> bool:
    """Whether a sentence says what a product is not, or only is."""
    return bool(LIMITING & {word.casefold() for word in _WORD.findall(sentence)})


def score(text: str, angle: Angle, brand: str) -> int:
    """How much `text` is about `angle`, 0 when nothing tells."""
    words = {word.casefold() for word in _WORD.findall(text)}
    if angle == "benefit":
        return 2 * len(words & BENEFIT_CUES)
    if angle == "occasion":
        return 2 * len(words & OCCASION_CUES)
    if angle == "feature":
        return 2 * len(re.findall(r"\d+", text))
    if angle == "brand":
        return 2 * int(bool(brand) and brand.casefold() in text.casefold())
    return 0


def short_title(title: str, length: int) -> str:
    """The head of a title, at most `length` characters.

    What follows a dash or a bar is left out, then what follows a word like "with".
    """
    if len(title) <= length:
        return title
    head = re.split(r"\s+[|–—·•-]\s+|,\s|\s*[(\[]", title, maxsplit=1)[0].strip()
    head = head if len(head) >= _SHORTEST_HEADLINE else title
    if len(head) <= length:
        return head
    cut = cut_at_a_word(head, length)
    joints = [found.start() for found in _JOINT.finditer(cut) if found.start() > length // 3]
    return cut[: joints[-1]] if joints else cut


def as_subtitle(sentence: str) -> str:
    """A sentence at most 90 characters long; one that had to be cut ends in an ellipsis."""
    if len(sentence) <= SUBTITLE_LENGTH:
        return sentence
    cut = cut_at_a_word(sentence, SUBTITLE_LENGTH - 1)
    return cut if cut.endswith("…") else f"{cut}…"


def _can_stand_alone(text: str) -> bool:
    if not _SHORTEST_HEADLINE <= len(text) <= HEADLINE_LENGTH:
        return False
    words = _WORD.findall(text)
    spaced = len(words) >= 2 or not text.isascii()
    return bool(words) and spaced and words[0].casefold() not in BEGINS_NOTHING


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
