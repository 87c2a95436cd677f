"""The only module that knows the SDK `google-generativeai` (docs/decisions/0010)."""

import base64
import re
import warnings
from collections.abc import Iterator
from typing import Any

import requests
from google.ai import generativelanguage as protocol
from google.ai.generativelanguage_v1beta.services.generative_service.transports import (
    GenerativeServiceRestTransport,
)
from google.auth.exceptions import GoogleAuthError
from google.protobuf.json_format import ParseError
from pydantic import SecretStr

from creative.asking.exchange import Answer, CallFailed, Question, Turn
from creative.asking.total_timeout import TotalTimeoutAdapter

with warnings.catch_warnings():
    # It says at each import that its support has ended, which is known here.
    warnings.simplefilter("ignore", FutureWarning)
    import google.generativeai as genai

# Numbers that the service has given out since the SDK was made; it sends numbers, not names.
_NEWER_FINISHES = {
    12: "UNEXPECTED_TOOL_CALL", 13: "TOO_MANY_TOOL_CALLS", 14: "IMAGE_PROHIBITED_CONTENT",
    15: "IMAGE_OTHER", 16: "NO_IMAGE", 17: "IMAGE_RECITATION",
}  # fmt: skip
_LIKELY = ("MEDIUM", "HIGH")
_REASON = re.compile(r"[A-Z][A-Z_]{2,59}")


class GeminiClient:
    """Asks the models of one account, one HTTP call for each question."""

    def __init__(self, key: SecretStr, endpoint: str | None = None) -> None:
        options = {"api_key": key.get_secret_value()}
        if endpoint:
            options["api_endpoint"] = endpoint
        self._service = protocol.GenerativeServiceClient(
            transport=_Transport, client_options=options
        )

    def ask(self, question: Question, seconds: float) -> Answer:
        """The answer, which is over or has come within `seconds`.

        Raises:
            CallFailed: none came. It is no neighbour of the SDK's error, which holds the key.
        """
        config: dict[str, Any] = {"response_modalities": ["IMAGE"]}
        if question.schema is not None:
            config = {
                "response_mime_type": "application/json",
                "response_schema": question.schema,
            }
        try:
            answer = _Model(question, self._service).generate_content(
                [_as_sent(turn) for turn in question.turns],
                generation_config=config,
                # Left to itself the SDK tries a 503 again for ten minutes, past any timeout.
                request_options={"retry": None, "timeout": seconds},
            )
            return _as_answer(answer.to_dict())
        except Exception as error:
            failure = _as_failure(error)
        raise failure


class _Model(genai.GenerativeModel):  # type: ignore[name-defined, misc]
    """A model behind a client of its own: the SDK's is one for the whole process."""

    def __init__(self, question: Question, client: protocol.GenerativeServiceClient) -> None:
        super().__init__(question.model, system_instruction=question.rules)
        self._client = client


class _Transport(GenerativeServiceRestTransport):
    """REST whose calls are over in time, are made once, and go nowhere but to the endpoint.

    An error is told from within the session, which would otherwise ask a 401 three times; a
    redirect would be handed the key.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._session.max_redirects = 0
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, TotalTimeoutAdapter())
        self._session.hooks["response"].append(_refuse_errors)


def _refuse_errors(response: requests.Response, *_: Any, **__: Any) -> None:
    """Tell an error before the SDK does, which fails on one that is not as Google writes it."""
    if response.status_code < 400:
        return
    try:
        error = response.json()["error"]
        details = tuple(one for one in error.get("details", ()) if isinstance(one, dict))
        reasons = (error.get("status"), *(one.get("reason") for one in details))
    except (ValueError, KeyError, TypeError, AttributeError):
        details, reasons = (), ()
    raise CallFailed(
        "status",
        status=response.status_code,
        details=details,
        reasons=tuple(one for one in reasons if isinstance(one, str) and _REASON.fullmatch(one)),
        retry_after=response.headers.get("Retry-After"),
    )


def _as_failure(error: Exception) -> CallFailed:
    match error:
        case CallFailed():
            return CallFailed(
                error.kind, error.status, error.details, error.reasons, error.retry_after
            )
        case requests.Timeout():
            return CallFailed("timeout")
        case requests.TooManyRedirects():
            return CallFailed("redirect")
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return CallFailed("connection")
        case requests.exceptions.ContentDecodingError() | ParseError() | UnicodeDecodeError():
            return CallFailed("unreadable")
        case requests.RequestException():
            return CallFailed("address")
        case GoogleAuthError():
            return CallFailed("connection")
    return CallFailed("unknown", reasons=(type(error).__name__,))


def _as_sent(turn: Turn) -> dict[str, Any]:
    parts = [
        {"inline_data": {"mime_type": "image/jpeg", "data": part}}
        if isinstance(part, bytes)
        else {"text": part}
        for part in turn.parts
    ]
    return {"role": turn.role, "parts": parts}


def _as_answer(plain: dict[str, Any]) -> Answer:
    candidates = plain.get("candidates") or [{}]
    first = candidates[0]
    feedback = plain.get("prompt_feedback") or {}
    parts = (first.get("content") or {}).get("parts") or []
    usage = plain.get("usage_metadata") or {}
    tokens_in = usage.get("prompt_token_count") or 0
    written = usage.get("candidates_token_count") or 0
    blocks = protocol.GenerateContentResponse.PromptFeedback.BlockReason
    return Answer(
        text="".join(part.get("text") or "" for part in parts),
        pictures=tuple(
            base64.b64decode(part["inline_data"]["data"])
            for part in parts
            if part.get("inline_data", {}).get("data")
        ),
        finish=_name(
            protocol.Candidate.FinishReason, first.get("finish_reason", 0), _NEWER_FINISHES
        ),
        blocked=_name(blocks, feedback.get("block_reason", 0)),
        harms=tuple(dict.fromkeys([*_harms(feedback), *_harms(first)])),
        tokens_in=tokens_in,
        # The SDK has no field for the tokens of thinking, which are in the total.
        tokens_out=max(written, (usage.get("total_token_count") or 0) - tokens_in),
    )


def _harms(rated: dict[str, Any]) -> Iterator[str]:
    for rating in rated.get("safety_ratings") or []:
        likely = _name(protocol.SafetyRating.HarmProbability, rating.get("probability", 0))
        if rating.get("blocked") or likely in _LIKELY:
            name = _name(protocol.HarmCategory, rating.get("category", 0))
            yield name.removeprefix("HARM_CATEGORY_").replace("_", " ").lower()


def _name(names: Any, number: int, newer: dict[int, str] | None = None) -> str:
    """The name of an enumeration's number; the number where it has none, "" for 0, unspecified."""
    if not number:
        return ""
    try:
        return str(names(number).name)
    except ValueError:
        return (newer or {}).get(number, str(number))
