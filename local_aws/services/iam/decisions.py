"""Remembers for a second that a request was allowed.

An evaluation costs more than what it allows, such as one record of a stream. On AWS too a change of a policy has no
effect until it has been copied to where requests are authorized
(https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
"""

import time
from collections.abc import Callable, Hashable

_SECONDS = 1.0
_MOST = 20_000


class Decisions:
    """Which requests were allowed within the last second; refusals are evaluated each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._allowed_until: dict[Hashable, float] = {}

    def is_allowed(self, request: Hashable, evaluate: Callable[[], bool]) -> bool:
        """Whether `request` is allowed; `evaluate` decides if that is not known."""
        now = self._clock()
        if self._allowed_until.get(request, 0.0) > now:
            return True
        if not evaluate():
            self._allowed_until.pop(request, None)
            return False
        if len(self._allowed_until) >= _MOST:
            self._allowed_until.clear()
        self._allowed_until[request] = now + _SECONDS
        return True
