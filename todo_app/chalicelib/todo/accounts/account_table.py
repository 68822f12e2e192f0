"""All of an account's items in DynamoDB; the tombstone is an attribute of its version item."""

import time
from collections.abc import Callable
from typing import Any

from chalicelib.todo.accounts.accounts import OutOfTime, Unfinished
from chalicelib.todo.todos import todo_items
from chalicelib.todo.todos.todo_items import VERSION_KEY, primary_key

from common.aws.backoff import attempts
from common.errors import Busy

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
BATCH = 25


class AccountTable:
    """AccountItems in one DynamoDB table; `client` is one whose answers are `{"raw": bytes}`."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def is_deleted(self, owner: str) -> bool:
        """Read the version item, consistently."""
        answer = self._client().get_item(
            TableName=self._table, Key=primary_key(owner, VERSION_KEY), ConsistentRead=True
        )
        item = todo_items.got_version.decode(answer["raw"]).Item
        return item is not None and item.deletedAt is not None

    def mark_deleted(self, owner: str, at: int) -> None:
        """Write the tombstone unless it is there."""
        self._set(owner, "deletedAt = if_not_exists(deletedAt, :seconds)", at)

    def expire_tombstone(self, owner: str, expires_at: int) -> None:
        """Give the tombstone a time to live."""
        self._set(owner, "expiresAt = :seconds", expires_at)

    def clear(self, owner: str, out_of_time: OutOfTime) -> None:
        """Delete in batches, as long as there is something and time."""
        while batch := self._keys(owner):
            if out_of_time():
                raise Unfinished
            requests = [{"DeleteRequest": {"Key": primary_key(owner, sort_key)}} for sort_key in batch]
            # Items that DynamoDB leaves unprocessed are found by the next query.
            self._client().batch_write_item(RequestItems={self._table: requests})

    def _keys(self, owner: str) -> list[str]:
        answer = self._client().query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="#owner = :owner",
            ProjectionExpression="#key",
            ExpressionAttributeNames={"#owner": "owner", "#key": "key"},
            ExpressionAttributeValues={":owner": {"S": owner}},
            Limit=BATCH + 1,
        )
        found = [item.key.S for item in todo_items.keys.decode(answer["raw"]).Items]
        return [sort_key for sort_key in found if sort_key != VERSION_KEY][:BATCH]

    def _set(self, owner: str, assignment: str, seconds: int) -> None:
        client = self._client()
        for _ in attempts(self._sleep):
            try:
                client.update_item(
                    TableName=self._table,
                    Key=primary_key(owner, VERSION_KEY),
                    UpdateExpression=f"SET {assignment}",
                    ExpressionAttributeValues={":seconds": {"N": str(seconds)}},
                )
            except client.exceptions.TransactionConflictException:
                # A device of the same user is changing the list, and its transaction holds the version.
                continue
            return
        raise Busy("Too many changes at once.")
