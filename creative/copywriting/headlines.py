"""Headlines for a product: those of ten positions, and every other usable one."""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import chain
from itertools import product as pairs
from threading import Lock

from cachetools import LRUCache, cached

from catalog.product import ScrapedProduct
from creative.brief import ANGLES, Angle
from creative.copywriting.phrases import (
    Phrase,
    Sentence,
    can_stand_alone,
    capitalised,
    phrases_of,
    sentences_of,
    tidy,
)
from creative.copywriting.subtitles import Subtitles
from creative.copywriting.titles import heads_of, parts_of, quiet_title, short_title, without_brand
from creative.copywriting.wording import WORDINGS, Wording
from creative.facts import unsupported_claims
from creative.prefill import HEADLINE_LENGTH, Words, headline_key

POSITIONS = 10
MOST_ALTERNATIVES = 60
_LEAST_HEAD = 3
_ARTICLE = re.compile(r"^(the|a|an|my|your|our|this)\s+", re.I)


@dataclass(frozen=True)
class Headline:
    """A headline, its `headline_key`, and the sentence that it quotes."""

    text: str
    key: str
    sentence: str = ""


@dataclass(frozen=True)
class Material:
    """What the copy of one product is made of: the page's own words, and the stock of words.

    `names` are what the product may be called, `makers` and `costs` the headlines on its maker and
    its price, `titled` those with its name, and `stock` what remains when all else is used.
    """

    product: ScrapedProduct
    title: str
    brand: str
    price: str | None
    wording: Wording
    sentences: tuple[Sentence, ...]
    phrases: tuple[tuple[Phrase, Headline], ...]
    names: tuple[Headline, ...]
    makers: tuple[Headline, ...]
    costs: tuple[Headline, ...]
    titled: tuple[Headline, ...]
    stock: tuple[Headline, ...]


def _key(product: ScrapedProduct, wording: Wording, locale: str, price: str | None) -> Hashable:
    return (
        product.title, product.description, product.brand, product.category, product.price,
        product.currency, product.availability, product.locale, locale, price,
    )  # fmt: skip


# The positions of a batch follow each other, and share it.
@cached(LRUCache(maxsize=64), key=_key, lock=Lock())
def material_of(
    product: ScrapedProduct, wording: Wording, locale: str, price: str | None
) -> Material:
    """The page's words, cleaned, taken apart and checked; `price` is as shown."""
    brand = tidy(product.brand)
    title = quiet_title(tidy(product.title), brand) or brand
    language = locale.partition("-")[0]
    sentences = sentences_of(product.description, language)
    phrases = phrases_of(sentences, clauses=language in WORDINGS)
    plain = [wording.act.format(act=act, manner=manner)
             for act, manner in pairs(wording.acts, wording.manners)]  # fmt: skip

    def usable(texts: Iterable[str]) -> tuple[Headline, ...]:
        return tuple(_headline(text) for text in texts if _is_usable(text, product))

    return Material(
        product, title, brand, price, wording, sentences,
        phrases=tuple(
            (phrase, _headline(phrase.text, phrase.sentence))
            for phrase in phrases
            if _is_usable(phrase.text, product)
        ),
        names=usable(_names_of(title, brand, wording)),
        makers=usable(pattern.format(brand) for pattern in wording.makers if brand),
        costs=usable(pattern.format(price) for pattern in wording.costs if price),
        titled=usable(_filled(pattern, title, brand) for pattern in wording.titled),
        stock=tuple(
            _headline(one) for one in (*wording.neutral, *plain) if len(one) <= HEADLINE_LENGTH
        ),
    )  # fmt: skip


