"""The calls of models that a preview takes: each allowed before it is made, and recorded after."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True)
class ModelCall:
    """One call of a model, and what it took.

    `seconds` are those until its answer; `tokens_in` and `tokens_out` are the model's own counts,
    those of its thinking among `tokens_out`; `cost` is in US dollars, by the prices in the
    settings; `failure` is the class of the error that it ended with, None when its answer could
    be used.
    """

    model: str
    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Decimal(0)
    failure: str | None = None


class Calls(Protocol):
    """Who a generator asks before each call of a model, and tells after it."""

    def allow(self) -> None:
        """Return once one more call may be made; raises where none may."""
        ...

    def record(self, call: ModelCall) -> None:
        """Keep what a call took."""
        ...


@dataclass
class CallLog:
    """Allows every call, and keeps them in `made`, oldest first."""

    made: list[ModelCall] = field(default_factory=list)

    def allow(self) -> None:
        """Return at once."""

    def record(self, call: ModelCall) -> None:
        """Keep what a call took."""
        self.made.append(call)
