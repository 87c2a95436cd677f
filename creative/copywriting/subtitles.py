"""What a headline leaves open: the product's name where it is missing, and a sentence."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Sequence

from catalog.product import ScrapedProduct
from creative.brief import Angle
from creative.copywriting.phrases import Sentence, as_subtitle, bare_case, repeats
from creative.copywriting.titles import heads_of, names, short_title
from creative.copywriting.wording import Wording
from creative.facts import unsupported_claims
from creative.prefill import SUBTITLE_LENGTH, cut_at_a_word

_NAME_LENGTH = 30
_LONGEST_NAME = 36
_LEAST_WORDS = 3
_BEHIND = 1000


class Subtitles:
    """The subtitles of one product, whose page's sentences take turns.

    `title` and `brand` are tidy, `price` is as shown.
    """

    def __init__(
        self, product: ScrapedProduct, title: str, brand: str, price: str | None,
        wording: Wording, sentences: Sequence[Sentence],
    ) -> None:  # fmt: skip
        self._product, self._sentences, self._wording = product, sentences, wording
        self._title, self._brand, self._price = title, brand, price
        heads = [head for head in heads_of(title) if len(head) <= _LONGEST_NAME]
        self._name = min(heads, key=lambda head: len(head) > _NAME_LENGTH, default="")
        self._name = self._name or short_title(title, _NAME_LENGTH)
        self._plain = 0
        self._named = {one.text: names(one.text, title) for one in sentences}
        self._spent: Counter[str] = Counter()
        self._ranks: dict[Angle, dict[str, int]] = {}
        self._turns: tuple[Angle | None, list[Sentence]] = (None, [])
        self._texts: dict[tuple[str, bool], str] = {}

    def quoted(self, sentence: str) -> None:
        """Count a sentence as used, for a headline has quoted it."""
        self._spent[sentence] += 1
        self._turns = None, []

    def next_for(self, headline: str, angle: Angle) -> str:
        """A subtitle that does not repeat `headline`, of at most 90 characters."""
        named = names(headline, self._title)
        bare = bare_case(headline)
        second_best: tuple[str, Sentence] | None = None
        for one in self._in_turn(angle):
            text = self._shown(one, named or self._named[one.text])
            holds = bare in one.bare
            if not text or (holds and 2 * len(bare) > len(one.bare)):
                continue
            if not holds and text[-1] != "…":
                return self._spend(text, one)
            second_best = second_best or (text, one)
        if second_best:
            return self._spend(*second_best)
        return self._without_a_sentence(headline, named)

    def _shown(self, sentence: Sentence, named: bool) -> str:
        """A sentence, after the product's name unless it is named; empty where it does not fit."""
        if (sentence.text, named) not in self._texts:
            text = as_subtitle(sentence.text) if named else f"{self._name} – {sentence.text}"
            fits = len(text) <= SUBTITLE_LENGTH and self._is_said(text)
            self._texts[sentence.text, named] = text if fits else ""
        return self._texts[sentence.text, named]

    def _spend(self, text: str, sentence: Sentence) -> str:
        self._spent[sentence.text] += 1
        angle, order = self._turns
        if angle is not None:
            order.remove(sentence)
            insort(order, sentence, key=self._turn_in(angle))
        return text

    def _in_turn(self, angle: Angle) -> list[Sentence]:
        """The sentences, those first that were used least and tell most."""
        if angle not in self._ranks:
            ordered = sorted(self._sentences, key=lambda one: self._rank(one, angle))
            self._ranks[angle] = {
                one.text: place + _BEHIND * (one.limiting + 3 * one.denies)
                for place, one in enumerate(ordered)
            }
        if self._turns[0] != angle:
            self._turns = angle, sorted(self._sentences, key=self._turn_in(angle))
        return self._turns[1]

    def _turn_in(self, angle: Angle) -> Callable[[Sentence], int]:
        ranks, spent = self._ranks[angle], self._spent
        return lambda one: ranks[one.text] + _BEHIND * spent[one.text]

    def _rank(self, sentence: Sentence, angle: Angle) -> tuple[bool, bool, int, bool]:
        telling = sentence.score(angle, self._brand)
        is_label = len(sentence.words) < _LEAST_WORDS
        return is_label, sentence.is_row, -telling, len(sentence.text) > SUBTITLE_LENGTH

    def _without_a_sentence(self, headline: str, named: bool) -> str:
        """The title where it is missing, maker and price, or a stock phrase."""
        title = "" if named else cut_at_a_word(self._title, SUBTITLE_LENGTH)
        facts = " · ".join(part for part in (self._brand, self._price) if part)
        self._plain += 1
        neutral = self._wording.neutral
        turned = neutral[self._plain % len(neutral) :] + neutral
        return next(
            text
            for text in (title, facts, *turned)
            if 0 < len(text) <= SUBTITLE_LENGTH
            and not repeats(text, headline)
            and text.casefold() not in headline.casefold()
            and self._is_said(text)
        )

    def _is_said(self, text: str) -> bool:
        return not unsupported_claims(text, self._product)
