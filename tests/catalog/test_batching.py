"""Many threads, few batches: shared, bounded, and honest about errors."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from catalog.batching import Batcher


class Recorder:
    """Doubles its items; a batch with a negative one fails, and `gate` holds the first back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()

    def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        assert self.gate.wait(20)
        if min(items) < 0:
            raise ArithmeticError("a negative item")
        return [2 * item for item in items]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.gate.set()


def batcher(recorder: Recorder, workers: int = 1, linger: float = 0.0) -> Batcher[int, int]:
    return Batcher(recorder, largest=8, workers=workers, linger=linger, name="test")


def test_what_waits_is_computed_together(recorder: Recorder) -> None:
    shared = batcher(recorder)
    first = shared.submit(0)
    while not recorder.batches:
        pass
    with ThreadPoolExecutor(16) as pool:
        futures = list(pool.map(shared.submit, range(1, 17)))
        recorder.gate.set()
        assert sorted(future.result(20) for future in futures) == [2 * n for n in range(1, 17)]
    assert first.result(20) == 0
    assert [len(batch) for batch in recorder.batches] == [1, 8, 8]


def test_a_batch_that_is_not_full_waits_a_moment_for_more(recorder: Recorder) -> None:
    recorder.gate.set()
    shared = batcher(recorder, linger=20.0)
    futures = [shared.submit(0)]
    for item in range(1, 8):
        time.sleep(0.01)
        futures.append(shared.submit(item))
    assert [future.result(10) for future in futures] == [2 * n for n in range(8)]
    assert recorder.batches == [list(range(8))]


def test_an_error_reaches_all_of_its_batch_and_the_next_batch_is_computed(
    recorder: Recorder,
) -> None:
    shared = batcher(recorder)
    blocker = shared.submit(0)
    while not recorder.batches:
        pass
    futures = [shared.submit(item) for item in (1, -1, 2)]
    recorder.gate.set()
    assert blocker.result(20) == 0
    for future in futures:
        with pytest.raises(ArithmeticError, match="a negative item"):
            future.result(20)
    assert shared.submit(5).result(20) == 10


def test_a_wrong_number_of_results_is_an_error_of_everyone() -> None:
    def forgets_one(items: list[int]) -> list[int]:
        return items[:-1]

    shared = Batcher(forgets_one, largest=4, workers=1, linger=0.2, name="test")
    futures = [shared.submit(item) for item in range(3)]
    assert isinstance(futures[-1].exception(20), ValueError)


def test_what_was_cancelled_is_not_computed(recorder: Recorder) -> None:
    shared = batcher(recorder)
    blocker = shared.submit(0)
    while not recorder.batches:
        pass
    kept: Future[int] = shared.submit(1)
    dropped = shared.submit(2)
    assert dropped.cancel()
    recorder.gate.set()
    assert (blocker.result(20), kept.result(20)) == (0, 2)
    assert recorder.batches == [[0], [1]]


def test_two_workers_compute_at_the_same_time() -> None:
    together = threading.Barrier(2)

    def meet(items: list[int]) -> list[int]:
        together.wait(20)
        return items

    shared = Batcher(meet, largest=1, workers=2, linger=0, name="test")
    assert [future.result(20) for future in [shared.submit(1), shared.submit(2)]] == [1, 2]


def test_the_earliest_turn_is_computed_first_and_each_in_its_order(recorder: Recorder) -> None:
    shared = batcher(recorder)
    first = shared.submit(0)
    while not recorder.batches:
        pass
    futures = [shared.submit(item, turn) for item, turn in [(5, 2), (1, 1), (6, 2), (2, 1), (3, 1)]]
    recorder.gate.set()
    assert [future.result(20) for future in (first, *futures)] == [0, 10, 2, 12, 4, 6]
    assert recorder.batches == [[0], [1, 2, 3, 5, 6]]
