"""What is asked of Gemini and what comes back, in words of our own: no SDK is needed for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["status", "timeout", "connection", "redirect", "address", "unreadable", "unknown"]


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation; `parts` are texts, and pictures as the bytes of a JPEG file."""

    role: Literal["user", "model"]
    parts: tuple[str | bytes, ...]


@dataclass(frozen=True)
class Question:
    """What a model is asked.

    `setting` is the name of the setting that chose `model`. With a `schema` (as in
    `creative.asking.schema`) the answer is to be JSON, without one a picture. `rules` stand above
    the conversation.
    """

    model: str
    setting: str
    turns: tuple[Turn, ...]
    rules: str | None = None
    schema: dict[str, Any] | None = None

    def followed_by(self, *turns: Turn) -> "Question":
        """The same conversation with more turns."""
        return replace(self, turns=self.turns + turns)


@dataclass(frozen=True)
class Answer:
    """What a model answered.

    `pictures` are image files, in order. `finish` is why it stopped (`STOP`, `NO_IMAGE`, …; a
    number where the reason is too new to have a name here; empty without a candidate). `blocked`
    is why the question was blocked, if it was, and `harms` are the kinds of harm that were rated
    likely. Tokens are the model's own counts, those of its thinking among `tokens_out`.
    """

    text: str = ""
    pictures: tuple[bytes, ...] = ()
    finish: str = ""
    blocked: str = ""
    harms: tuple[str, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass
class CallFailed(Exception):
    """A call brought no answer.

    `status` is that of HTTP, `details` are those of the error (google.rpc, as JSON has them), and
    `retry_after` is the header. Nothing here is free text of the server's, which might hold the
    key; `reasons` are words in capitals such as `API_KEY_INVALID`.
    """

    kind: Kind
    status: int = 0
    details: tuple[Mapping[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()
    retry_after: str | None = field(default=None)
