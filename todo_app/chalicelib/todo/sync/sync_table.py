"""The log of changes and the keys of applied changes in the app's DynamoDB table."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from chalicelib.todo.change_items import PREFIX, Change, ChangeItem, sort_key
from chalicelib.todo.dynamodb_items import N, S, primary_key
from chalicelib.todo.errors import KeyReused, TodoExists
from chalicelib.todo.sync.model import AppliedKey
from chalicelib.todo.sync.ports import LoggedChange
from chalicelib.todo.todos.model import Todo
from chalicelib.todo.todos.ports import KnownVersion
from chalicelib.todo.todos.todo_items import (
    TODO_PREFIX,
    TodoItem,
    delete_todo,
    has_version_of,
    is_absent,
    is_absent_or_expired,
    put_todo,
)
from chalicelib.todo.todos.todo_table import TodoTable
from chalicelib.todo.todos.transactions import Cancelled, Transactions

from common.aws.batch_get import batch_get_items

APPLIED_PREFIX = "applied#"


class LogItem(ChangeItem):
    """A change as an item, with its key."""

    key: S

    def logged(self) -> LoggedChange:
        """Return the change with the version that its key has."""
        return LoggedChange(int(self.key.S.removeprefix(PREFIX)), self.change())


class AppliedItem(msgspec.Struct):
    """The key of an applied change as an item."""

    fingerprint: S
    expiresAt: N  # noqa: N815 - the attribute's name


class SyncTable:
    """A SyncStore in the table of a TodoTable; `client` makes a client with parsed responses, `raw` one without."""

    def __init__(
        self,
        client: Callable[[], Any],
        raw: Callable[[], Any],
        table: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._todos = TodoTable(raw, table, sleep)
        self._transactions = Transactions(raw, table, sleep)

    def list_version(self, owner: str) -> int:
        """Read the version item, consistently."""
        return self._transactions.list_version(owner)

    def recent_version(self, owner: str) -> int:
        """Read the version item from the cache, or eventually consistent."""
        return self._transactions.list_version(owner, consistent=False)

    def get(self, owner: str, todo_id: str) -> Todo:
        """Read one to-do, consistently."""
        return self._todos.get(owner, todo_id)

    def recent_changes(self, owner: str, since: int, last: int) -> Sequence[LoggedChange]:
        """Query the log from the cache, or eventually consistent."""
        return self._logged(owner, since, last, consistent=False)

    def changes(self, owner: str, since: int, last: int) -> Sequence[LoggedChange]:
        """Query the log, consistently."""
        return self._logged(owner, since, last, consistent=True)

    def _logged(self, owner: str, since: int, last: int, *, consistent: bool) -> Sequence[LoggedChange]:
        response = self._client().query(
            TableName=self._table,
            ConsistentRead=consistent,
            KeyConditionExpression="#owner = :owner AND #key BETWEEN :first AND :last",
            ExpressionAttributeNames={"#owner": "owner", "#key": "key"},
            ExpressionAttributeValues={
                ":owner": {"S": owner},
                ":first": {"S": sort_key(since + 1)},
                ":last": {"S": sort_key(last)},
            },
        )
        return [item.logged() for item in msgspec.convert(response["Items"], list[LogItem])]

    def todos(self, owner: str, todo_ids: Sequence[str]) -> list[Todo]:
        """Read the items, consistently."""
        keys = [primary_key(owner, TODO_PREFIX + todo_id) for todo_id in todo_ids]
        items = batch_get_items(self._client(), self._table, keys, self._sleep)
        return [msgspec.convert(item, TodoItem).todo() for item in items]

    def create(self, owner: str, todo: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        """Put the to-do unless its id is in use."""
        if version.value is None:
            version.value = self.list_version(owner)
        new = msgspec.structs.replace(todo, version=version.value + 1)
        put = put_todo(self._table, owner, new, is_absent())
        try:
            return self._apply(owner, put, Change(written=[todo.id]), key, version)
        except Cancelled as cancelled:
            raise TodoExists("The id of the new to-do is in use.") from cancelled

    def replace(self, owner: str, old: Todo, new: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        """Put the new to-do in the old one's place."""
        put = put_todo(self._table, owner, new, has_version_of(old))
        return self._apply_if_current(owner, put, Change(written=[new.id]), key, version)

    def delete(self, owner: str, todo: Todo, key: AppliedKey, version: KnownVersion) -> bool:
        """Delete this version of the to-do."""
        delete = delete_todo(self._table, owner, todo.id, has_version_of(todo))
        return self._apply_if_current(owner, delete, Change(deleted=[todo.id]), key, version)

    def remember(self, owner: str, key: AppliedKey) -> None:
        """Put the key unless it is there."""
        client = self._client()
        try:
            client.put_item(**self._key_item(owner, key))
        except client.exceptions.ConditionalCheckFailedException:
            self.is_applied(owner, key)

    def is_applied(self, owner: str, key: AppliedKey) -> bool:
        """Read the key's item, consistently."""
        sort = primary_key(owner, APPLIED_PREFIX + key.key)
        found = self._client().get_item(TableName=self._table, Key=sort, ConsistentRead=True).get("Item")
        item = msgspec.convert(found, AppliedItem) if found else None
        if item is None or int(item.expiresAt.N) <= time.time():
            return False
        if key.fingerprint != item.fingerprint.S:
            raise KeyReused("This key was used with another change.")
        return True

    def _apply_if_current(
        self, owner: str, write: dict[str, Any], logged: Change, key: AppliedKey, version: KnownVersion
    ) -> bool:
        try:
            return self._apply(owner, write, logged, key, version)
        except Cancelled:
            return False

    def _apply(self, owner: str, write: dict[str, Any], logged: Change, key: AppliedKey, version: KnownVersion) -> bool:
        """Write and remember the key; raise Cancelled if only the write's condition failed."""
        writes = [write, {"Put": self._key_item(owner, key)}]
        try:
            return self._transactions.attempt(owner, writes, logged, version) is not None
        except Cancelled as cancelled:
            if cancelled.failed(1) and self.is_applied(owner, key):
                return True
            raise

    def _key_item(self, owner: str, key: AppliedKey) -> dict[str, Any]:
        item = {
            **primary_key(owner, APPLIED_PREFIX + key.key),
            "fingerprint": {"S": key.fingerprint},
            "expiresAt": {"N": str(key.expires_at)},
        }
        return {"TableName": self._table, "Item": item, **is_absent_or_expired(int(time.time()))}
