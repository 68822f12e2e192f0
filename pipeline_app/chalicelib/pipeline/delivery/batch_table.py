"""The counts of batches in DynamoDB: an item for each batch, by the minute of its first record."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.pipeline.delivery.model import BatchCounts

KEPT_SECONDS = 90 * 86_400


class BatchTable:
    """Batches in a table; `client` makes a client of DynamoDB, `now` returns seconds since 1970."""

    def __init__(self, client: Callable[[], Any], table: str, now: Callable[[], float]) -> None:
        self._client, self._table, self._now = client, table, now

    def put(self, counts: BatchCounts) -> None:
        """Put a batch's item; a repeated batch replaces it with the same."""
        item = {
            "minute": {"S": counts.minute},
            "batch": {"S": counts.batch},
            "received": _number(counts.received),
            "delivered": _number(counts.delivered),
            "quarantined": _number(sum(counts.quarantined.values())),
            "dropped": _number(sum(counts.dropped.values())),
            "failed": _number(counts.failed),
            "released": _number(counts.released),
            "reasons": _numbers(counts.quarantined),
            "rules": _numbers(counts.dropped),
            "positions": {"M": {shard: {"S": number} for shard, number in counts.positions.items()}},
            "expires_at": _number(int(self._now()) + KEPT_SECONDS),
        }
        self._client().put_item(TableName=self._table, Item=item)


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _numbers(values: Mapping[str, int]) -> dict[str, Any]:
    return {"M": {name: _number(value) for name, value in values.items()}}
