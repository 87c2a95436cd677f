"""The calls that one answer takes: how often, how long, what they cost, and when to give up."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from creative.asking.exchange import Answer, CallFailed, Question
from creative.asking.failures import error_for, waiting_error
from creative.calls import Calls, ModelCall
from creative.errors import (
    GenerationError,
    GeneratorMadeNothing,
    GeneratorOverloaded,
)

_MOST_NOTHINGS = 3
_LONGEST_BACKOFF = 30
_MILLION = Decimal(1_000_000)
_backoff = wait_random_exponential(multiplier=1, max=_LONGEST_BACKOFF)

Ask = Callable[[Question, float], Answer]
Outcome = TypeVar("Outcome")


class Attempts:
    """Asks until there is a usable answer, within bounds that hold for all its questions together.

    Overload, timeouts and broken connections are tried again; so is an answer with nothing in it,
    twice. Before that comes a pause: a random part of a span that doubles ("full jitter", Brooker,
    *Exponential Backoff and Jitter*), or the delay that the server asked for where that is longer.

    Args:
        ask: makes one call of at most so many seconds.
        calls: asked before each call, and told after it. How long it lets one wait does not count.
        prices: US dollars for a million tokens in, and out.
        most_calls: of all questions together.
        call_seconds: the longest that one call may take.
        total_seconds: the longest that all calls and pauses may take.
        sleep: how to pause.
    """

    def __init__(
        self, ask: Ask, calls: Calls, prices: tuple[Decimal, Decimal], *, most_calls: int,
        call_seconds: float, total_seconds: float, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._ask = ask
        self._calls = calls
        self._prices = prices
        self._most_calls = most_calls
        self._call_seconds = call_seconds
        self._total_seconds = total_seconds
        self._sleep = sleep
        self._made = 0
        self._nothings = 0
        self._spent = 0.0

    @property
    def may_ask_again(self) -> bool:
        """Whether a call, and time for it, is left."""
        return self._made < self._most_calls and self._seconds_left > 0

    def make(self, question: Question, read: Callable[[Answer], Outcome]) -> Outcome:
        """What `read` takes from the answer; its errors are those of the call.

        Raises:
            GenerationError: there is no usable answer.
            GeneratorAskedToWait: the server asks for a longer pause than there is time for.
        """
        retrying = Retrying(
            retry=retry_if_exception(self._is_worth_another),
            wait=_pause_after,
            stop=self._is_over,
            sleep=self._pause,
            retry_error_callback=self._give_up,
        )
        outcome: Outcome = retrying(self._call, question, read)
        return outcome

    @property
    def _seconds_left(self) -> float:
        return self._total_seconds - self._spent

    def _call(self, question: Question, read: Callable[[Answer], Outcome]) -> Outcome:
        self._calls.allow()
        self._made += 1
        began = time.monotonic()
        answer = Answer()
        failure: str | None = None
        seconds = 0.0
        try:
            try:
                answer = self._answer(question)
            finally:
                seconds = time.monotonic() - began
                self._spent += seconds
            return read(answer)
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            self._calls.record(self._bill(question, answer, seconds, failure))

    def _answer(self, question: Question) -> Answer:
        try:
            return self._ask(question, min(self._call_seconds, self._seconds_left))
        except CallFailed as failed:
            error = error_for(failed, question, datetime.now(UTC))
        raise error

    def _bill(
        self, question: Question, answer: Answer, seconds: float, failure: str | None
    ) -> ModelCall:
        price_in, price_out = self._prices
        return ModelCall(
            model=question.model,
            seconds=seconds,
            tokens_in=answer.tokens_in,
            tokens_out=answer.tokens_out,
            cost=(answer.tokens_in * price_in + answer.tokens_out * price_out) / _MILLION,
            failure=failure,
        )

    def _is_worth_another(self, error: BaseException) -> bool:
        if isinstance(error, GeneratorMadeNothing):
            self._nothings += 1
            return self._nothings < _MOST_NOTHINGS
        return isinstance(error, GeneratorOverloaded)

    def _is_over(self, state: RetryCallState) -> bool:
        return self._made >= self._most_calls or state.upcoming_sleep >= self._seconds_left

    def _pause(self, seconds: float) -> None:
        self._spent += seconds
        self._sleep(seconds)

    def _give_up(self, state: RetryCallState) -> None:
        error = _error_of(state)
        asked = error.retry_after if isinstance(error, GeneratorOverloaded) else None
        if isinstance(error, GeneratorOverloaded) and asked and asked >= self._seconds_left:
            raise waiting_error(error, datetime.now(UTC))
        if self._made > 1:
            error.args = (f"{error} It was asked {self._made} times.",)
        raise error


def _error_of(state: RetryCallState) -> GenerationError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, GenerationError)
    return error


def _pause_after(state: RetryCallState) -> float:
    error = _error_of(state)
    asked = error.retry_after if isinstance(error, GeneratorOverloaded) else None
    return max(asked or 0.0, _backoff(state))