def words_for(material: Material, position: int) -> tuple[Words, ...]:
    """The words of one position, then its alternatives, best first.

    All headlines differ by `headline_key`, and so do the first ones of ten positions. There are at
    least 40 and at most 61, and none claims what the page does not say.
    """
    subtitles = Subtitles(
        material.product, material.title, material.brand, material.price,
        material.wording, material.sentences,
    )  # fmt: skip
    plan = _plan(material, subtitles)
    own, subtitle = plan[position % POSITIONS]
    elsewhere = {headline.key for headline, _ in plan}
    angle = ANGLES[position % len(ANGLES)]
    page = (*_of_the_page(material, angle, first=False), *material.names)
    # What other positions begin with comes after what none does, and before the stock.
    ordered = sorted(page, key=lambda one: one.key in elsewhere)
    distinct: dict[str, Headline] = {}
    makers, costs = material.makers, material.costs
    rest = (*makers[:1], *costs[:1], *material.titled, *makers, *costs, *material.stock)
    for one in (*ordered, *rest):
        distinct.setdefault(one.key, one)
    distinct.pop(own.key, None)
    return Words(headline=own.text, subtitle=subtitle), *(
        Words(headline=one.text, subtitle=subtitles.next_for(one.text, angle))
        for one in list(distinct.values())[:MOST_ALTERNATIVES]
    )


def _plan(material: Material, subtitles: Subtitles) -> list[tuple[Headline, str]]:
    """Headline and subtitle of every position."""
    taken: set[str] = set()
    plan = []
    for position in range(POSITIONS):
        angle = ANGLES[position % len(ANGLES)]
        page = _of_the_page(material, angle, first=position < len(ANGLES))
        more = {"brand": material.makers, "price": material.costs}.get(angle, ())
        candidates = chain(page, material.names, more, material.titled, material.stock)
        chosen = next(one for one in candidates if one.key not in taken)
        taken.add(chosen.key)
        subtitles.quoted(chosen.sentence)
        plan.append((chosen, subtitles.next_for(chosen.text, angle)))
    return plan


def _of_the_page(material: Material, angle: Angle, first: bool) -> list[Headline]:
    """What the page says, in the order that suits an angle."""
    scored = [
        (phrase.score(angle, material.brand), phrase.rank, headline)
        for phrase, headline in material.phrases
    ]
    scored.sort(key=lambda one: (-one[0], one[1]))
    telling = [headline for score, _, headline in scored if score]
    others = [headline for score, _, headline in scored if not score]
    if angle == "price":
        return [*material.costs[:1], *telling, *others]
    if angle == "brand":
        return [*material.makers[:1], *telling, *others]
    if first and angle == "benefit":
        # A title that has to be cut says less than a phrase of the page.
        whole = [one for one in material.names[:1] if one.text == material.title]
        return [*telling, *whole, *others]
    return [*telling, *others]


def _headline(text: str, sentence: str = "") -> Headline:
    return Headline(text, headline_key(text), sentence)


def _is_usable(text: str, product: ScrapedProduct) -> bool:
    return bool(text) and len(text) <= HEADLINE_LENGTH and not unsupported_claims(text, product)


def _names_of(title: str, brand: str, wording: Wording) -> list[str]:
    """What the product may be called in a headline: its title's head, and parts of it."""
    head = short_title(title, HEADLINE_LENGTH)
    bare = short_title(without_brand(title, brand), HEADLINE_LENGTH)
    parts = [capitalised(part) for part in parts_of(title)[1:] if can_stand_alone(part)]
    return [head, bare, _filled(wording.meet, title, brand), *parts]


def _filled(pattern: str, title: str, brand: str) -> str:
    """A pattern with the fullest of the title's heads that fits whole; empty where none does."""
    bare = without_brand(title, brand)
    if "he {" in pattern:
        bare = _ARTICLE.sub("", bare)
    room = HEADLINE_LENGTH - len(pattern) + 2
    shown = short_title(bare, HEADLINE_LENGTH)
    for head in (*heads_of(bare), *([] if shown.endswith("…") else [shown])):
        if _LEAST_HEAD <= len(head) <= room and pattern:
            return pattern.format(head)
    return ""
