"""A server on loopback that speaks Gemini's REST protocol, and fails in every way it can.

`GeminiServer` answers each model with what its test has scripted: `script` takes answers, which are
given in turn, the last again and again. Without a script it makes a picture or writes words, by
what is asked for. The functions below make the answers.
"""

import base64
import http.server
import io
import json
import re
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import cache
from itertools import pairwise
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageDraw

# The numbers of v1beta, which the service sends instead of names when it is asked to.
FINISHES = {
    "STOP": 1, "MAX_TOKENS": 2, "SAFETY": 3, "RECITATION": 4, "OTHER": 5, "LANGUAGE": 6,
    "BLOCKLIST": 7, "PROHIBITED_CONTENT": 8, "SPII": 9, "IMAGE_SAFETY": 11,
    "IMAGE_PROHIBITED_CONTENT": 14, "IMAGE_OTHER": 15, "NO_IMAGE": 16, "IMAGE_RECITATION": 17,
}  # fmt: skip
BLOCKS = {"SAFETY": 1, "OTHER": 2, "BLOCKLIST": 3, "PROHIBITED_CONTENT": 4, "IMAGE_SAFETY": 5}
USAGE = {"promptTokenCount": 1000, "candidatesTokenCount": 200, "totalTokenCount": 1500}


@dataclass(frozen=True)
class Call:
    """A request as it came; `at` is the monotonic time of it, in seconds."""

    model: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def wants_picture(self) -> bool:
        return bool(self.body.get("generationConfig", {}).get("responseModalities"))

    @property
    def texts(self) -> list[str]:
        """The texts of all turns, in order."""
        return [
            part["text"]
            for turn in self.body["contents"]
            for part in turn["parts"]
            if "text" in part
        ]

    @property
    def pictures(self) -> list[bytes]:
        return [
            base64.b64decode(part["inlineData"]["data"])
            for turn in self.body["contents"]
            for part in turn["parts"]
            if "inlineData" in part
        ]


@dataclass(frozen=True)
class Reply:
    """An answer of HTTP; `behave` writes it in a way of its own."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    behave: Callable[["_Visit", bytes], None] | None = None


Answer = Reply | Callable[[Call], Reply]


class GeminiServer:
    """The server; `calls` are those that came, oldest first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._scripts: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Visit)
        self._server.gemini = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Between two tests."""
        with self._lock:
            self.calls.clear()
            self._scripts.clear()

    def script(self, *answers: Answer, model: str = "") -> None:
        """What is answered to `model`, or to every model that has no script of its own."""
        with self._lock:
            self._scripts[model] = list(answers)

    def calls_by_model(self) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for call in list(self.calls):
            counts[call.model] += 1
        return dict(counts)

    @property
    def pauses(self) -> list[float]:
        """Seconds between one call and the next."""
        times = [call.at for call in self.calls]
        return [later - earlier for earlier, later in pairwise(times)]

    def answer(self, call: Call) -> Reply:
        with self._lock:
            self.calls.append(call)
            script = self._scripts.get(call.model) or self._scripts.get("") or []
            chosen: Answer = default_answer
            if script:
                chosen = script.pop(0) if len(script) > 1 else script[0]
        return chosen if isinstance(chosen, Reply) else chosen(call)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    gemini: GeminiServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Guests who leave early are what is tested."""


