"""A product page's own phrases: cleaned, split into sentences and clauses, told apart."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from w3lib.html import remove_tags, replace_entities

from creative.brief import Angle
from creative.copywriting.claims import claims_in
from creative.copywriting.cues import (
    AND,
    BEGINS_NOTHING,
    BENEFIT_CUES,
    BOILERPLATE,
    BOILERPLATE_PHRASES,
    BOILERPLATE_STEMS,
    DENIAL,
    ENDS_NOTHING,
    LIMITING,
    OCCASION_CUES,
)
from creative.copywriting.folding import fold
from creative.copywriting.titles import is_shouted, quiet_sentence
from creative.prefill import CONNECTING, HEADLINE_LENGTH, SUBTITLE_LENGTH, cut_at_a_word

_LONGEST_TEXT = 6000
_MOST_SENTENCES = 40
_LEAST_SHOUTED = 4
_SHORTEST_HEADLINE = 8
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])(?<!\D [A-Za-z]\.)(?<!\bca\.)(?<!\binkl\.)(?<!\bapprox\.)(?<!\bmax\.)(?<!\bmin\.)"
    r"(?<!\bNr\.)(?<!\bNo\.)\s+(?![a-zà-ÿ])|(?<=[。！？؟])|\s*[\r\n]+\s*|\s*[•·▪●◦✓✔✅★☆►▶|【】]\s*|\s+[-–—*]\s+(?=[^\W\d_]+:\s)"
)
_BLOCK_END = re.compile(r"<(?:br|/p|/li|/div|/h\d)\b[^<>]{0,80}>")
_STRETCH_END = re.compile(r"[;:]\s+|\s+[–—-]\s+|\s*[()]\s*|(?<=[；：])")
_COMMA = re.compile(r",\s+|(?<=[，、])")
_UNQUOTABLE = re.compile(r"https?:|www\.|[<>{}@#^~_=\\$€£¥₹]|\*{2}|\d{6}")
_EPHEMERAL = frozenset(("discount", "price", "rating"))
# "Material: 100% Baumwolle": a row of a table of properties.
_ROW = re.compile(r"(?P<name>[^\W\d_][^.:!?,]{1,28}?)\s?:\s+(?P<value>\S.*)")
_TELLING_ROWS = frozenset(
    """
    material materials fabric composition stoff obermaterial matière matières composition tissu
    composición tejido materiale materiali composizione tessuto materiaal stof materiał skład
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_NOTHING = " -–—_.,;:|/*·"
_DIRECTION_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])


