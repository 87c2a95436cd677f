"""Why a background or a prefill could not be made."""

from datetime import datetime


class GenerationError(Exception):
    """A generation failed; the message is a sentence for a person."""

    may_pass = False


class GeneratorOverloaded(GenerationError):
    """The model is busy or broken for the moment; a later try may succeed.

    `retry_after` is how long it asked to be left alone, in seconds, if it did.
    """

    may_pass = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class GeneratorRateLimited(GeneratorOverloaded):
    """The account's quota for the minute is used up."""


class GeneratorTimedOut(GeneratorOverloaded):
    """The model did not answer in time."""


class GeneratorUnreachable(GeneratorOverloaded):
    """No connection to the model could be made or kept."""


class GeneratorAskedToWait(GenerationError):
    """The model asks to be left alone for longer than a run waits; `retry_at` is when it may help.

    The message says it in words.
    """

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        self.retry_at = retry_at
        super().__init__(message)


class GeneratorQuotaExhausted(GeneratorAskedToWait):
    """The account's quota for the day is used up, or it has none for this model."""


class GeneratorRefused(GenerationError):
    """The model will not make this one, or the account may not ask it; trying again is no use."""


class GeneratorBlocked(GeneratorRefused):
    """The model's rules on content forbid this one; `category` is the rule, by the model's name."""

    def __init__(self, message: str, category: str = "") -> None:
        self.category = category
        super().__init__(message)


class GeneratorAnsweredBadly(GenerationError):
    """The model answered with something that is not what was asked for."""

    may_pass = True


class GeneratorMadeNothing(GeneratorAnsweredBadly):
    """The answer is empty, has no usable picture, or cannot be read at all."""


class GeneratorClaimedTooMuch(GeneratorAnsweredBadly):
    """The words say something of the product that its data does not say."""


class HeadlinesUsedUp(GenerationError):
    """Every headline that a preview could have is taken in its batch; trying again is no use."""
