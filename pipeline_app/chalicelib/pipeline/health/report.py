"""The use case that puts the pipeline's health together."""

from collections.abc import Callable, Iterator

from chalicelib.pipeline.fleet.model import minute_of
from chalicelib.pipeline.health.model import Counts, Health
from chalicelib.pipeline.health.ports import Batches, Queues, Stream

MINUTE_MS = 60_000


class HealthReport:
    """Reads the pipeline's health; `now` returns milliseconds since 1970."""

    def __init__(self, batches: Batches, stream: Stream, queues: Queues, now: Callable[[], int]) -> None:
        self._batches = batches
        self._stream = stream
        self._queues = queues
        self._now = now

    def read(self, minutes: int) -> Health:
        """Read what came in within the last minutes, the current one included, and what waits now."""
        now = self._now()
        since = (now // MINUTE_MS - minutes + 1) * MINUTE_MS
        counts, positions = Counts(), dict[str, str]()
        for batch in self._batches.of_minutes(list(_minutes(since, now))):
            counts += batch.counts
            for shard_id, number in batch.positions.items():
                positions[shard_id] = max(positions.get(shard_id, "0"), number, key=int)
        return Health(
            at=now,
            since=since,
            counts=counts,
            oldest_waiting_at=self._stream.oldest_after(positions, since),
            queues=self._queues.depths(),
        )


def _minutes(since: int, until: int) -> Iterator[str]:
    return (minute_of(at) for at in range(since, until + 1, MINUTE_MS))
