"""What a headline leaves open: the product's name where it is missing, and a sentence."""

from collections import Counter
from collections.abc import Sequence

from catalog.product import ScrapedProduct
from creative.brief import Angle
from creative.facts import unsupported_claims
from creative.phrases import Sentence, as_subtitle, repeats
from creative.prefill import SUBTITLE_LENGTH, cut_at_a_word
from creative.titles import names, short_title
from creative.wording import Wording

_NAME_LENGTH = 36
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
        self._name = short_title(title, _NAME_LENGTH)
        self._plain = 0
        self._named = {one.text: names(one.text, title) for one in sentences}
        self._spent: Counter[str] = Counter()
        self._ranks: dict[Angle, dict[str, int]] = {}
        self._said: dict[str, bool] = {}

    def quoted(self, sentence: str) -> None:
        """Count a sentence as used, for a headline has quoted it."""
        self._spent[sentence] += 1

    def next_for(self, headline: str, angle: Angle) -> str:
        """A subtitle that does not repeat `headline`, of at most 90 characters."""
        named = names(headline, self._title)
        turns = [one for one in self._in_turn(angle) if not repeats(one.text, headline)]
        # One that merely holds the headline's words is better than none.
        turns.sort(key=lambda one: headline.casefold() in one.text.casefold())
        for one in turns:
            text = one.text if named or self._named[one.text] else f"{self._name} – {one.text}"
            if len(text) <= SUBTITLE_LENGTH and self._is_said(text):
                self._spent[one.text] += 1
                return text
        if named and turns:
            self._spent[turns[0].text] += 1
            return as_subtitle(turns[0].text)
        return self._without_a_sentence(headline, named)

    def _in_turn(self, angle: Angle) -> list[Sentence]:
        """The sentences, those first that were used least and tell most."""
        if angle not in self._ranks:
            ordered = sorted(self._sentences, key=lambda one: self._rank(one, angle))
            self._ranks[angle] = {
                one.text: place + _BEHIND * (one.limiting + 3 * one.denies)
                for place, one in enumerate(ordered)
            }
        ranks, spent = self._ranks[angle], self._spent
        return sorted(self._sentences, key=lambda one: ranks[one.text] + _BEHIND * spent[one.text])

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
        if text not in self._said:
            self._said[text] = not unsupported_claims(text, self._product)
        return self._said[text]
