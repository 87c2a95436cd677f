"""Names for what goes wrong with Gemini: each with a sentence that says what to do about it."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from creative.asking.exchange import Answer, CallFailed, Question
from creative.errors import (
    GenerationError,
    GeneratorAskedToWait,
    GeneratorBlocked,
    GeneratorMadeNothing,
    GeneratorOverloaded,
    GeneratorQuotaExhausted,
    GeneratorRateLimited,
    GeneratorRefused,
    GeneratorTimedOut,
    GeneratorUnreachable,
)

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_MAY_PASS = frozenset({408, 500, 502, 503, 504})
_FINISHED = frozenset({"", "STOP"})
_BLOCKING = frozenset(
    """
    SAFETY PROHIBITED_CONTENT BLOCKLIST SPII RECITATION LANGUAGE
    IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION
    """.split()
)
_NOTHING_MADE = frozenset(
    "NO_IMAGE IMAGE_OTHER OTHER MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL "
    "TOO_MANY_TOOL_CALLS".split()
)


def error_for(failure: CallFailed, question: Question, now: datetime) -> GenerationError:
    """The error of a call that brought no answer; `now` is aware of its time zone."""
    match failure.kind:
        case "status":
            return _error_for_status(failure, question, now)
        case "timeout":
            return GeneratorTimedOut("Gemini did not answer in time.")
        case "connection":
            return GeneratorUnreachable("Gemini could not be reached, or hung up.")
        case "redirect":
            return GeneratorRefused(
                "Gemini's address leads to another one, and the key is not taken there: check "
                "CTA_GEMINI_ENDPOINT."
            )
        case "address":
            return GeneratorRefused(
                "Gemini cannot be asked at the address that is set: check CTA_GEMINI_ENDPOINT."
            )
        case "unreadable":
            return GeneratorMadeNothing("Gemini's answer cannot be read.")
    return GenerationError(f"Gemini failed in an unknown way ({', '.join(failure.reasons)}).")


def check_finished(answer: Answer) -> None:
    """Whether the model ended as it should; an answer that was cut short passes here.

    Raises:
        GeneratorBlocked: the question or the answer breaks the model's rules on content.
        GeneratorMadeNothing: it has neither text nor picture, and no rule was broken.
        GeneratorRefused: it ended for a reason that is not known here.
    """
    if answer.blocked:
        raise _blocked("the request", answer.blocked, answer.harms)
    if answer.finish in _BLOCKING:
        raise _blocked("its own answer", answer.finish, answer.harms)
    if answer.finish in _NOTHING_MADE:
        raise GeneratorMadeNothing(f"Gemini made nothing ({answer.finish}).")
    if answer.finish not in _FINISHED | {"MAX_TOKENS"}:
        raise GeneratorRefused(
            f"Gemini ended for a reason that is not known here ({answer.finish})."
        )
    if not answer.text.strip() and not answer.pictures:
        raise GeneratorMadeNothing("Gemini answered with nothing.")


def waiting_error(error: GeneratorOverloaded, now: datetime) -> GeneratorAskedToWait:
    """`error`, whose `retry_after` is longer than a run waits, with the time to come back."""
    retry_at = now + timedelta(seconds=error.retry_after or 0)
    return GeneratorAskedToWait(
        f"{error} It asks not to be called before {_spoken(retry_at)}: run it again then.",
        retry_at,
    )


def delay_of(failure: CallFailed, now: datetime) -> float | None:
    """How many seconds the server asks to be left alone, the longest that it says; or None.

    It says so in a `google.rpc.RetryInfo` among the details, whose duration JSON writes as "7s",
    and in `Retry-After` (RFC 9110, 10.2.3): seconds, or a date of HTTP.
    """
    said = [
        _seconds(detail.get("retryDelay"))
        for detail in failure.details
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo")
    ]
    said.append(_seconds_of_header(failure.retry_after, now))
    return max((one for one in said if one is not None), default=None)


def _error_for_status(failure: CallFailed, question: Question, now: datetime) -> GenerationError:
    delay = delay_of(failure, now)
    reasons = f"{failure.status}{''.join(f', {reason}' for reason in failure.reasons[:2])}"
    if failure.status == 429:
        if _is_of_the_day(failure.details):
            return _day_is_over(question, now, delay)
        return GeneratorRateLimited("Gemini's quota for the minute is used up (429).", delay)
    if failure.status in _MAY_PASS:
        return GeneratorOverloaded(f"Gemini is overloaded or broken ({failure.status}).", delay)
    if "FAILED_PRECONDITION" in failure.reasons:
        return GeneratorRefused(
            f"Gemini does not serve this account from here ({reasons}): check that its country is "
            "served and that billing is set up."
        )
    if failure.status in (401, 403) or "API_KEY_INVALID" in failure.reasons:
        return GeneratorRefused(
            f"Gemini does not accept the key ({reasons}): check GOOGLE_API_KEY."
        )
    if failure.status == 404:
        return GeneratorRefused(
            f"Gemini has no model {question.model!r}, or has it no longer (404): set "
            f"{question.setting} to one that it has."
        )
    if failure.status == 413:
        return GeneratorRefused("Gemini finds the request too large (413): use a smaller picture.")
    return GeneratorRefused(
        f"Gemini does not take the request ({reasons}): check that {question.setting} names a "
        "model for this purpose, and the source picture."
    )


def _is_of_the_day(details: tuple[Mapping[str, Any], ...]) -> bool:
    """Whether a quota was exceeded that is counted by day, or that the account has nothing of."""
    violations = [
        violation
        for detail in details
        for violation in detail.get("violations", ())
        if isinstance(violation, dict)
    ]
    return "PerDay" in json.dumps(details) or any(
        str(violation.get("quotaValue")) == "0" for violation in violations
    )


def _day_is_over(question: Question, now: datetime, delay: float | None) -> GenerationError:
    retry_at = max(_next_quota(now), now + timedelta(seconds=delay or 0))
    return GeneratorQuotaExhausted(
        f"Gemini's quota of the day for {question.model!r} is used up, or there is none (429): run "
        f"it again after {_spoken(retry_at)}, or raise the quota of the account.",
        retry_at,
    )


def _next_quota(now: datetime) -> datetime:
    """When the quotas of the day start anew: at midnight in California."""
    try:
        there = now.astimezone(ZoneInfo("America/Los_Angeles"))
    except ZoneInfoNotFoundError:
        return now + timedelta(days=1)
    midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC)


def _blocked(what: str, reason: str, harms: tuple[str, ...]) -> GeneratorBlocked:
    rated = f": {', '.join(harms)}" if harms else ""
    return GeneratorBlocked(
        f"Gemini blocked {what} by its rules on content ({reason}{rated}): another source picture "
        "or other product texts may pass.",
        reason + rated,
    )


def _spoken(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _seconds(written: object) -> float | None:
    """A duration as JSON has it ("7.5s"), also with hours and minutes, or as seconds and nanos."""
    if isinstance(written, dict):
        parts = (written.get("seconds", 0), written.get("nanos", 0))
        try:
            return max(0.0, float(parts[0]) + float(parts[1]) / 1e9)
        except (TypeError, ValueError):
            return None
    found = _SPAN.fullmatch(written) if isinstance(written, str) else None
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _seconds_of_header(written: str | None, now: datetime) -> float | None:
    if not written:
        return None
    try:
        seconds = float(written)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
