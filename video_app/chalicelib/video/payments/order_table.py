"""Orders in DynamoDB: partition key `id`, an order's id or `idempotency#<owner>#<key>`."""

from collections.abc import Callable
from typing import Any

import msgspec
from chalicelib.video.payments.model import Order
from chalicelib.video.payments.ports import FirstUse, IdempotencyKey

from common.aws.transactions import CONDITION_FAILED, cancellation_reasons
from common.errors import Busy


class OrderTable:
    """An OrderStore in one table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def add(self, order: Order, key: IdempotencyKey | None, now: int) -> FirstUse | None:
        """Put the order and, in the same transaction, the item that remembers the key."""
        changes = [{"Put": {"TableName": self._table, "Item": _item(order)}}]
        if key:
            changes.append({"Put": self._idempotency_put(order, key, now)})
        client = self._client()
        try:
            client.transact_write_items(TransactItems=changes)
        except client.exceptions.TransactionCanceledException as error:
            if key is None or CONDITION_FAILED not in cancellation_reasons(error):
                raise Busy("Too many orders at once.") from error
            return self._first_use(order.owner, key)
        return None

    def get(self, order_id: str) -> Order | None:
        """Read one order, consistently: an event may follow it at once."""
        item = self._read(order_id)
        return _order(item) if item else None

    def set_upgrade_amount(self, order: Order, amount: int) -> None:
        """Put the order with the amount; nothing else of an order changes."""
        changed = msgspec.structs.replace(order, upgrade_amount=amount)
        self._client().put_item(TableName=self._table, Item=_item(changed))

    def _idempotency_put(self, order: Order, key: IdempotencyKey, now: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": {
                **_item(order),
                "id": {"S": _idempotency_id(order.owner, key)},
                "fingerprint": {"S": key.fingerprint},
                "expiresAt": {"N": str(key.expires_at)},
            },
            # DynamoDB deletes expired items within a few days, not at once.
            "ConditionExpression": "attribute_not_exists(id) OR expiresAt <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
        }

    def _first_use(self, owner: str, key: IdempotencyKey) -> FirstUse:
        item = self._read(_idempotency_id(owner, key))
        if item is None:
            raise Busy("The first request with this key has just expired; send the request again.")
        return FirstUse(item["fingerprint"]["S"], _order(item))

    def _read(self, item_id: str) -> dict[str, Any] | None:
        response = self._client().get_item(TableName=self._table, Key={"id": {"S": item_id}}, ConsistentRead=True)
        item: dict[str, Any] | None = response.get("Item")
        return item


def _idempotency_id(owner: str, key: IdempotencyKey) -> str:
    return f"idempotency#{owner}#{key.key}"


def _item(order: Order) -> dict[str, Any]:
    return {"id": {"S": order.id}, "data": {"S": msgspec.json.encode(order).decode()}}


def _order(item: dict[str, Any]) -> Order:
    return msgspec.json.decode(item["data"]["S"], type=Order)
