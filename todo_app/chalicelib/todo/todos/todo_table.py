"""To-dos in DynamoDB: partition key `owner`; the sort keys are in docs/todo.md."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.todo.change_items import Change, put_change
from chalicelib.todo.dynamodb_items import VERSION_KEY, primary_key, query_keys_decoder
from chalicelib.todo.errors import TodoNotFound
from chalicelib.todo.todos.model import Todo
from chalicelib.todo.todos.ports import Filters, FirstUse, IdempotencyKey, KnownVersion
from chalicelib.todo.todos.todo_items import (
    TODO_PREFIX,
    attributes,
    delete_todo,
    get_todo_decoder,
    has_version_of,
    is_absent_or_expired,
    put_todo,
    query_todos_decoder,
)
from chalicelib.todo.todos.transactions import Cancelled, Transactions

from common.aws.transactions import CONDITION_FAILED, cancellation_reasons
from common.errors import Busy
from common.values import Page

IDEMPOTENCY_PREFIX = "idempotency#"
# With filters one query evaluates at most so many items: a page may be shorter than its limit and have a next one.
MAX_EVALUATED_ITEMS = 1000
NAMES = {"#owner": "owner", "#key": "key"}


class TodoTable:
    """A TodoStore in one DynamoDB table; `client` is one whose responses are `{"raw": bytes}`."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._transactions = Transactions(client, table, sleep)

    def list_version(self, owner: str) -> int:
        """Read the version item, consistently."""
        return self._transactions.list_version(owner)

    def page(self, owner: str, limit: int, after: str | None, filters: Filters) -> Page[Todo]:
        """Query one page; one item more than `limit` shows whether there is a next page."""
        request = self._query(owner, after)
        conditions = _conditions(filters, request)
        request["Limit"] = limit + 1
        if conditions:
            request.update(Limit=MAX_EVALUATED_ITEMS, FilterExpression=" AND ".join(conditions))
        response = query_todos_decoder.decode(self._client().query(**request)["raw"])
        todos = [item.todo() for item in response.Items[:limit]]
        if len(response.Items) > limit:
            return Page(todos, todos[-1].id)
        last = response.LastEvaluatedKey
        return Page(todos, last.key.S.removeprefix(TODO_PREFIX) if last else None)

    def get(self, owner: str, todo_id: str) -> Todo:
        """Read one to-do, consistently."""
        item = get_todo_decoder.decode(self._item(owner, TODO_PREFIX + todo_id)).Item
        if item is None:
            raise TodoNotFound("The to-do does not exist.")
        return item.todo()

    def add(self, owner: str, todo: Todo, key: IdempotencyKey | None, now: int) -> FirstUse | None:
        """Put the to-do and, in the same transaction, the item that remembers the idempotency key."""
        changes = [put_todo(self._table, owner, todo)]
        if key:
            changes.append({"Put": self._idempotency_item(owner, todo, key, now)})
        try:
            self._transactions.run(owner, changes, Change(written=[todo.id]))
        except Cancelled as cancelled:
            # Only the second change has a condition.
            if key is None or not cancelled.failed(1):
                raise
            return self._first_use(owner, key)
        return None

    def replace(self, owner: str, old: Todo, new: Todo) -> bool:
        """Put the new to-do in the old one's place."""
        return self._attempt(owner, put_todo(self._table, owner, new, has_version_of(old)), Change(written=[new.id]))

    def delete(self, owner: str, todo: Todo, version: KnownVersion) -> bool:
        """Delete this version of the to-do."""
        delete = delete_todo(self._table, owner, todo.id, has_version_of(todo))
        return self._attempt(owner, delete, Change(deleted=[todo.id]), version)

    def ids(self, owner: str, limit: int) -> Sequence[str]:
        """Query the keys only."""
        request = {**self._query(owner, None), "Limit": limit, "ProjectionExpression": "#key"}
        response = query_keys_decoder.decode(self._client().query(**request)["raw"])
        return [item.key.S.removeprefix(TODO_PREFIX) for item in response.Items]

    def delete_many(self, owner: str, todo_ids: Sequence[str], version: KnownVersion) -> None:
        """Delete all in one transaction."""
        deletes = [delete_todo(self._table, owner, todo_id) for todo_id in todo_ids]
        self._transactions.run(owner, deletes, Change(deleted=todo_ids), version)

    def add_first(self, owner: str, todos: Sequence[Todo]) -> bool:
        """Add to-dos for an owner who has never changed their list; False, and nothing is added, if they have."""
        version = {
            "TableName": self._table,
            "Item": {**primary_key(owner, VERSION_KEY), "version": {"N": "1"}},
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": "key"},
        }
        log = put_change(self._table, owner, 1, Change(written=[todo.id for todo in todos]), int(time.time()))
        puts = [put_todo(self._table, owner, todo) for todo in todos]
        client = self._client()
        try:
            client.transact_write_items(TransactItems=[{"Put": version}, log, *puts])
        except client.exceptions.TransactionCanceledException as error:
            if CONDITION_FAILED in cancellation_reasons(error):
                return False
            raise
        return True

    def _attempt(self, owner: str, change: dict[str, Any], logged: Change, known: KnownVersion | None = None) -> bool:
        try:
            return self._transactions.attempt(owner, [change], logged, known) is not None
        except Cancelled:
            return False

    def _item(self, owner: str, sort_key: str) -> bytes:
        key = primary_key(owner, sort_key)
        response = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True)
        raw: bytes = response["raw"]
        return raw

    def _query(self, owner: str, after: str | None) -> dict[str, Any]:
        request: dict[str, Any] = {
            "TableName": self._table,
            # The list's ETag is the version that was read before; these items must not be older.
            "ConsistentRead": True,
            "KeyConditionExpression": "#owner = :owner AND begins_with(#key, :prefix)",
            "ExpressionAttributeNames": dict(NAMES),
            "ExpressionAttributeValues": {":owner": {"S": owner}, ":prefix": {"S": TODO_PREFIX}},
        }
        if after is not None:
            request["ExclusiveStartKey"] = primary_key(owner, TODO_PREFIX + after)
        return request

    def _idempotency_item(self, owner: str, todo: Todo, key: IdempotencyKey, now: int) -> dict[str, Any]:
        item = {
            **primary_key(owner, IDEMPOTENCY_PREFIX + key.key),
            **attributes(todo),
            "todoKey": {"S": TODO_PREFIX + todo.id},
            "fingerprint": {"S": key.fingerprint},
            "expiresAt": {"N": str(key.expires_at)},
        }
        return {"TableName": self._table, "Item": item, **is_absent_or_expired(now)}

    def _first_use(self, owner: str, key: IdempotencyKey) -> FirstUse:
        item = get_todo_decoder.decode(self._item(owner, IDEMPOTENCY_PREFIX + key.key)).Item
        if item is None or item.fingerprint is None:
            raise Busy("The first request with this key has just expired; send the request again.")
        return FirstUse(item.fingerprint.S, item.todo())


def _conditions(filters: Filters, request: dict[str, Any]) -> list[str]:
    """Write the filters' conditions, and add the names and values in them to the request."""
    values = {
        "#completed = :completed": filters.completed if filters.completed is None else {"BOOL": filters.completed},
        "contains(#tags, :tags)": filters.tag and {"S": filters.tag},
        "#due < :due": filters.due_before and {"S": filters.due_before},
    }
    conditions = {condition: value for condition, value in values.items() if value}
    for condition, value in conditions.items():
        name = condition.rpartition(":")[2].rstrip(")")
        request["ExpressionAttributeNames"][f"#{name}"] = name
        request["ExpressionAttributeValues"][f":{name}"] = value
    return list(conditions)
