"""Subscribers in a DynamoDB table of their own, which only the functions that need addresses can read.

`pk` is `subscriber#<id>` with `sk` `subscriber`, or `count#<counter>` with a time window. Marks of mails and the
progress of mailings have adapters of their own. Confirmed subscribers are in an index, by `confirmedShard`.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.blog.dynamodb_items import get_item, json_attribute, primary_key
from chalicelib.blog.subscribers.model import Subscriber, shard_of

SUBSCRIBER, COUNT = "subscriber#", "count#"
CONFIRMED_INDEX = "confirmed"
_decoder = msgspec.json.Decoder(Subscriber)


class SubscriberTable:
    """A SubscriberStore, and the ConfirmedSubscribers, in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Read one subscriber, consistently."""
        item = get_item(self._client(), self._table, primary_key(SUBSCRIBER + subscriber_id, "subscriber"))
        return None if item is None else decoded(item)

    def put(self, old: Subscriber | None, new: Subscriber) -> bool:
        """Replace the old subscriber, and keep the item's other attributes. A repeated call changes nothing."""
        client = self._client()
        values = {":new": json_attribute(new), **({":old": json_attribute(old)} if old else {})}
        in_index = " REMOVE confirmedShard"
        if new.state == "confirmed":
            in_index, values[":shard"] = ", confirmedShard = :shard", {"S": str(shard_of(new.id))}
        try:
            client.update_item(
                TableName=self._table,
                Key=primary_key(SUBSCRIBER + new.id, "subscriber"),
                UpdateExpression=f"SET #data = :new{in_index}",
                ConditionExpression="#data = :old" if old else "attribute_not_exists(pk)",
                ExpressionAttributeNames={"#data": "data"},
                ExpressionAttributeValues=values,
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def count(self, counter: str, window: int, seconds: int, most: int) -> bool:
        """Add one to a counter, which expires after its window."""
        client = self._client()
        try:
            client.update_item(
                TableName=self._table,
                Key=primary_key(COUNT + counter, str(window)),
                UpdateExpression="ADD times :one SET expiresAt = :end",
                ConditionExpression="attribute_not_exists(times) OR times < :most",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":end": {"N": str((window + 2) * seconds)},
                    ":most": {"N": str(most)},
                },
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def confirmed(self, shard: int, after: str, limit: int) -> list[str]:
        """Query the index of confirmed subscribers, which follows the table within a moment."""
        response = self._client().query(
            TableName=self._table,
            IndexName=CONFIRMED_INDEX,
            KeyConditionExpression="confirmedShard = :shard AND pk > :after",
            ExpressionAttributeValues={":shard": {"S": str(shard)}, ":after": {"S": SUBSCRIBER + after}},
            Limit=limit,
        )
        return [item["pk"]["S"].removeprefix(SUBSCRIBER) for item in response["Items"]]


def decoded(item: Any) -> Subscriber:
    """Read the subscriber in an item or in an image of a stream record."""
    return _decoder.decode(item["data"]["S"])
