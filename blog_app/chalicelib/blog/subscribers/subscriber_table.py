"""Subscribers in a DynamoDB table of their own: addresses are nobody's business but the functions' that need them.

`pk` is `subscriber#<id>` with `sk` `subscriber` or `welcome#<round>`, or `count#<what>` with a window of time.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.blog.home_region import Transact
from chalicelib.blog.posts.post_table import primary_key
from chalicelib.blog.subscribers.subscriptions import Subscriber
from chalicelib.blog.subscribers.welcome import InFlight

SUBSCRIBER, COUNT = "subscriber#", "count#"
_decoder = msgspec.json.Decoder(Subscriber)


class SubscriberTable:
    """A SubscriberStore, and the Marks of welcome mails, in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, transact: Transact) -> None:
        self._client = client
        self._table = table
        self._transact = transact

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Read one subscriber, consistently."""
        key = primary_key(SUBSCRIBER + subscriber_id, "subscriber")
        item = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else decoded(item)

    def put(self, old: Subscriber | None, new: Subscriber) -> bool:
        """Put a subscriber in the old one's place; what else the item has stays. The same again changes nothing."""
        client = self._client()
        values = {":new": _data(new), **({":old": _data(old)} if old else {})}
        try:
            client.update_item(
                TableName=self._table,
                Key=primary_key(SUBSCRIBER + new.id, "subscriber"),
                UpdateExpression="SET #data = :new",
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

    def claim(self, subscriber: Subscriber, now: int, claim_seconds: int) -> bool:
        """Claim the mail of a round where home is, unless it is settled or claimed since shortly."""
        key = self._mark(subscriber)
        claim = {
            "TableName": self._table,
            "Key": key,
            "UpdateExpression": "SET claimedAt = :now",
            "ConditionExpression": "attribute_not_exists(outcome)"
            " AND (attribute_not_exists(claimedAt) OR claimedAt < :old)",
            "ExpressionAttributeValues": {":now": {"N": str(now)}, ":old": {"N": str(now - claim_seconds)}},
        }
        if self._transact([{"Update": claim}]):
            return True
        item = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        if "outcome" in item:
            return False
        raise InFlight("Another invocation has claimed this mail.")

    def release(self, subscriber: Subscriber) -> None:
        """Take the claim out of the mark; like settling, also if home has moved since: the new one waits for it."""
        self._client().update_item(
            TableName=self._table, Key=self._mark(subscriber), UpdateExpression="REMOVE claimedAt"
        )

    def settle(self, subscriber: Subscriber, outcome: str) -> None:
        """Write the outcome into the mark."""
        self._client().update_item(
            TableName=self._table,
            Key=self._mark(subscriber),
            UpdateExpression="SET outcome = :outcome",
            ExpressionAttributeValues={":outcome": {"S": outcome}},
        )

    def _mark(self, subscriber: Subscriber) -> dict[str, Any]:
        return primary_key(SUBSCRIBER + subscriber.id, f"welcome#{subscriber.round}")


def decoded(item: Any) -> Subscriber:
    """Read the subscriber in an item or in a stream's image."""
    return _decoder.decode(item["data"]["S"])


def _data(subscriber: Subscriber) -> dict[str, str]:
    return {"S": msgspec.json.encode(subscriber).decode()}
