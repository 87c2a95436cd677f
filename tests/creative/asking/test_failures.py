"""What is done about each failure of Gemini's HTTP: once or again, when, for how long, and told how."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from creative.asking.exchange import CallFailed
from creative.asking.failures import delay_of
from creative.brief import Brief
from creative.calls import CallLog, ModelCall
from creative.errors import (
    GenerationError,
    GeneratorAskedToWait,
    GeneratorOverloaded,
    GeneratorQuotaExhausted,
    GeneratorRateLimited,
    GeneratorRefused,
    GeneratorTimedOut,
    GeneratorUnreachable,
)
from creative.gemini import GeminiGenerator
from tests import gemini_server as server
from tests.gemini_server import GeminiServer, Reply

Make = Callable[..., GeminiGenerator]
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (server.rate_limited(), GeneratorRateLimited),
        (server.failure(408), GeneratorOverloaded),
        (server.failure(500, "INTERNAL"), GeneratorOverloaded),
        (server.html(502), GeneratorOverloaded),
        (server.failure(503, "UNAVAILABLE"), GeneratorOverloaded),
        (server.failure(504, "DEADLINE_EXCEEDED"), GeneratorOverloaded),
        (Reply(500, ["a list"]), GeneratorOverloaded),
        (Reply(503, {"error": "a word"}), GeneratorOverloaded),
        (server.drop(), GeneratorUnreachable),
        (server.half(), GeneratorUnreachable),
    ],
    ids=["429", "408", "500", "502 html", "503", "504", "list", "word", "drop", "half"],
)
def test_what_may_pass_is_tried_again_in_as_many_calls_as_are_allowed(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief, pauses: list[float],
    answer: Reply, error: type[GenerationError],
) -> None:  # fmt: skip
    gemini.script(answer)
    log = CallLog()
    with pytest.raises(error, match="asked 3 times") as caught:
        ask_gemini(gemini_attempts=3).background(brief, log)
    assert type(caught.value) is error
    assert len(gemini.calls) == len(log.made) == 3
    assert {call.failure for call in log.made} == {error.__name__}
    assert len(pauses) == 2
    gemini.script(answer, answer, server.picture())
    assert ask_gemini(gemini_attempts=3).background(brief, CallLog()).size == (1344, 768)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (server.failure(400, "INVALID_ARGUMENT"), "CTA_GEMINI_IMAGE_MODEL"),
        (server.wrong_key(), "GOOGLE_API_KEY"),
        (server.failure(400, "FAILED_PRECONDITION"), "billing"),
        (server.failure(401, "UNAUTHENTICATED"), "GOOGLE_API_KEY"),
        (server.failure(403, "PERMISSION_DENIED"), "GOOGLE_API_KEY"),
        (Reply(403, {"error": "a proxy's word"}), "GOOGLE_API_KEY"),
        (server.failure(404, "NOT_FOUND"), "CTA_GEMINI_IMAGE_MODEL"),
        (server.failure(413), "smaller picture"),
    ],
    ids=["400", "key", "country", "401", "403", "proxy", "404", "413"],
)
def test_what_will_not_pass_is_asked_once_and_says_what_to_fix(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief, answer: Reply, told: str
) -> None:
    gemini.script(answer)
    log = CallLog()
    with pytest.raises(GeneratorRefused, match=told) as caught:
        generator.background(brief, log)
    assert len(gemini.calls) == 1
    assert [call.failure for call in log.made] == ["GeneratorRefused"]
    assert not caught.value.may_pass


def test_a_retired_text_model_names_its_own_setting(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    gemini.script(server.failure(404, "NOT_FOUND"))
    with pytest.raises(GeneratorRefused, match=r"'old'.*set CTA_GEMINI_TEXT_MODEL"):
        ask_gemini(gemini_text_model="old").prefill(brief, CallLog())


def test_pauses_grow_and_differ(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief, pauses: list[float]
) -> None:
    gemini.script(server.failure(503))
    for _ in range(6):
        with pytest.raises(GeneratorOverloaded):
            ask_gemini(gemini_attempts=5).background(brief, CallLog())
    assert len(set(pauses)) == len(pauses) == 24
    for position, most in enumerate((1, 2, 4, 8)):
        assert all(0 <= pause <= most for pause in pauses[position::4])
    assert max(pauses) > 1


@pytest.mark.parametrize(
    "answer", [server.rate_limited("7s"), server.retry_later(429, 7), server.retry_later(503, 7)]
)
def test_a_delay_that_the_server_asks_for_is_kept(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief, pauses: list[float],
    answer: Reply,
) -> None:  # fmt: skip
    gemini.script(answer, server.picture())
    generator.background(brief, CallLog())
    assert pauses == [7.0]


def test_the_server_is_really_left_alone_for_so_long(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    gemini.script(server.rate_limited("0.6s"), server.picture())
    ask_gemini(sleep=time.sleep).background(brief, CallLog())
    assert gemini.pauses[0] >= 0.6


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7s", 7), ("0.250s", 0.25), ("10h17m", 37_020), ("1m2.5s", 62.5), ({"seconds": 3}, 3),
        ({"seconds": "2", "nanos": 500_000_000}, 2.5), ("soon", None), ("", None), (7, None),
        ({"seconds": "x"}, None),
    ],
)  # fmt: skip
def test_a_retry_info_is_read_however_it_is_written(said: object, seconds: float | None) -> None:
    failed = CallFailed("status", 429, details=(server.retry_info(said),))
    assert delay_of(failed, NOW) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7), ("0.5", 0.5), ("-3", 0), ("Thu, 01 Oct 2026 12:00:30 GMT", 30),
        ("Thu, 01 Oct 2026 11:00:00 GMT", 0), ("soon", None), ("nan", None), ("inf", None),
        ("99 Foo 2026", None),
    ],
)  # fmt: skip
def test_a_retry_after_is_read_as_seconds_or_as_a_date(said: str, seconds: float | None) -> None:
    assert delay_of(CallFailed("status", 429, retry_after=said), NOW) == seconds


def test_the_longer_of_two_delays_counts() -> None:
    failed = CallFailed("status", 429, details=(server.retry_info("3s"),), retry_after="9")
    assert delay_of(failed, NOW) == 9


@pytest.mark.parametrize(
    "answer", [server.rate_limited("37020s"), server.retry_later(503, 3600)], ids=["429", "503"]
)
def test_a_delay_that_does_not_fit_ends_it_at_once_and_says_when_to_come_back(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief, pauses: list[float],
    answer: Reply,
) -> None:  # fmt: skip
    gemini.script(answer)
    with pytest.raises(
        GeneratorAskedToWait, match=r"not to be called before \d{4}-\d\d-\d\d"
    ) as caught:
        generator.background(brief, CallLog())
    assert (len(gemini.calls), pauses, caught.value.may_pass) == (1, [], False)
    assert caught.value.retry_at is not None
    assert caught.value.retry_at > datetime.now(UTC) + timedelta(minutes=50)


@pytest.mark.parametrize("answer", [server.day_quota("1s"), server.no_quota()], ids=["day", "none"])
def test_a_quota_of_the_day_ends_it_at_once_though_the_delay_is_short(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief, pauses: list[float],
    answer: Reply,
) -> None:  # fmt: skip
    gemini.script(answer)
    log = CallLog()
    with pytest.raises(
        GeneratorQuotaExhausted, match=r"run it again after \d{4}-\d\d-\d\d"
    ) as caught:
        generator.background(brief, log)
    assert (len(gemini.calls), pauses) == (1, [])
    assert [call.failure for call in log.made] == ["GeneratorQuotaExhausted"]
    retry_at = caught.value.retry_at
    assert retry_at is not None
    assert retry_at.hour in (7, 8)  # midnight in California
    assert timedelta(0) < retry_at - datetime.now(UTC) <= timedelta(hours=25)


def test_calls_and_pauses_together_stay_within_their_budget(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief, pauses: list[float]
) -> None:
    gemini.script(server.rate_limited("4s"))
    with pytest.raises(GeneratorAskedToWait):
        ask_gemini(gemini_attempts=10, gemini_total_seconds=10).background(brief, CallLog())
    assert pauses == [4, 4]


def test_a_call_gets_no_more_time_than_is_left_of_the_budget(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    gemini.script(server.hang())
    began = time.monotonic()
    with pytest.raises(GeneratorTimedOut):
        ask_gemini(gemini_timeout_seconds=20, gemini_total_seconds=0.5).background(brief, CallLog())
    assert time.monotonic() - began < 5
    assert len(gemini.calls) == 1


def test_waiting_to_be_allowed_does_not_count(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(CallLog):
        def allow(self) -> None:
            time.sleep(0.7)

    monkeypatch.setattr("creative.asking.attempts._backoff", lambda state: 0.1)
    gemini.script(server.failure(503), server.picture())
    ask_gemini(gemini_total_seconds=0.6).background(brief, Slow())
    assert len(gemini.calls) == 2


@pytest.mark.parametrize(
    "answer",
    [server.hang(), server.drip("headers"), server.drip("body"), server.drip("endless")],
    ids=["hang", "headers", "body", "endless"],
)
def test_no_call_outlasts_its_timeout_and_its_thread_is_freed(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief, answer: Reply
) -> None:
    gemini.script(answer)
    log = CallLog()
    with pytest.raises(GeneratorTimedOut):
        ask_gemini(gemini_timeout_seconds=0.5, gemini_attempts=1).background(brief, log)
    assert 0.4 < log.made[0].seconds < 3


def test_a_server_that_is_not_there_is_told_as_such(ask_gemini: Make, brief: Brief) -> None:
    with pytest.raises(GeneratorUnreachable):
        ask_gemini(gemini_endpoint="http://127.0.0.1:9").background(brief, CallLog())


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:99999", "ftp://127.0.0.1", "http://"])
def test_an_address_that_is_none_names_its_setting(
    ask_gemini: Make, brief: Brief, endpoint: str
) -> None:
    with pytest.raises(GeneratorRefused, match="CTA_GEMINI_ENDPOINT"):
        ask_gemini(gemini_endpoint=endpoint).background(brief, CallLog())


def test_the_key_is_not_taken_to_where_a_redirect_leads(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    gemini.script(server.redirected(f"{gemini.url}/elsewhere"))
    with pytest.raises(GeneratorRefused, match="CTA_GEMINI_ENDPOINT"):
        generator.background(brief, CallLog())
    assert len(gemini.calls) == 1


def test_each_call_is_allowed_first_and_told_after_with_what_it_took(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    order: list[object] = []

    class Kept(CallLog):
        def allow(self) -> None:
            order.append(len(gemini.calls))

        def record(self, call: ModelCall) -> None:
            order.append((len(gemini.calls), call.failure))
            super().record(call)

    gemini.script(server.failure(500), server.picture())
    log = Kept()
    ask_gemini(
        gemini_image_price_in=Decimal("0.40"), gemini_image_price_out=Decimal("30")
    ).background(brief, log)
    assert order == [0, (1, "GeneratorOverloaded"), 1, (2, None)]
    failed, made = log.made
    assert (failed.tokens_in, failed.tokens_out, failed.cost) == (0, 0, Decimal(0))
    # 500 of the 1,500 tokens came out, 300 of them unseen, as thoughts.
    assert (made.model, made.tokens_in, made.tokens_out) == ("gemini-3.1-flash-image", 1000, 500)
    assert made.cost == Decimal("0.0154")
    assert 0 < made.seconds < 5


def test_words_have_prices_of_their_own(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    log = CallLog()
    ask_gemini(gemini_text_price_in=Decimal(1), gemini_text_price_out=Decimal(2)).prefill(
        brief, log
    )
    assert log.made[0].cost == Decimal("0.002")


def test_a_call_that_is_not_allowed_is_not_made(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    class NoMore(Exception):
        pass

    class Closed(CallLog):
        def allow(self) -> None:
            raise NoMore

    log = Closed()
    with pytest.raises(NoMore):
        generator.background(brief, log)
    assert (gemini.calls, log.made) == ([], [])


def test_the_sdk_does_not_try_again_by_itself(
    gemini: GeminiServer, generator: GeminiGenerator, brief: Brief
) -> None:
    # Told by the SDK, as it would be without the hook, a 503 is what it tries again for minutes.
    generator._client._service.transport._session.hooks["response"].clear()
    gemini.script(server.failure(503))
    with pytest.raises(GenerationError, match="ServiceUnavailable"):
        generator.background(brief, CallLog())
    assert len(gemini.calls) == 1


def test_two_generators_keep_their_own_settings(
    gemini: GeminiServer, ask_gemini: Make, brief: Brief
) -> None:
    with GeminiServer() as other:
        first = ask_gemini(GOOGLE_API_KEY="first-key")
        second = ask_gemini(GOOGLE_API_KEY="second-key", gemini_endpoint=other.url)
        first.background(brief, CallLog())
        second.background(brief, CallLog())
        first.prefill(brief, CallLog())
        assert [call.headers["x-goog-api-key"] for call in gemini.calls] == ["first-key"] * 2
        assert [call.headers["x-goog-api-key"] for call in other.calls] == ["second-key"]