@dataclass(frozen=True)
class Said:
    """Something that the page says."""

    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words, case folded."""
        return frozenset(word.casefold() for word in _WORD.findall(self.text))

    @cached_property
    def bare(self) -> str:
        """Its `bare_case`."""
        return bare_case(self.text)

    def score(self, angle: Angle, brand: str) -> int:
        """How much it is about `angle`, 0 when nothing tells."""
        if angle == "benefit":
            return 2 * len(self.words & BENEFIT_CUES)
        if angle == "occasion":
            return 2 * len(self.words & OCCASION_CUES)
        if angle == "feature":
            return 2 * len(_DIGITS.findall(self.text))
        if angle == "brand":
            return 2 * int(bool(brand) and brand.casefold() in self.text.casefold())
        return 0


@dataclass(frozen=True)
class Sentence(Said):
    """A sentence that can be shown as it is; `is_row` where it is a property and its value."""

    is_row: bool = False

    @cached_property
    def limiting(self) -> bool:
        """Whether it says what a product is not, or only is."""
        return bool(LIMITING & self.words) or DENIAL.search(self.text.casefold()) is not None

    @cached_property
    def denies(self) -> bool:
        """Whether it begins with what the product is not."""
        first = _WORD.match(self.text)
        return first is not None and first[0].casefold() in LIMITING


@dataclass(frozen=True)
class Phrase(Said):
    """Something that is short enough for a headline, and the sentence it is from.

    `rank` is 0 for a whole sentence and grows with how much a phrase was torn from its neighbours.
    """

    sentence: str
    rank: int


def tidy(text: str | None) -> str:
    """`text` on one line: NFC, no markup, no control or text-direction characters.

    Empty where there is nothing but punctuation.
    """
    normal = unicodedata.normalize("NFC", text or "").translate(_DIRECTION_MARKS)
    if "&" in normal or "<" in normal:
        bare = remove_tags(replace_entities(normal, remove_illegal=True))
        normal = bare if bare.strip() else normal
    if not normal.isprintable():
        normal = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
                         for sign in normal if unicodedata.category(sign) != "Cs")  # fmt: skip
    folded = " ".join(normal.split())
    return folded if folded.strip(_NOTHING) else ""


def sentences_of(description: str | None, language: str = "en") -> tuple[Sentence, ...]:
    """The sentences of a description that can be shown as they are, in order, none twice.

    What a shop says of its delivery, its page or its prices of the day is left out. Sentences in
    capitals are put in lower case, but in German, whose nouns would suffer; shorter ones are labels
    and are left out.
    """
    text = re.sub(
        r"<(?:br|/p|/li|/div|/h\d)\b[^<>]{0,80}>", "\n", (description or "")[:_LONGEST_TEXT]
    )
    found: dict[str, Sentence] = {}
    for raw in _SENTENCE_END.split(text):
        sentence = tidy(raw).strip(" -–—*,;:·•\"'")
        if is_shouted(sentence) and sentence.count(" ") >= _LEAST_SHOUTED and language != "de":
            sentence = quiet_sentence(sentence)
        shown = Sentence(capitalised(sentence), _ROW.fullmatch(sentence) is not None)
        if _is_quotable(shown):
            found.setdefault(shown.text.casefold(), shown)
        if len(found) == _MOST_SENTENCES:
            break
    return tuple(found.values())


def _is_quotable(sentence: Sentence) -> bool:
    """Whether a sentence may be shown: long enough, of the product, and true for longer."""
    text = sentence.text
    if len(text) < _SHORTEST_HEADLINE or not sentence.words or is_shouted(text):
        return False
    if text.endswith(("?", "？", "؟")) or _UNQUOTABLE.search(text):
        return False
    of_the_shop = (
        BOILERPLATE & sentence.words
        or any(word.startswith(BOILERPLATE_STEMS) for word in sentence.words)
        or BOILERPLATE_PHRASES.search(text.casefold())
    )
    return not of_the_shop and not any(
        one.kind in _EPHEMERAL for one in claims_in(fold(text), "", None)
    )


def phrases_of(sentences: tuple[Sentence, ...], clauses: bool = True) -> tuple[Phrase, ...]:
    """What of `sentences` fits a headline without being cut, in order.

    Nothing is taken from a sentence in which a word narrows or denies: without its neighbours it
    might say something else. Without `clauses`, for a language in which these words are not known,
    sentences are taken whole only.
    """
    found: dict[str, Phrase] = {}
    for sentence in sentences:
        for phrase in _phrases_in(sentence, clauses):
            found.setdefault(phrase.text.casefold(), phrase)
    return tuple(found.values())


def _phrases_in(sentence: Sentence, clauses: bool) -> list[Phrase]:
    if sentence.limiting:
        return []
    if sentence.is_row:
        row = _ROW.fullmatch(sentence.text)
        if row is None or row["name"].casefold() not in _TELLING_ROWS:
            return []
        value = _bare(row["value"])
        return [Phrase(capitalised(value), sentence.text, 2)] if can_stand_alone(value) else []
    whole = sentence.text.rstrip(".!。 ")
    if len(whole) <= HEADLINE_LENGTH:
        return [Phrase(whole, sentence.text, 0)] if can_stand_alone(whole, whole=True) else []
    if not clauses:
        return []
    found = []
    for place, clause in enumerate(_clauses(sentence.text)):
        if can_stand_alone(clause):
            found.append(Phrase(capitalised(clause), sentence.text, 1 + min(place, 1)))
    return found


def _clauses(sentence: str) -> list[str]:
    """The clauses of a sentence that say something whole.

    Commas part clauses, and also the items of a list and the adjectives of a noun, which say
    nothing whole: those parts are told by an "and" in the last of them, and by their shortness.
    """
    whole: list[str] = []
    for stretch in _STRETCH_END.split(sentence):
        parts = [part for part in (_bare(part) for part in _COMMA.split(stretch)) if part]
        if len(parts) < 2:
            whole += parts
            continue
        first_word, _, rest = parts[-1].partition(" ")
        joined = first_word.casefold() in AND
        inner = rest if joined else parts[-1]
        is_list = any(word.casefold() in AND for word in inner.split()) or (
            joined and len(parts) > 2
        )
        if is_list or any(part.count(" ") < 2 for part in (*parts[:-1], inner)):
            continue
        whole += [*parts[:-1], inner]
    return whole


def is_limiting(sentence: str) -> bool:
    """Whether a sentence says what a product is not, or only is."""
    return Sentence(sentence).limiting


def repeats(text: str, headline: str) -> bool:
    """Whether `headline` is `text`, or a good part of it."""
    said, quoted = bare_case(text), bare_case(headline)
    return quoted in said and 2 * len(quoted) > len(said)


def bare_case(text: str) -> str:
    """`text` case folded and without its full stop, in which quotations are looked for."""
    return text.casefold().rstrip(".!… ")


def as_subtitle(sentence: str) -> str:
    """A sentence at most 90 characters long; one that had to be cut ends in an ellipsis."""
    if len(sentence) <= SUBTITLE_LENGTH:
        return sentence
    cut = cut_at_a_word(sentence, SUBTITLE_LENGTH - 1)
    return cut if cut.endswith("…") else f"{cut}…"


def can_stand_alone(text: str, whole: bool = False) -> bool:
    """Whether `text` reads like a headline: of a fit length, and no torn end or beginning.

    A `whole` sentence may begin as it likes.
    """
    if not _SHORTEST_HEADLINE <= len(text) <= HEADLINE_LENGTH:
        return False
    words = _WORD.findall(text)
    if not words or (len(words) < 2 and text.isascii() and "%" not in text):
        return False
    first, last = words[0].casefold(), words[-1].casefold()
    closed = text[-1].isalnum() or text[-1] in "%°”»!)"
    letters = sum(len(word) for word in words)
    return (
        closed
        and (whole or first not in BEGINS_NOTHING)
        and not (text.endswith(words[-1]) and last in ENDS_NOTHING | CONNECTING)
        and 2 * letters >= len(text) - text.count(" ")
        and text.count("(") == text.count(")")
    )


def _bare(text: str) -> str:
    return text.strip(" .!?。，、；：:-–—\"'“”„«»")


def capitalised(text: str) -> str:
    """`text` with a capital at its beginning, but for names such as "iPhone"."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]