class _Visit(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        address = urlsplit(self.path)
        found = re.fullmatch(r"/v1beta/models/([^/:]+):generateContent", address.path)
        query = parse_qs(address.query)
        call = Call(
            model=found[1] if found else "", path=address.path, query=query,
            headers={name.lower(): value for name, value in self.headers.items()}, body=body,
            at=time.monotonic(),
        )  # fmt: skip
        reply = self.server.gemini.answer(call) if found else failure(404, "NOT_FOUND")
        content = reply.body
        if not isinstance(content, bytes):
            in_numbers = "enum-encoding=int" in query.get("$alt", [""])[0]
            content = json.dumps(_numbered(content) if in_numbers else content).encode()
        if reply.behave is not None:
            self.close_connection = True
            reply.behave(self, content)
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        """Where a redirect of a POST would lead."""
        self.server.gemini.answer(
            Call(
                "",
                self.path,
                {},
                {k.lower(): v for k, v in self.headers.items()},
                {},
                time.monotonic(),
            )
        )
        self.send_error(404)

    def log_message(self, *arguments: Any) -> None:
        pass

    def rest(self, seconds: float) -> None:
        """Do nothing for so long, or until the server closes."""
        self.server.gemini.closing.wait(seconds)


def _numbered(answer: Any) -> Any:
    """`answer` with the known names of its enumerations as numbers."""
    if not isinstance(answer, dict):
        return answer
    numbered = json.loads(json.dumps(answer))
    for candidate in numbered.get("candidates", []):
        reason = candidate.get("finishReason")
        candidate["finishReason"] = FINISHES.get(reason, reason)
    if reason := numbered.get("promptFeedback", {}).get("blockReason"):
        numbered["promptFeedback"]["blockReason"] = BLOCKS.get(reason, reason)
    return numbered


# Answers as they should be.


def default_answer(call: Call) -> Reply:
    """A picture or words, by what is asked for."""
    return picture() if call.wants_picture else words()


def answered(*parts: dict[str, Any], finish: str | int = "STOP", **more: Any) -> Reply:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, **more}
    return Reply(body={"candidates": [candidate], "usageMetadata": USAGE})


def inline(data: bytes, mime_type: str = "image/png") -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(data).decode()}}


@cache
def picture_file(
    size: tuple[int, int] = (1344, 768), color: str = "teal", kind: str = "PNG"
) -> bytes:
    body = io.BytesIO()
    image = Image.new("RGB", size, color)
    across, down = size
    ImageDraw.Draw(image).ellipse(
        (across // 2, down // 4, across * 3 // 4, down * 3 // 4), "orange"
    )
    image.save(body, kind)
    return body.getvalue()


def picture(size: tuple[int, int] = (1344, 768), color: str = "teal") -> Reply:
    return answered({"text": "Here it is."}, inline(picture_file(size, color)))


WORDS: dict[str, Any] = {
    "headline": "Pour slowly",
    "subtitle": "A kettle for quiet mornings",
    "cta": {"text": "See it"},
    "visual_vibe": "calm, green, early light",
    "colors": {
        "background": "#0F2A2E", "text": "#F4F1EA", "accent": "#E0A458", "cta_background": "#E0A458",
        "cta_text": "#14110B",
    },
    "alternatives": [
        {"headline": "Mornings, unhurried", "subtitle": "Water at the right pace"},
        {"headline": "A quiet pour", "subtitle": "Made for slow coffee"},
    ],
}  # fmt: skip


def words(**changed: Any) -> Reply:
    return text(json.dumps(WORDS | changed))


def varied_words(call: Call) -> Reply:
    """Words that differ from call to call and claim nothing, for batches of many previews."""
    first, second = divmod(zlib.crc32("".join(call.texts).encode()) % 64, 8)
    pairs = [
        (f"{_FIRST[first]} {_SECOND[(second + step) % 8]}", f"For {_SECOND[second]}, every day")
        for step in range(3)
    ]
    others = [{"headline": headline, "subtitle": said} for headline, said in pairs[1:]]
    return words(headline=pairs[0][0], subtitle=pairs[0][1], alternatives=others)


def varied_picture(call: Call) -> Reply:
    """A picture whose colour differs from call to call."""
    hue = zlib.crc32("".join(call.texts).encode()) % 360
    return picture(color=f"hsl({hue}, 40%, 35%)")


_FIRST = ("Quiet", "Bright", "Gentle", "Steady", "Warm", "Clear", "Calm", "Easy")
_SECOND = ("mornings", "evenings", "corners", "moments", "pours", "walks", "tables", "rooms")


def text(said: str, finish: str | int = "STOP") -> Reply:
    return answered({"text": said}, finish=finish)


# Failures of HTTP.


def failure(status: int, name: str = "UNKNOWN", *details: dict[str, Any], message: str = "no",
            **headers: str) -> Reply:  # fmt: skip
    error = {"code": status, "message": message, "status": name, "details": list(details)}
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return Reply(status, {"error": error}, named)


def _detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def retry_info(delay: Any) -> dict[str, Any]:
    return _detail("RetryInfo", retryDelay=delay)


def quota(quota_id: str, value: str = "20") -> dict[str, Any]:
    return _detail("QuotaFailure", violations=[{"quotaId": quota_id, "quotaValue": value}])


def rate_limited(delay: Any = None) -> Reply:
    """429 of the minute, with a RetryInfo where there is a delay."""
    details = [quota("GenerateRequestsPerMinutePerProjectPerModel")]
    if delay is not None:
        details.append(retry_info(delay))
    return failure(429, "RESOURCE_EXHAUSTED", *details)


def day_quota(delay: str = "30s") -> Reply:
    exceeded = quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "50")
    return failure(429, "RESOURCE_EXHAUSTED", exceeded, retry_info(delay))


