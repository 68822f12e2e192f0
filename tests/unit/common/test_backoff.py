"""How many writers succeed when many write to one item, which takes one transaction at a time."""

import heapq
import random

import pytest

from common.aws.backoff import ATTEMPTS, attempts, attempts_while

TRANSACTION_SECONDS = 0.03


def through(writers: int, seed: int) -> int:
    """Run writers that start within 50 ms of virtual time; one that conflicts with another tries again."""
    chance = random.Random(seed)
    pauses: list[list[float]] = [[] for _ in range(writers)]
    tries = [attempts(pause.append) for pause in pauses]
    coming = [(chance.uniform(0, 0.05), writer) for writer in range(writers) if next(tries[writer]) == 0]
    heapq.heapify(coming)
    free_at = done = 0.0
    while coming:
        now, writer = heapq.heappop(coming)
        if now >= free_at:
            free_at, done = now + TRANSACTION_SECONDS, done + 1
        elif next(tries[writer], None) is not None:
            heapq.heappush(coming, (now + TRANSACTION_SECONDS / 2 + pauses[writer][-1], writer))
    return int(done)


@pytest.mark.parametrize("seed", range(5))
def test_all_of_50_concurrent_writers_succeed(seed: int):
    random.seed(seed)
    assert through(50, seed) == 50


@pytest.mark.parametrize("seed", range(5))
def test_nearly_all_of_100_concurrent_writers_succeed(seed: int):
    random.seed(seed)
    assert through(100, seed) >= 90


def test_the_first_attempt_does_not_wait_and_others_wait_briefly():
    slept: list[float] = []
    assert list(attempts(slept.append)) == list(range(ATTEMPTS))
    assert len(slept) == ATTEMPTS - 1
    # The API's function has 29 seconds for everything.
    assert sum(slept) < 12


def test_a_write_that_must_be_made_is_tried_for_as_long_as_there_is_time():
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    tried = list(attempts_while(lambda: clock[0] < 50, sleep))
    assert len(tried) > 40
    assert 50 <= clock[0] <= 51
    assert list(attempts_while(lambda: False, sleep)) == [0]
