"""The key: where it goes, and that it appears nowhere else."""

import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from creative.asking.exchange import CallFailed, Question, Turn
from creative.asking.sdk import GeminiClient
from creative.brief import Brief
from creative.calls import CallLog
from creative.errors import GenerationError, GeneratorRefused
from creative.gemini import GeminiGenerator
from creative.generators import get_generator
from settings import Settings
from tests import gemini_server as server
from tests.creative.conftest import KEY
from tests.gemini_server import GeminiServer, Reply

Make = Callable[..., GeminiGenerator]
SPOKEN = f"API key {KEY} not valid, see ?key={KEY}"
FAILURES = {
    **{
        str(status): server.failure(
            status, KEY, {"@type": KEY, "reason": KEY, "key": KEY}, message=SPOKEN, Retry_After=KEY
        )
        for status in (400, 401, 403, 404, 413, 429, 500, 503)
    },
    "day": Reply(429, {"error": {"message": SPOKEN, "details": [server.quota(f"PerDay-{KEY}")]}}),
    "html": Reply(502, SPOKEN.encode()),
    "drop": server.drop(),
    "half": server.half(),
    "hang": server.hang(),
    "redirect": server.redirected(f"http://127.0.0.1:9/?key={KEY}"),
    "garbage": Reply(body=SPOKEN.encode()),
    "unknown field": Reply(body={KEY: KEY, "candidates": [{KEY: KEY}]}),
    "wrong field": Reply(body={"candidates": KEY}),
    "blocked": server.blocked_prompt(KEY),
    "finish": server.finished(KEY),
    "picture": server.corrupt_picture(),
    "empty": server.empty(),
    "none": server.picture(),
}


def everything_of(error: BaseException) -> str:
    told = ["".join(traceback.format_exception(error))]
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        one = queue.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        told += [
            str(one),
            repr(one),
            repr(one.args),
            repr(vars(one)),
            repr(getattr(one, "__notes__", "")),
        ]
        queue += [one.__cause__, one.__context__]
    return "\n".join(told)


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES)
def test_the_key_is_in_no_error_no_log_and_no_record(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], answer: Reply,
) -> None:  # fmt: skip
    gemini.script(answer)
    log = CallLog()
    seen = []
    neighbours: list[type] = []
    google = [name for name in logging.root.manager.loggerDict if name.startswith("google")]
    with caplog.at_level(logging.DEBUG):
        for name in ["google", *google]:
            caplog.set_level(logging.DEBUG, logger=name)
        logging.getLogger("google").addHandler(caplog.handler)
        try:
            generator = ask_gemini(gemini_attempts=2, gemini_timeout_seconds=0.4)
            seen += [repr(generator), repr(vars(generator))]
            for make in (generator.background, generator.prefill):
                try:
                    seen.append(repr(make(brief, log)))
                except GenerationError as error:
                    neighbours += [type(error.__context__), type(error.__cause__)]
                    seen += [everything_of(error), everything_of(pickle.loads(pickle.dumps(error)))]
        finally:
            logging.getLogger("google").removeHandler(caplog.handler)
    # The SDK, and what lies below it, did log.
    assert {"google", "urllib3"} <= {record.name.split(".")[0] for record in caplog.records}
    assert gemini.calls
    # Those of Google's and of requests hold the request, whose headers hold the key.
    roots = {one.__module__.split(".")[0] for one in neighbours}
    assert roots <= {"builtins", "PIL", "pydantic_core"}
    records = [repr(vars(record)) for record in caplog.records]
    written = capfd.readouterr()
    for text in (*seen, caplog.text, *records, repr(log.made), written.out, written.err):
        assert KEY not in text


def test_a_failed_call_is_no_neighbour_of_the_sdks_error(
    gemini: GeminiServer, brief: Brief
) -> None:
    client = GeminiClient(SecretStr(KEY), gemini.url)
    question = Question("gemini-flash-latest", "CTA_GEMINI_TEXT_MODEL", (Turn("user", ("Hi",)),))
    for answer in (server.drop(), server.failure(403), server.garbage()):
        gemini.script(answer)
        with pytest.raises(CallFailed) as caught:
            client.ask(question, 5)
        assert caught.value.__context__ is caught.value.__cause__ is None


def test_the_key_travels_in_a_header_and_not_in_an_address_or_a_body(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    generator = ask_gemini()
    generator.background(brief, CallLog())
    generator.prefill(brief, CallLog())
    for call in gemini.calls:
        assert [name for name, value in call.headers.items() if KEY in value] == ["x-goog-api-key"]
        assert KEY not in f"{call.path} {call.query} {call.body}"


def test_white_space_around_a_key_is_no_part_of_it(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    ask_gemini(GOOGLE_API_KEY=SecretStr(f" {KEY}\n")).background(brief, CallLog())
    assert gemini.calls[0].headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize("key", ["two\nlines", "ключ", "with space", "  "])
def test_what_cannot_be_a_key_is_told_without_it(ask_gemini: Make, key: str) -> None:
    with pytest.raises(GeneratorRefused, match="GOOGLE_API_KEY") as caught:
        ask_gemini(GOOGLE_API_KEY=SecretStr(key))
    assert not key.strip() or key not in everything_of(caught.value)


def test_no_key_is_told_with_what_to_do() -> None:
    with pytest.raises(GeneratorRefused, match="GOOGLE_API_KEY"):
        GeminiGenerator(Settings(generator="gemini", GOOGLE_API_KEY=None))


def test_a_key_chooses_gemini_and_no_key_the_embedded_generator() -> None:
    with_key = Settings(generator=None, GOOGLE_API_KEY=SecretStr(KEY))
    assert isinstance(get_generator(with_key), GeminiGenerator)
    assert get_generator(Settings(generator=None, GOOGLE_API_KEY=None)).name == "local"


def test_errors_survive_the_way_between_processes(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    for answer in (server.day_quota(), server.rate_limited("2s"), server.finished("SAFETY")):
        gemini.script(answer)
        with pytest.raises(GenerationError) as caught:
            ask_gemini(gemini_attempts=1).background(brief, CallLog())
        copy = pickle.loads(pickle.dumps(caught.value))
        assert (type(copy), str(copy)) == (type(caught.value), str(caught.value))
        assert vars(copy) == vars(caught.value)
