"""The progress of mailings in DynamoDB, in the subscriber table: `pk` is `mailing#<post id>`, `sk` `shard#<number>`."""

from collections.abc import Callable
from typing import Any

from chalicelib.blog.dynamodb_items import primary_key
from chalicelib.blog.mailings.model import ShardProgress

MAILING, SHARD = "mailing#", "shard#"


class MailingTable:
    """The MailingStore in one DynamoDB table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def shards(self, post_id: str) -> list[ShardProgress]:
        """Query a mailing."""
        response = self._client().query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": MAILING + post_id}},
        )
        return [_decoded(item) for item in response["Items"]]

    def begin(self, post_id: str, shard: int, now: int) -> ShardProgress:
        """Write when it began, unless the item has that already."""
        response = self._client().update_item(
            TableName=self._table,
            Key=_key(post_id, shard),
            UpdateExpression="SET startedAt = if_not_exists(startedAt, :now)",
            ExpressionAttributeValues={":now": {"N": str(now)}},
            ReturnValues="ALL_NEW",
        )
        return _decoded(response["Attributes"])

    def advance(self, old: ShardProgress, new: ShardProgress) -> bool:
        """Update the item on the condition that nobody else has. A single address may be counted meanwhile."""
        client = self._client()
        try:
            client.update_item(
                TableName=self._table,
                Key=_key(old.post_id, old.shard),
                UpdateExpression="SET #after = :after, endedAt = :ended ADD sent :sent, refused :refused",
                ConditionExpression="attribute_not_exists(#after) OR #after = :old",
                ExpressionAttributeNames={"#after": "after"},
                ExpressionAttributeValues={
                    ":after": {"S": new.after},
                    ":old": {"S": old.after},
                    ":ended": {"N": str(new.ended_at)},
                    ":sent": {"N": str(new.sent - old.sent)},
                    ":refused": {"N": str(new.refused - old.refused)},
                },
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def count(self, post_id: str, shard: int, outcome: str) -> None:
        """Add one to the attribute of the outcome."""
        self._client().update_item(
            TableName=self._table,
            Key=_key(post_id, shard),
            UpdateExpression="ADD #outcome :one",
            ExpressionAttributeNames={"#outcome": outcome},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def _key(post_id: str, shard: int) -> dict[str, Any]:
    return primary_key(MAILING + post_id, f"{SHARD}{shard}")


def _decoded(item: Any) -> ShardProgress:
    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return ShardProgress(
        post_id=item["pk"]["S"].removeprefix(MAILING),
        shard=int(item["sk"]["S"].removeprefix(SHARD)),
        started_at=number("startedAt"),
        after=item["after"]["S"] if "after" in item else "",
        sent=number("sent"),
        refused=number("refused"),
        ended_at=number("endedAt"),
    )
