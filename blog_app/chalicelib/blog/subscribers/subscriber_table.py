"""Subscribers in a DynamoDB table of their own, which only the functions that need addresses can read.

`pk` is `subscriber#<id>` with `sk` `subscriber` or `welcome#<round>`; or `count#<counter>` with a time window.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.blog.dynamodb_items import get_item, json_attribute, primary_key
from chalicelib.blog.home_region import Transact
from chalicelib.blog.subscribers.model import Subscriber
from chalicelib.blog.subscribers.ports import MailInFlight

SUBSCRIBER, COUNT = "subscriber#", "count#"
_decoder = msgspec.json.Decoder(Subscriber)


class SubscriberTable:
    """A SubscriberStore, and the WelcomeMarks, in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str, transact: Transact) -> None:
        self._client = client
        self._table = table
        self._transact = transact

    def get(self, subscriber_id: str) -> Subscriber | None:
        """Read one subscriber, consistently."""
        item = get_item(self._client(), self._table, primary_key(SUBSCRIBER + subscriber_id, "subscriber"))
        return None if item is None else decoded(item)

    def put(self, old: Subscriber | None, new: Subscriber) -> bool:
        """Replace the old subscriber, and keep the item's other attributes. A repeated call changes nothing."""
        client = self._client()
        values = {":new": json_attribute(new), **({":old": json_attribute(old)} if old else {})}
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
        """Claim the mail of a round in the home region, unless it is settled or was claimed recently."""
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
        item = get_item(self._client(), self._table, key)
        if item and "outcome" in item:
            return False
        raise MailInFlight("Another invocation has claimed this mail.")

    def release(self, subscriber: Subscriber) -> None:
        """Remove the claim. Like `settle`, this also works if home has moved since: the new home waits for it."""
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
    """Read the subscriber in an item or in an image of a stream record."""
    return _decoder.decode(item["data"]["S"])
