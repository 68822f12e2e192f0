"""All items of an account in DynamoDB; the tombstone is an attribute of the version item."""

import time
from collections.abc import Callable
from typing import Any

from chalicelib.todo.accounts.ports import OutOfTime
from chalicelib.todo.dynamodb_items import VERSION_KEY, get_version_decoder, primary_key, query_keys_decoder
from chalicelib.todo.errors import Unfinished

from common.aws.transactions import update_between_transactions

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
BATCH_SIZE = 25


class AccountTable:
    """AccountItems in one DynamoDB table; `client` makes a client whose responses are `{"raw": bytes}`."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def is_deleted(self, owner: str) -> bool:
        """Read the version item, consistently."""
        response = self._client().get_item(
            TableName=self._table, Key=primary_key(owner, VERSION_KEY), ConsistentRead=True
        )
        item = get_version_decoder.decode(response["raw"]).Item
        return item is not None and item.deletedAt is not None

    def mark_deleted(self, owner: str, at: int) -> None:
        """Write the tombstone unless it is there."""
        self._set(owner, "deletedAt = if_not_exists(deletedAt, :seconds)", at)

    def expire_tombstone(self, owner: str, expires_at: int) -> None:
        """Give the tombstone a time to live."""
        self._set(owner, "expiresAt = :seconds", expires_at)

    def clear(self, owner: str, out_of_time: OutOfTime) -> None:
        """Delete batches while there are items and time."""
        while batch := self._keys(owner):
            if out_of_time():
                raise Unfinished
            requests = [{"DeleteRequest": {"Key": primary_key(owner, sort_key)}} for sort_key in batch]
            # The next query returns the items that DynamoDB left unprocessed.
            self._client().batch_write_item(RequestItems={self._table: requests})

    def _keys(self, owner: str) -> list[str]:
        response = self._client().query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="#owner = :owner",
            ProjectionExpression="#key",
            ExpressionAttributeNames={"#owner": "owner", "#key": "key"},
            ExpressionAttributeValues={":owner": {"S": owner}},
            Limit=BATCH_SIZE + 1,
        )
        sort_keys = [item.key.S for item in query_keys_decoder.decode(response["raw"]).Items]
        return [sort_key for sort_key in sort_keys if sort_key != VERSION_KEY][:BATCH_SIZE]

    def _set(self, owner: str, assignment: str, seconds: int) -> None:
        update_between_transactions(
            self._client(),
            self._sleep,
            TableName=self._table,
            Key=primary_key(owner, VERSION_KEY),
            UpdateExpression=f"SET {assignment}",
            ExpressionAttributeValues={":seconds": {"N": str(seconds)}},
        )