def no_quota() -> Reply:
    return failure(429, "RESOURCE_EXHAUSTED", quota("GenerateTokensPerMinute-FreeTier", "0"))


def wrong_key() -> Reply:
    """What the service answers to a key that it does not know: a 400."""
    return failure(400, "INVALID_ARGUMENT", _detail("ErrorInfo", reason="API_KEY_INVALID"))


def retry_later(status: int, when: Any) -> Reply:
    """`status` with a Retry-After of seconds, or of a date."""
    said = format_datetime(when, usegmt=True) if hasattr(when, "tzinfo") else str(when)
    return failure(status, Retry_After=said)


def html(status: int = 502) -> Reply:
    return Reply(status, b"<html><h1>Bad Gateway</h1></html>", {"Content-Type": "text/html"})


def redirected(to: str) -> Reply:
    return Reply(302, b"", {"Location": to})


# Failures of the connection.


def hang(seconds: float = 30) -> Reply:
    return Reply(behave=lambda visit, _: visit.rest(seconds))


def drop() -> Reply:
    return Reply(behave=lambda visit, _: None)


def half() -> Reply:
    """The connection ends in the middle of the body."""

    def behave(visit: _Visit, content: bytes) -> None:
        visit.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")

    return Reply(behave=behave)


def drip(where: str = "body", seconds: float = 20) -> Reply:
    """A byte now and then; `where` is "headers", "body", or "endless": a body of no known length."""
    starts = {
        "headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        "endless": b"HTTP/1.0 200 OK\r\n\r\n",
    }

    def behave(visit: _Visit, content: bytes) -> None:
        visit.wfile.write(starts[where])
        for _ in range(int(seconds / 0.05)):
            visit.wfile.write(b" ")
            visit.wfile.flush()
            visit.rest(0.05)

    return Reply(behave=behave)


# Answers that are none.


def garbage() -> Reply:
    return Reply(body=b"\x00\xff not JSON at all")


def empty() -> Reply:
    return Reply(body={})


def blocked_prompt(reason: str | int = "SAFETY", harm: int = 0) -> Reply:
    feedback: dict[str, Any] = {"blockReason": reason}
    if harm:
        feedback["safetyRatings"] = [{"category": harm, "probability": 4}]
    return Reply(body={"promptFeedback": feedback, "usageMetadata": USAGE})


def finished(reason: str | int, harm: int = 0) -> Reply:
    """A candidate without content; `harm` is a HarmCategory that is rated high."""
    ratings = [{"category": harm, "probability": 4}, {"category": 7, "probability": 1}]
    candidate: dict[str, Any] = {"finishReason": reason}
    if harm:
        candidate["safetyRatings"] = ratings
    return Reply(body={"candidates": [candidate], "usageMetadata": USAGE})


def cut_words() -> Reply:
    return text(json.dumps(WORDS)[:60], finish="MAX_TOKENS")


def invented() -> Reply:
    return words(subtitle="Now 70 % off")


def text_only() -> Reply:
    return text("I cannot draw that, but imagine a kettle.")


def corrupt_picture() -> Reply:
    return answered(inline(picture_file()[:2000]))


def tiny_picture() -> Reply:
    return answered(inline(picture_file((1, 1))))


def bomb_picture() -> Reply:
    """A few kilobytes that unpack to 169 million pixels."""
    return answered(inline(_bomb()))


@cache
def _bomb() -> bytes:
    body = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(body, "PNG")
    return body.getvalue()


def other_format() -> Reply:
    """A file of a format that is not taken, under the name of one that is."""
    body = io.BytesIO()
    Image.new("RGB", (1344, 768), "teal").save(body, "TIFF")
    return answered(inline(body.getvalue()))


def misnamed_picture() -> Reply:
    """A JPEG that is said to be a PNG."""
    return answered(inline(picture_file(kind="JPEG")))


def same_picture(call: Call) -> Reply:
    """What was given, given back."""
    return answered(inline(call.pictures[0], "image/jpeg"))
