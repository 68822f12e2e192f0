"""Calls end within their budget, whatever the cluster does."""

from threading import Event

import pytest

from common.aws.dax.answers import NoAnswer, NotSent
from common.aws.dax.cluster import Within


@pytest.fixture
def stuck():
    """A function that ends after the test only."""
    end = Event()
    yield end.wait
    end.set()


def test_what_a_function_returns_or_raises_in_time_is_its_own():
    within = Within(30)
    assert within(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(lambda: 1 // 0)


def timed_out() -> None:
    raise TimeoutError("of the socket")


def test_a_timeout_of_the_function_itself_is_told_apart():
    with pytest.raises(TimeoutError, match="of the socket"):
        Within(30)(timed_out)


def test_a_function_that_does_not_end_is_left_alone(stuck):
    with pytest.raises(NoAnswer, match=r"no answer within 0.01 s") as raised:
        Within(0.01)(stuck)
    assert type(raised.value) is NoAnswer


def test_when_every_thread_waits_nothing_is_sent(stuck):
    within = Within(0.01)
    sent = []
    for _ in range(10):
        with pytest.raises(NoAnswer):
            within(stuck)
    with pytest.raises(NotSent):
        within(lambda: sent.append("a call"))
    assert sent == []
