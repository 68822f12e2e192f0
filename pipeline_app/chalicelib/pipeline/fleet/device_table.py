"""Devices in DynamoDB: partition key `device_id`; the index `watched` has those that are not silent."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zlib import crc32

import msgspec
from chalicelib.pipeline.fleet.alert_items import alert_item
from chalicelib.pipeline.fleet.model import Alert, DeviceState, StateConflict

from common.aws.batch_get import batch_get_items
from common.aws.refusals import refusals
from common.aws.transactions import CONDITION_FAILED, cancellation_reasons
from common.values import Page

# The index has so many partitions, each of which takes 1,000 writes a second.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-uniform-load.html
WATCH_SHARDS = 16
_INDEX = "watched"
_UNCHANGED = {"ConditionExpression": "version = :version"}
_NEW = {"ConditionExpression": "attribute_not_exists(device_id)"}


class DeviceTable:
    """DeviceStates and WatchList in one table, with the alerts in another."""

    def __init__(self, client: Callable[[], Any], table: str, alerts_table: str) -> None:
        self._client = client
        self._table = table
        self._alerts_table = alerts_table

    def read(self, device_ids: Iterable[str]) -> dict[str, DeviceState]:
        """Read states consistently, 100 in a request."""
        keys, client = [_key(device_id) for device_id in device_ids], self._client()
        with refusals(client):
            states = [_state_of(item) for item in batch_get_items(client, self._table, keys)]
        return {state.device_id: state for state in states}

    def get(self, device_id: str) -> DeviceState | None:
        """Read one state, which may be a second old."""
        item = self._client().get_item(TableName=self._table, Key=_key(device_id)).get("Item")
        return _state_of(item) if item else None

    def page(self, limit: int, after: str | None) -> Page[DeviceState]:
        """Scan a page, in the order of the table's partitions."""
        start = {"ExclusiveStartKey": _key(after)} if after else {}
        response = self._client().scan(TableName=self._table, Limit=limit, **start)
        last = response.get("LastEvaluatedKey")
        return Page([_state_of(item) for item in response["Items"]], last["device_id"]["S"] if last else None)

    def write(self, before: DeviceState, after: DeviceState, alerts: Sequence[Alert]) -> None:
        """Put the state if its version is still the same; with alerts in one transaction."""
        condition: dict[str, Any] = dict(_NEW)
        if before.version:
            condition = {**_UNCHANGED, "ExpressionAttributeValues": {":version": {"N": str(before.version)}}}
        put = {"TableName": self._table, "Item": _item(after), **condition}
        if alerts:
            self._transact(put, alerts)
            return
        client = self._client()
        try:
            with refusals(client):
                client.put_item(**put)
        except client.exceptions.ConditionalCheckFailedException as error:
            raise StateConflict(after.device_id) from error

    def not_seen_since(self, milliseconds: int, at_most: int) -> list[str]:
        """Query each part of the index."""
        found: list[str] = []
        for shard in range(WATCH_SHARDS):
            if len(found) >= at_most:
                break
            response = self._client().query(
                **self._seen("<", shard, milliseconds), Limit=at_most - len(found), ProjectionExpression="device_id"
            )
            found += [item["device_id"]["S"] for item in response["Items"]]
        return found

    def count_seen_since(self, milliseconds: int) -> int:
        """Count each part of the index."""
        pages = self._client().get_paginator("query")
        return sum(
            page["Count"]
            for shard in range(WATCH_SHARDS)
            for page in pages.paginate(**self._seen(">=", shard, milliseconds), Select="COUNT")
        )

    def _seen(self, comparison: str, shard: int, milliseconds: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": _INDEX,
            "KeyConditionExpression": f"watch_shard = :shard AND last_seen {comparison} :time",
            "ExpressionAttributeValues": {":shard": {"S": f"{shard:02d}"}, ":time": {"N": str(milliseconds)}},
        }

    def _transact(self, put: dict[str, Any], alerts: Sequence[Alert]) -> None:
        puts = [{"Put": {"TableName": self._alerts_table, "Item": alert_item(alert)}} for alert in alerts]
        client = self._client()
        try:
            with refusals(client):
                client.transact_write_items(TransactItems=[{"Put": put}, *puts])
        except client.exceptions.TransactionCanceledException as error:
            if cancellation_reasons(error)[0] == CONDITION_FAILED:
                raise StateConflict(put["Item"]["device_id"]["S"]) from error
            raise


def _key(device_id: str) -> dict[str, Any]:
    return {"device_id": {"S": device_id}}


def _item(state: DeviceState) -> dict[str, Any]:
    item = {
        **_key(state.device_id),
        "version": {"N": str(state.version)},
        "last_seen": {"N": str(state.last_seen)},
        "data": {"S": msgspec.json.encode(state).decode()},
    }
    if not state.is_silent:
        item["watch_shard"] = {"S": f"{crc32(state.device_id.encode()) % WATCH_SHARDS:02d}"}
    return item


def _state_of(item: dict[str, Any]) -> DeviceState:
    return msgspec.json.decode(item["data"]["S"], type=DeviceState)
