"""A circuit breaker: after a failure nothing is sent to a service for a while, then one call tries it again.

https://docs.aws.amazon.com/prescriptive-guidance/latest/cloud-design-patterns/circuit-breaker.html
"""

import time
from collections.abc import Callable
from threading import Lock

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


class CircuitBreaker:
    """Closed at first; a failure opens it, a success closes it. `now` returns seconds that only grow."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = Lock()
        # 0 while it is closed.
        self._pause = 0.0
        self._next_trial = 0.0

    def allows(self) -> bool:
        """Whether a call may be sent. While it is open, one call after each pause may."""
        with self._lock:
            if self._pause == 0:
                return True
            if self._now() < self._next_trial:
                return False
            # Other calls wait for the outcome of this one.
            self._next_trial = self._now() + self._pause
            return True

    def failed(self) -> bool:
        """Record a call without an answer; returns whether this opened the circuit breaker."""
        with self._lock:
            opened = self._pause == 0
            self._pause = FIRST_PAUSE_SECONDS if opened else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._next_trial = self._now() + self._pause
            return opened

    def succeeded(self) -> bool:
        """Record an answer; returns whether this closed the circuit breaker."""
        with self._lock:
            closed, self._pause = self._pause > 0, 0.0
            return closed
