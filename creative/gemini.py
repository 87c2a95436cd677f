"""The generator that asks Gemini; the SDK itself is behind `creative.asking.sdk`."""

import re
import time
from collections.abc import Callable
from decimal import Decimal

from PIL import Image
from pydantic import SecretStr

from creative.asking.attempts import Attempts
from creative.asking.exchange import Answer, Question, Turn
from creative.asking.failures import check_finished
from creative.asking.pictures import as_jpeg, as_seen, decode_background, lay_out
from creative.asking.prompts import background_prompt, mending_prompt, prefill_prompt, prefill_rules
from creative.asking.schema import schema_for_gemini
from creative.asking.sdk import GeminiClient
from creative.asking.words import draft_from, read_words
from creative.brief import Brief
from creative.calls import CallLog, Calls
from creative.errors import (
    GenerationError,
    GeneratorAnsweredBadly,
    GeneratorClaimedTooMuch,
    GeneratorMadeNothing,
    GeneratorRefused,
)
from creative.facts import unsupported_claims
from creative.local import LocalGenerator
from creative.prefill import GeneratedBy, PrefillDraft
from creative.review import review
from settings import Settings

_LONGEST_SAID = 4000
_WEB_ADDRESS = re.compile(r"https?://[^/\s]", re.IGNORECASE)


class GeminiGenerator:
    """Backgrounds image-to-image, words by structured output; facts come from the product alone.

    Both halves take a `Calls`, which allows and records each call; without one all are allowed.

    Args:
        settings: the key, the endpoint, the models, their prices, and the bounds.
        sleep: how to pause between two calls.

    Raises:
        GeneratorRefused: there is no key, or what is set is none.
    """

    name = "gemini"

    def __init__(self, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._client = GeminiClient(_key_of(settings), _endpoint_of(settings))
        self._sleep = sleep

    def background(self, brief: Brief, calls: Calls | None = None) -> Image.Image:
        """A background from the source picture, RGB, in the size that the model gives.

        Raises:
            GenerationError: the model did not make one; the message says why.
        """
        settings = self._settings
        canvas = lay_out(brief.picture, brief.layout)
        question = Question(
            model=settings.gemini_image_model,
            setting="CTA_GEMINI_IMAGE_MODEL",
            turns=(Turn("user", (background_prompt(brief), as_jpeg(canvas))),),
        )

        def read(answer: Answer) -> Image.Image:
            check_finished(answer)
            if not answer.pictures:
                raise GeneratorMadeNothing("Gemini answered without a picture.")
            # A model that thinks shows its drafts first.
            return decode_background(answer.pictures[-1], canvas)

        prices = (settings.gemini_image_price_in, settings.gemini_image_price_out)
        return self._attempts(calls, prices).make(question, read)

    def prefill(self, brief: Brief, calls: Calls | None = None) -> PrefillDraft:
        """A prefill with the model's words and colours, and all facts from the product's data.

        An answer that cannot be used, or that claims what the data does not say, is asked for once
        more, in the same conversation and with what was wrong. Claims that are left are taken out.

        Raises:
            GenerationError: the model did not write a usable one; the message says why.
        """
        settings = self._settings
        facts = LocalGenerator().prefill(brief, calls)
        prompt = prefill_prompt(brief, facts.locale, facts.price)
        question = Question(
            model=settings.gemini_text_model,
            setting="CTA_GEMINI_TEXT_MODEL",
            turns=(Turn("user", (prompt, as_jpeg(as_seen(brief.picture)))),),
            rules=prefill_rules(),
            schema=schema_for_gemini(),
        )
        made_by = GeneratedBy(
            generator="gemini",
            image_model=settings.gemini_image_model,
            text_model=settings.gemini_text_model,
        )
        prices = (settings.gemini_text_price_in, settings.gemini_text_price_out)
        writing = _Writing(brief, facts, made_by)
        draft = writing.with_one_mending(self._attempts(calls, prices), question)
        return review(draft, brief.product, facts)

    def _attempts(self, calls: Calls | None, prices: tuple[Decimal, Decimal]) -> Attempts:
        return Attempts(
            self._client.ask,
            calls or CallLog(),
            prices,
            most_calls=self._settings.gemini_attempts,
            call_seconds=self._settings.gemini_timeout_seconds,
            total_seconds=self._settings.gemini_total_seconds,
            sleep=self._sleep,
        )


class _Writing:
    """The words of one prefill, over a conversation of one or two questions."""

    def __init__(self, brief: Brief, facts: PrefillDraft, generated_by: GeneratedBy) -> None:
        self._brief = brief
        self._facts = facts
        self._generated_by = generated_by
        self._said = ""
        self._draft: PrefillDraft | None = None

    def with_one_mending(self, attempts: Attempts, question: Question) -> PrefillDraft:
        """The draft; one that claims too much where no better one can be had."""
        problem: GenerationError
        try:
            return attempts.make(question, self._read_strictly)
        except GeneratorMadeNothing:
            raise
        except GeneratorAnsweredBadly as bad:
            problem = bad
        if attempts.may_ask_again:
            again = question.followed_by(
                Turn("model", (self._said,)), Turn("user", (mending_prompt(str(problem)),))
            )
            try:
                return attempts.make(again, self._read)
            except GenerationError as bad:
                problem = bad
        if self._draft is None:
            raise problem
        return self._draft

    def _read_strictly(self, answer: Answer) -> PrefillDraft:
        draft = self._read(answer)
        claims = [
            claim
            for text in (draft.headline, draft.subtitle, draft.cta.text)
            for claim in unsupported_claims(text, self._brief.product)
        ]
        if claims:
            told = ", ".join(f"{claim.text!r} ({claim.kind})" for claim in claims)
            raise GeneratorClaimedTooMuch(
                f"Gemini claims what the product's data does not say: {told}."
            )
        return draft

    def _read(self, answer: Answer) -> PrefillDraft:
        check_finished(answer)
        self._said = answer.text[:_LONGEST_SAID]
        draft = draft_from(read_words(answer), self._facts, self._generated_by)
        self._draft = draft
        return draft


def _endpoint_of(settings: Settings) -> str | None:
    endpoint = (settings.gemini_endpoint or "").strip()
    if "://" in endpoint and not _WEB_ADDRESS.match(endpoint):
        raise GeneratorRefused("CTA_GEMINI_ENDPOINT is to be an address with https:// or http://.")
    return endpoint.rstrip("/") or None


def _key_of(settings: Settings) -> SecretStr:
    if settings.google_api_key is None:
        raise GeneratorRefused(
            "Gemini is asked for and has no key: set GOOGLE_API_KEY, or CTA_GENERATOR=local."
        )
    key = settings.google_api_key.get_secret_value().strip()
    if not (key.isascii() and key.isprintable()) or " " in key or not key:
        raise GeneratorRefused(
            "GOOGLE_API_KEY holds signs that no key has: copy it anew from Google AI Studio."
        )
    return SecretStr(key)
