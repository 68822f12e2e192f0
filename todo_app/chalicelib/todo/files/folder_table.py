"""The folders' names in DynamoDB: attribute `identityId` of the version item."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.todo.dynamodb_items import VERSION_KEY, N, S, primary_key
from chalicelib.todo.errors import AccountDeleted
from chalicelib.todo.files.model import Folder

from common.aws.transactions import update_between_transactions


class FolderItem(msgspec.Struct, rename="camel"):
    """What the version item says of the folder."""

    identity_id: S | None = None
    deleted_at: N | None = None
    # The role of delete_files may not read this attribute.
    version: N | None = None

    def folder(self) -> Folder:
        """Return what is known of the folder."""
        return Folder(self.identity_id.S if self.identity_id else "", self.deleted_at is not None)


class GetFolderResponse(msgspec.Struct):
    """The response of GetItem."""

    Item: FolderItem | None = None


_decoder = msgspec.json.Decoder(GetFolderResponse)


class FolderTable:
    """A FolderStore in one DynamoDB table; `client` makes a client whose responses are `{"raw": bytes}`."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def get(self, owner: str) -> Folder | None:
        """Read the attributes that the role of delete_files may read."""
        item = self._item(
            owner,
            # With the key: DynamoDB returns the item then even if it has none of the other attributes.
            ProjectionExpression="#key, identityId, deletedAt",
            ExpressionAttributeNames={"#key": "key"},
        )
        return item.folder() if item else None

    def get_with_version(self, owner: str) -> tuple[Folder | None, int]:
        """Read the version item."""
        item = self._item(owner)
        return (item.folder(), int(item.version.N) if item.version else 0) if item else (None, 0)

    def _item(self, owner: str, **projection: Any) -> FolderItem | None:
        key = primary_key(owner, VERSION_KEY)
        response = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True, **projection)
        return _decoder.decode(response["raw"]).Item

    def set_name(self, owner: str, name: str) -> None:
        """Update the version item, and create it for an owner without one."""
        client = self._client()
        try:
            update_between_transactions(
                client,
                self._sleep,
                TableName=self._table,
                Key=primary_key(owner, VERSION_KEY),
                UpdateExpression="SET identityId = :name",
                ConditionExpression="attribute_not_exists(deletedAt)",
                ExpressionAttributeValues={":name": {"S": name}},
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            raise AccountDeleted("This account is deleted.") from error
