"""Why a background or a prefill could not be made."""


class GenerationError(Exception):
    """A generation failed; the message is a sentence for a person."""

    may_pass = False


class GeneratorOverloaded(GenerationError):
    """The model is busy or over its quota for the minute; a later try may succeed."""

    may_pass = True


class GeneratorRefused(GenerationError):
    """The model will not make this one, or the account may not ask it; trying again is no use."""


class GeneratorAnsweredBadly(GenerationError):
    """The model answered with something that is not what was asked for."""

    may_pass = True


class HeadlinesUsedUp(GenerationError):
    """Every headline that a preview could have is taken in its batch; trying again is no use."""

    may_pass = False
