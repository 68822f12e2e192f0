"""To-dos in DynamoDB: partition `owner`, sort key `todo#<id>`, `version` or `idempotency#<key>`."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.todo.errors import AccountDeleted, TodoNotFound
from chalicelib.todo.todos import todo_items
from chalicelib.todo.todos.model import Todo
from chalicelib.todo.todos.ports import Filters, FirstAnswer, IdempotencyKey
from chalicelib.todo.todos.todo_items import TODO_PREFIX, VERSION_KEY, primary_key
from chalicelib.todo.todos.transactions import Cancelled, Transactions

from common.errors import Busy
from common.values import Page

IDEMPOTENCY_PREFIX = "idempotency#"
# With filters one query looks at so many items at most: a page may be shorter than asked for, with a link onwards.
EVALUATED = 1000
NAMES = {"#owner": "owner", "#key": "key"}


class TodoTable:
    """A TodoStore in one DynamoDB table; `client` is one whose answers are `{"raw": bytes}`."""

    def __init__(self, client: Callable[[], Any], table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._transactions = Transactions(client, table, sleep)

    def list_version(self, owner: str) -> int:
        """Read the version item, consistently."""
        item = todo_items.got_version.decode(self._item(owner, VERSION_KEY)).Item
        if item is None:
            return 0
        if item.deletedAt is not None:
            raise AccountDeleted("This account is deleted.")
        return int(item.version.N)

    def page(self, owner: str, limit: int, after: str | None, filters: Filters) -> Page[Todo]:
        """Query one page; one item more than `limit` tells whether there is a next one."""
        request = self._query(owner, after)
        conditions = _conditions(filters, request)
        request["Limit"] = limit + 1
        if conditions:
            request.update(Limit=EVALUATED, FilterExpression=" AND ".join(conditions))
        answer = todo_items.todo_items.decode(self._client().query(**request)["raw"])
        todos = [item.todo() for item in answer.Items[:limit]]
        if len(answer.Items) > limit:
            return Page(todos, todos[-1].id)
        last = answer.LastEvaluatedKey
        return Page(todos, last.key.S.removeprefix(TODO_PREFIX) if last else None)

    def get(self, owner: str, todo_id: str) -> Todo:
        """Read one to-do, consistently."""
        answer = todo_items.got_todo.decode(self._item(owner, TODO_PREFIX + todo_id))
        if answer.Item is None:
            raise TodoNotFound("There is no such to-do.")
        return answer.Item.todo()

    def add(self, owner: str, todo: Todo, key: IdempotencyKey | None, now: int) -> FirstAnswer | None:
        """Put the to-do and, in the same transaction, what remembers the idempotency key."""
        key_of_todo = primary_key(owner, TODO_PREFIX + todo.id)
        changes = [{"Put": {"TableName": self._table, "Item": {**key_of_todo, **todo_items.attributes(todo)}}}]
        if key:
            changes.append({"Put": self._remembered(owner, todo, key, now)})
        try:
            self._transactions.run(owner, changes)
        except Cancelled as cancelled:
            # The second change is the only one with a condition.
            if key is None or not cancelled.failed(1):
                raise
            return self._first_answer(owner, key)
        return None

    def replace(self, owner: str, old: Todo, new: Todo) -> bool:
        """Put the new to-do in the old one's place."""
        item = {**primary_key(owner, TODO_PREFIX + new.id), **todo_items.attributes(new)}
        return self._transactions.attempt(owner, {"Put": {"TableName": self._table, "Item": item, **_still(old)}})

    def delete(self, owner: str, todo: Todo) -> bool:
        """Delete this version of the to-do."""
        delete = {"TableName": self._table, "Key": primary_key(owner, TODO_PREFIX + todo.id), **_still(todo)}
        return self._transactions.attempt(owner, {"Delete": delete})

    def ids(self, owner: str, limit: int) -> Sequence[str]:
        """Query keys only."""
        request = {**self._query(owner, None), "Limit": limit, "ProjectionExpression": "#key"}
        answer = todo_items.keys.decode(self._client().query(**request)["raw"])
        return [item.key.S.removeprefix(TODO_PREFIX) for item in answer.Items]

    def delete_many(self, owner: str, todo_ids: Sequence[str]) -> None:
        """Delete all in one transaction."""
        keys = [primary_key(owner, TODO_PREFIX + todo_id) for todo_id in todo_ids]
        self._transactions.run(owner, [{"Delete": {"TableName": self._table, "Key": key}} for key in keys])

    def _item(self, owner: str, sort_key: str) -> bytes:
        key = primary_key(owner, sort_key)
        answer = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True)
        raw: bytes = answer["raw"]
        return raw

    def _query(self, owner: str, after: str | None) -> dict[str, Any]:
        request: dict[str, Any] = {
            "TableName": self._table,
            # The list's ETag is the version that was read before: what follows must not be older.
            "ConsistentRead": True,
            "KeyConditionExpression": "#owner = :owner AND begins_with(#key, :prefix)",
            "ExpressionAttributeNames": dict(NAMES),
            "ExpressionAttributeValues": {":owner": {"S": owner}, ":prefix": {"S": TODO_PREFIX}},
        }
        if after is not None:
            request["ExclusiveStartKey"] = primary_key(owner, TODO_PREFIX + after)
        return request

    def _remembered(self, owner: str, todo: Todo, key: IdempotencyKey, now: int) -> dict[str, Any]:
        remembered = {
            **primary_key(owner, IDEMPOTENCY_PREFIX + key.key),
            **todo_items.attributes(todo),
            "todoKey": {"S": TODO_PREFIX + todo.id},
            "fingerprint": {"S": key.fingerprint},
            "expiresAt": {"N": str(key.expires_at)},
        }
        return {
            "TableName": self._table,
            "Item": remembered,
            # DynamoDB removes expired items within days, not at once.
            "ConditionExpression": "attribute_not_exists(#key) OR expiresAt <= :now",
            "ExpressionAttributeNames": {"#key": "key"},
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
        }

    def _first_answer(self, owner: str, key: IdempotencyKey) -> FirstAnswer:
        item = todo_items.got_todo.decode(self._item(owner, IDEMPOTENCY_PREFIX + key.key)).Item
        if item is None or item.fingerprint is None:
            raise Busy("The first request with this key is not remembered any more; send the request again.")
        return FirstAnswer(item.fingerprint.S, item.todo())


def _still(todo: Todo) -> dict[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(todo.version)}},
    }


def _conditions(filters: Filters, request: dict[str, Any]) -> list[str]:
    """Write the filters' conditions, and add the values that they name to the request."""
    wanted = {
        "#completed = :completed": filters.completed if filters.completed is None else {"BOOL": filters.completed},
        "contains(#tags, :tags)": filters.tag and {"S": filters.tag},
        "#due < :due": filters.due_before and {"S": filters.due_before},
    }
    conditions = {condition: value for condition, value in wanted.items() if value}
    for condition, value in conditions.items():
        name = condition.rpartition(":")[2].rstrip(")")
        request["ExpressionAttributeNames"][f"#{name}"] = name
        request["ExpressionAttributeValues"][f":{name}"] = value
    return list(conditions)
