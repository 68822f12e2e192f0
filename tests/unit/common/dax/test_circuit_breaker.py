"""When a service that does not answer is tried again."""

import pytest

from common.aws.dax.circuit_breaker import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, CircuitBreaker


class Clock:
    """Seconds that a test sets."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_is_closed_until_a_call_fails(clock: Clock):
    breaker = CircuitBreaker(clock)
    assert [breaker.allows() for _ in range(3)] == [True] * 3
    assert not breaker.succeeded()
    assert breaker.failed()
    assert not breaker.allows()


def test_one_call_tries_again_after_the_pause_while_the_others_wait(clock: Clock):
    breaker = CircuitBreaker(clock)
    breaker.failed()
    clock.seconds += FIRST_PAUSE_SECONDS
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_success_closes_it_and_is_told_once(clock: Clock):
    breaker = CircuitBreaker(clock)
    breaker.failed()
    clock.seconds += FIRST_PAUSE_SECONDS
    assert breaker.allows()
    assert [breaker.succeeded(), breaker.succeeded()] == [True, False]
    assert [breaker.allows() for _ in range(2)] == [True] * 2


def test_the_pauses_become_longer_up_to_a_limit_and_are_short_again_after_a_success(clock: Clock):
    breaker = CircuitBreaker(clock)
    assert breaker.failed()
    pauses = []
    for _ in range(8):
        began = clock.seconds
        while not breaker.allows():
            clock.seconds += FIRST_PAUSE_SECONDS
        pauses.append(clock.seconds - began)
        # It was open already.
        assert not breaker.failed()
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    breaker.succeeded()
    assert breaker.failed()
    clock.seconds += FIRST_PAUSE_SECONDS
    assert breaker.allows()


def test_a_call_that_never_ends_does_not_keep_others_from_trying(clock: Clock):
    breaker = CircuitBreaker(clock)
    breaker.failed()
    for _ in range(3):
        clock.seconds += LONGEST_PAUSE_SECONDS
        assert breaker.allows()
