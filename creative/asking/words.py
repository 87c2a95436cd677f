"""From the JSON that Gemini wrote to a prefill that keeps the rules."""

import re

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from creative.asking.exchange import Answer
from creative.colors import MINIMUM_CONTRAST, contrast, readable_ink
from creative.copywriting.phrases import tidy
from creative.errors import GeneratorAnsweredBadly, GeneratorMadeNothing
from creative.prefill import (
    CTA_LENGTH,
    HEADLINE_LENGTH,
    SUBTITLE_LENGTH,
    Colors,
    GeneratedBy,
    PrefillDraft,
    Words,
    cut_at_a_word,
)

_VIBE_LENGTH = 80
_MOST_ALTERNATIVES = 3
_MOST_PROBLEMS = 4
_COLOR = re.compile(r"#[0-9A-F]{6}")


class _Written(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class WrittenPair(_Written):
    """A headline and its subtitle."""

    headline: str
    subtitle: str


class WrittenButton(_Written):
    """The button's words."""

    text: str


class WrittenColors(_Written):
    """The five colours, as the model wrote them."""

    background: str
    text: str
    accent: str
    cta_background: str
    cta_text: str


class WrittenPrefill(WrittenPair):
    """What a model writes, by the schema that it is sent; lengths and colours are put right later.

    Fields beyond the schema's are dropped.
    """

    cta: WrittenButton
    visual_vibe: str
    colors: WrittenColors
    alternatives: tuple[WrittenPair, ...]


def read_words(answer: Answer) -> WrittenPrefill:
    """What the model wrote.

    Raises:
        GeneratorAnsweredBadly: it is cut off, is no JSON, breaks the schema, or says nothing where
            something must stand; the message says what, so that the model can be told.
        GeneratorMadeNothing: there is no text at all.
    """
    if not answer.text.strip():
        raise GeneratorMadeNothing("Gemini answered without words.")
    if answer.finish == "MAX_TOKENS":
        raise GeneratorAnsweredBadly(
            "Gemini's answer was cut off at its length limit; it is to be much shorter."
        )
    try:
        written = WrittenPrefill.model_validate_json(answer.text.strip())
    except ValidationError as error:
        problems = "; ".join(_problem(one) for one in error.errors()[:_MOST_PROBLEMS])
    else:
        problems = "; ".join(
            f"{name} is empty"
            for name, text in (
                ("headline", written.headline),
                ("subtitle", written.subtitle),
                ("cta.text", written.cta.text),
                ("visual_vibe", written.visual_vibe),
            )
            if not tidy(text)
        )
        if not problems:
            return written
    raise GeneratorAnsweredBadly(f"Gemini's answer is not the JSON that was asked for: {problems}.")


def draft_from(
    written: WrittenPrefill, facts: PrefillDraft, generated_by: GeneratedBy
) -> PrefillDraft:
    """A draft with the model's words and colours, and everything else from `facts`.

    What is too long is cut at a word, and colours that cannot be used or read are replaced, which
    `corrections` say.
    """
    corrections: list[str] = []
    headline = _cut("headline", written.headline, HEADLINE_LENGTH, corrections)
    button = _cut("button's text", written.cta.text, CTA_LENGTH, corrections)
    return PrefillDraft(
        **dict(facts)
        | {
            "headline": headline,
            "subtitle": _cut("subtitle", written.subtitle, SUBTITLE_LENGTH, corrections),
            "cta": facts.cta.model_copy(update={"text": button}),
            "visual_vibe": cut_at_a_word(tidy(written.visual_vibe), _VIBE_LENGTH),
            "colors": _colors(written.colors, facts.colors, corrections),
            "alternatives": _alternatives(written, headline),
            "generated_by": generated_by,
            "corrections": (*facts.corrections, *corrections),
        }
    )


def _problem(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else error["msg"]


def _cut(name: str, text: str, length: int, corrections: list[str]) -> str:
    whole = tidy(text)
    cut = cut_at_a_word(whole, length)
    if cut != whole:
        corrections.append(
            f"The model's {name} had {len(whole)} characters and was cut to {length}."
        )
    return cut


def _alternatives(written: WrittenPrefill, headline: str) -> tuple[Words, ...]:
    pairs = [
        (cut_at_a_word(tidy(pair.headline), HEADLINE_LENGTH),
         cut_at_a_word(tidy(pair.subtitle), SUBTITLE_LENGTH))
        for pair in written.alternatives[:_MOST_ALTERNATIVES]
    ]  # fmt: skip
    taken = {headline.casefold()}
    kept = []
    for first, second in pairs:
        if first and second and first.casefold() not in taken:
            taken.add(first.casefold())
            kept.append(Words(headline=first, subtitle=second))
    return tuple(kept)


def _colors(written: WrittenColors, embedded: Colors, corrections: list[str]) -> Colors:
    colors = {}
    for name, wish in written:
        colors[name] = tidy(wish).upper()
        if not _COLOR.fullmatch(colors[name]):
            colors[name] = getattr(embedded, name)
            corrections.append(
                f"The model's colour for {name} was none, and became {colors[name]}."
            )
    for ink, ground in (("text", "background"), ("cta_text", "cta_background")):
        if contrast(colors[ink], colors[ground]) < MINIMUM_CONTRAST:
            readable = readable_ink(colors[ground], colors[ink])
            corrections.append(
                f"The model's {ink} {colors[ink]} could not be read on {colors[ground]} and became "
                f"{readable}."
            )
            colors[ink] = readable
    return Colors(**colors)
