"""The counts of the delivery, and what waits for it."""

import msgspec
from chalicelib.pipeline.reports.model import Report


class Counts(msgspec.Struct, frozen=True):
    """How many records the delivery has received, and what became of them.

    `quarantined` is by reason, `dropped` by rule. `released` counts the received records that were put into the stream
    again. `failed` records are faults of our own.
    """

    received: int = 0
    delivered: int = 0
    quarantined: dict[str, int] = {}
    dropped: dict[str, int] = {}
    failed: int = 0
    released: int = 0

    @property
    def is_balanced(self) -> bool:
        """Whether each received record has become exactly one thing."""
        others = sum(self.quarantined.values()) + sum(self.dropped.values()) + self.failed
        return self.received == self.delivered + others

    def __add__(self, other: "Counts") -> "Counts":
        """Add the counts of another batch."""
        return Counts(
            received=self.received + other.received,
            delivered=self.delivered + other.delivered,
            quarantined=_sum(self.quarantined, other.quarantined),
            dropped=_sum(self.dropped, other.dropped),
            failed=self.failed + other.failed,
            released=self.released + other.released,
        )


class Waiting(msgspec.Struct, frozen=True):
    """What the delivery has not received: when the oldest record arrived, and of how many shards this is not known.

    `oldest_at` is in milliseconds since 1970; None if no record waits.
    """

    oldest_at: int | None
    unread_shards: int = 0


class QueueDepth(msgspec.Struct, frozen=True):
    """How many messages a queue has: waiting, and received but not deleted yet."""

    name: str
    waiting: int
    in_flight: int


class Health(msgspec.Struct, frozen=True):
    """The pipeline at one time; times are in milliseconds since 1970."""

    at: int
    since: int
    counts: Counts
    waiting: Waiting
    queues: list[QueueDepth]
    failed_reports: list[Report]


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted(one.keys() | other.keys())}
