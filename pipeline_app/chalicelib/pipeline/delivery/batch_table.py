"""The counts of batches in DynamoDB: an item for each batch, by the minute of its first record.

Beside them is an item for each shard: the highest sequence number that the delivery has received of it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.pipeline.delivery.model import BatchCounts

KEPT_SECONDS = 90 * 86_400
# In the place of a minute.
POSITIONS = "#position"
# Longer than a stream of ours keeps records.
POSITION_KEPT_SECONDS = 3 * 86_400
# Of the same length, numbers as text have their order: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html
_DIGITS = 129


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
            "expires_at": _number(int(self._now()) + KEPT_SECONDS),
        }
        self._client().put_item(TableName=self._table, Item=item)
        for shard_id, sequence in counts.positions.items():
            self._note(shard_id, sequence)

    def _note(self, shard_id: str, sequence: str) -> None:
        """Note how far a shard was received, unless a batch that ended before was further."""
        client = self._client()
        values = {
            ":position": {"S": sequence.zfill(_DIGITS)},
            ":expires": _number(int(self._now()) + POSITION_KEPT_SECONDS),
        }
        with suppress(client.exceptions.ConditionalCheckFailedException):
            client.update_item(
                TableName=self._table,
                Key={"minute": {"S": POSITIONS}, "batch": {"S": shard_id}},
                UpdateExpression="SET #position = :position, expires_at = :expires",
                ConditionExpression="attribute_not_exists(#position) OR #position < :position",
                ExpressionAttributeNames={"#position": "position"},
                ExpressionAttributeValues=values,
            )


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _numbers(values: Mapping[str, int]) -> dict[str, Any]:
    return {"M": {name: _number(value) for name, value in values.items()}}
