"""The use case that puts the pipeline's health together."""

from collections.abc import Callable, Iterator

from chalicelib.pipeline.fleet.model import minute_of
from chalicelib.pipeline.health.model import Counts, Health
from chalicelib.pipeline.health.ports import Batches, Queues, Reports, Stream

MINUTE_MS = 60_000
MOST_FAILED_REPORTS = 20


class HealthReport:
    """Reads the pipeline's health; `now` returns milliseconds since 1970."""

    def __init__(
        self, *, batches: Batches, stream: Stream, queues: Queues, reports: Reports, now: Callable[[], int]
    ) -> None:
        self._batches = batches
        self._stream = stream
        self._queues = queues
        self._reports = reports
        self._now = now

    def read(self, minutes: int) -> Health:
        """Read what came in within the last minutes, the current one included, and what waits now."""
        now = self._now()
        since = (now // MINUTE_MS - minutes + 1) * MINUTE_MS
        return Health(
            at=now,
            since=since,
            counts=sum(self._batches.of_minutes(list(_minutes(since, now))), Counts()),
            waiting=self._stream.waiting_after(self._batches.positions()),
            queues=self._queues.depths(),
            failed_reports=self._reports.failed(MOST_FAILED_REPORTS),
        )


def _minutes(since: int, until: int) -> Iterator[str]:
    return (minute_of(at) for at in range(since, until + 1, MINUTE_MS))
