"""Which price to believe, where markup and page say different things."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.reading.candidate import Candidate
from catalog.reading.prices import currency_of, read_marked_up
from catalog.reading.visible_prices import NAMED_FORMER, ShownPrice
from catalog.vocabulary import SIGNS, availability

_TRUST = {"json-ld": 3.0, "microdata": 3.0, "rdfa": 2.8, "opengraph": 2.2, "html": 1.8}
_SHOWN_ALONE = 1.2
_SHOWN_BESIDE_MARKUP = 2.0
_SHOWN_THOUGH_SOLD_OUT = 2.6
_VISIBLE = 0.0
_MOST_FORMER = 50


@dataclass(frozen=True)
class ChosenPrice:
    """An amount in units of its currency (ISO 4217), and what it was read from."""

    amount: Decimal
    currency: str | None
    read_from: str


@dataclass(frozen=True)
class _Option:
    amount: Decimal
    sign: str | None
    currency: str | None
    read_from: str
    weight: float


def choose_price(
    candidates: Sequence[Candidate], shown: Sequence[ShownPrice], likely: tuple[str, ...]
) -> ChosenPrice | None:
    """The price that one pays now, or None where nothing says it.

    A price of the markup that the page shows too is believed most; one that the page shows only
    as a former price hardly; a prominent price of the page outweighs one that only markup has.

    Args:
        candidates: what the markup says, the most reliable first.
        shown: the amounts of the page, best first.
        likely: the currencies of the page's country, best first.
    """
    options = [*_stated(candidates, shown, likely)]
    options += _only_shown(shown, {option.amount for option in options}, candidates)
    if not options:
        return None
    best = max(options, key=lambda option: option.weight)
    return ChosenPrice(best.amount, _currency(best, options, shown, likely), best.read_from)


def _stated(
    candidates: Sequence[Candidate], shown: Sequence[ShownPrice], likely: tuple[str, ...]
) -> Iterable[_Option]:
    former = {
        money.amount
        for candidate in candidates
        for written in candidate.list_prices[:_MOST_FORMER]
        for money in read_marked_up(written, _meant(candidate, likely))
    }
    for candidate in candidates:
        meant = _meant(candidate, likely)
        for order, written in enumerate(candidate.prices[:12]):
            for meaning, money in enumerate(read_marked_up(written, meant)):
                weight = _TRUST[candidate.read_from] - 0.25 * min(order, 4) - 0.6 * meaning
                seen = [price for price in shown if price.amount == money.amount]
                weight += max((_support(price) for price in seen), default=0.0)
                if money.amount in former:
                    weight -= 3.0
                yield _Option(
                    money.amount, money.sign, candidate.currency, candidate.read_from, weight
                )


def _meant(candidate: Candidate, likely: tuple[str, ...]) -> tuple[str, ...]:
    """The currencies that a candidate's prices may be in, its own first."""
    own = currency_of(candidate.currency, likely)
    return (own, *likely) if own else likely


def _support(price: ShownPrice) -> float:
    if price.is_former or price.is_named_former:
        return -2.5
    if price.is_other:
        return -1.5
    return min(price.score, 4.0) if price.score > _VISIBLE else 0.0


def _only_shown(
    shown: Sequence[ShownPrice], stated: set[Decimal], candidates: Sequence[Candidate]
) -> Iterable[_Option]:
    described = any(candidate.read_from not in ("opengraph", "html") for candidate in candidates)
    least = _SHOWN_BESIDE_MARKUP if described and not stated else _SHOWN_ALONE
    if not stated and any(_is_unavailable(candidate) for candidate in candidates):
        least = _SHOWN_THOUGH_SOLD_OUT
    if not stated and not any(price.counts and price.score >= least for price in shown):
        # A class such as `price-old` means little where no other price is the one that counts.
        shown = [
            replace(price, score=price.score + NAMED_FORMER, is_named_former=False)
            if price.is_named_former
            else price
            for price in shown
        ]
    for price in shown[:20]:
        if price.amount not in stated and price.counts and price.score >= least:
            yield _Option(price.amount, price.sign, None, "html", price.score - 0.5)


def _is_unavailable(candidate: Candidate) -> bool:
    return availability(candidate.availability) in ("out_of_stock", "discontinued")


def _currency(
    chosen: _Option,
    options: Sequence[_Option],
    shown: Sequence[ShownPrice],
    likely: tuple[str, ...],
) -> str | None:
    stated = currency_of(chosen.currency) or next(
        (code for option in options if (code := currency_of(option.currency))), None
    )
    signs = [chosen.sign, *(price.sign for price in shown if price.amount == chosen.amount)]
    sign = next((sign for sign in signs if sign), None)
    if stated and (sign is None or _agrees(sign, stated)):
        return stated
    return currency_of(sign, likely) or stated or next(iter(likely), None)


def _agrees(sign: str, code: str) -> bool:
    return sign.upper() == code or sign not in SIGNS or code in SIGNS[sign]
