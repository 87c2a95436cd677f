"""Copy brought back to what the product's page says."""

import re
from collections.abc import Iterable
from typing import Any

from catalog.product import ScrapedProduct
from creative.copywriting.headlines import MOST_ALTERNATIVES
from creative.copywriting.phrases import is_limiting, repeats
from creative.copywriting.wording import WORDINGS
from creative.copywriting.words import is_in_stock
from creative.facts import Claim, is_price_of, unsupported_claims
from creative.prefill import (
    BadgeWidget,
    PrefillDraft,
    PriceTagWidget,
    RatingWidget,
    Widget,
    Words,
    cut_at_a_word,
    headline_key,
)

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_CLAUSE_END = re.compile(r"\s[–—-]\s|[;:,]\s|(?<=[、，。！？])")
_LEAST_CLAUSE = 12
_STOCK_REMARKS = frozenset(one.in_stock.casefold() for one in WORDINGS.values())


def review(draft: PrefillDraft, product: ScrapedProduct, fallback: PrefillDraft) -> PrefillDraft:
    """`draft` without what the product's page does not say; each change is told in `corrections`.

    A subtitle loses the sentence or the clause that makes the claim where what is left stands on
    its own. A headline gives way to the first alternative that claims nothing. `fallback` is a
    draft for the same brief that claims nothing, such as the embedded generator's: its words stand
    in where nothing of the draft's own is left, and follow the draft's own alternatives. Reviewed
    once more, a draft stays as it is.
    """
    told: list[str] = []
    own = [one for one in draft.alternatives if not _claims(one, product)]
    others = [*own, Words(headline=fallback.headline, subtitle=fallback.subtitle)]
    others += fallback.alternatives
    words = _words(draft, product, others, told)
    changed: dict[str, Any] = {
        "headline": words.headline,
        "subtitle": words.subtitle,
        "alternatives": _distinct(words.headline, others),
    }
    if claims := unsupported_claims(draft.cta.text, product):
        changed["cta"] = draft.cta.model_copy(update={"text": fallback.cta.text})
        told.append(_replaced("cta.text", claims, fallback.cta.text))
    if claims := unsupported_claims(draft.visual_vibe, product):
        changed["visual_vibe"] = fallback.visual_vibe
        told.append(_replaced("visual_vibe", claims, fallback.visual_vibe))
    if draft.price is not None and not is_price_of(draft.price, product):
        changed["price"] = fallback.price
        instead = f"replaced by “{fallback.price}”" if fallback.price else "left out"
        told.append(f"price: “{draft.price}” {_NOT_THE_PRICE}; it was {instead}.")
    kept = tuple(widget for widget in draft.widgets if _is_true(widget, product, told))
    return draft.model_copy(
        update=changed | {"widgets": kept, "corrections": (*draft.corrections, *told)}
    )


def _words(
    draft: PrefillDraft, product: ScrapedProduct, others: list[Words], told: list[str]
) -> Words:
    """Headline and subtitle, each corrected where it has to be."""
    headline, subtitle = draft.headline, draft.subtitle
    stand_in = others[0]
    if claims := unsupported_claims(headline, product):
        headline = stand_in.headline
        told.append(_replaced("headline", claims, headline))
    if claims := unsupported_claims(subtitle, product):
        rest = _without_claims(subtitle, product)
        if rest and not repeats(rest, headline):
            told.append(f"subtitle: {_not_said(claims)}; it was cut to “{rest}”.")
            subtitle = rest
        else:
            subtitle = next(one.subtitle for one in others if not repeats(one.subtitle, headline))
            told.append(_replaced("subtitle", claims, subtitle))
    elif headline != draft.headline and repeats(subtitle, headline):
        subtitle = stand_in.subtitle
    return Words(headline=headline, subtitle=subtitle)


def _without_claims(text: str, product: ScrapedProduct) -> str | None:
    """What of `text` stands on its own without its claims; None where nothing does."""
    sentences = _SENTENCE_END.split(text)
    kept = [one for one in sentences if not unsupported_claims(one, product)]
    dropped = [one for one in sentences if one not in kept]
    if not kept:
        kept, dropped = _leading_clauses(text, product)
    rest = cut_at_a_word(" ".join(kept), len(text))
    # What narrows the rest must not be taken from it: "Waterproof, but not at most depths".
    if len(rest) < _LEAST_CLAUSE or any(is_limiting(one) for one in dropped):
        return None
    return None if unsupported_claims(rest, product) else rest


def _leading_clauses(text: str, product: ScrapedProduct) -> tuple[list[str], list[str]]:
    for end in reversed(list(_CLAUSE_END.finditer(text))):
        beginning = text[: end.start()]
        if not unsupported_claims(beginning, product):
            close = text[-1] if text[-1] in ".!" else ""
            words = cut_at_a_word(f"{beginning} …", len(beginning))
            return [words + close], [text[end.end() :]]
    return [], [text]


def _claims(words: Words, product: ScrapedProduct) -> tuple[Claim, ...]:
    return (
        *unsupported_claims(words.headline, product),
        *unsupported_claims(words.subtitle, product),
    )


def _distinct(headline: str, words: Iterable[Words]) -> tuple[Words, ...]:
    found: dict[str, Words] = {}
    for one in words:
        found.setdefault(headline_key(one.headline), one)
    found.pop(headline_key(headline), None)
    return tuple(found.values())[:MOST_ALTERNATIVES]


def _is_true(widget: Widget, product: ScrapedProduct, told: list[str]) -> bool:
    """Whether the page says what a widget says; one that is not true is told of."""
    wrong: str | None = None
    if isinstance(widget, PriceTagWidget) and not is_price_of(widget.text, product):
        wrong = f"price_tag: “{widget.text}” {_NOT_THE_PRICE}"
    elif isinstance(widget, RatingWidget):
        texts = [
            f"{widget.value:g}/{widget.best:g}",
            *([str(widget.count)] if widget.count else []),
        ]
        claims = [claim for text in texts for claim in unsupported_claims(text, product)]
        wrong = f"rating: {_not_said(claims)}" if claims else None
    elif isinstance(widget, (BadgeWidget, PriceTagWidget)):
        claims = list(unsupported_claims(widget.text, product))
        out_of_stock = widget.text.casefold() in _STOCK_REMARKS and not is_in_stock(
            product.availability
        )
        if claims or out_of_stock:
            said = _not_said(claims) if claims else f"“{widget.text}” {_NOT_SAID}"
            wrong = f"{widget.type}: {said}"
    if wrong:
        told.append(f"{wrong}; the widget was left out.")
    return wrong is None


_NOT_THE_PRICE = "is not the price on the product's page"
_NOT_SAID = "is not said by the product's page"


def _not_said(claims: Iterable[Claim]) -> str:
    texts = [f"“{claim.text}”" for claim in claims]
    if len(texts) == 1:
        return f"{texts[0]} {_NOT_SAID}"
    return f"{', '.join(texts[:-1])} and {texts[-1]} are not said by the product's page"


def _replaced(field: str, claims: Iterable[Claim], instead: str) -> str:
    return f"{field}: {_not_said(claims)}; it was replaced by “{instead}”."
