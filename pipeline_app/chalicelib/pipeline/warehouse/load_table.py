"""Loads in DynamoDB: an item for each report, about its newest load, and one about the migrations."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from chalicelib.pipeline.reports.model import Kind, Window
from chalicelib.pipeline.warehouse.model import Load, LoadRecord, State

from common.values import timestamp

_MIGRATIONS = {"kind": {"S": "#migrations"}, "window_id": {"S": "#"}}
# A load of older data, an older attempt, and one that ended before, do not count any more.
_IS_NEWER = (
    "attribute_not_exists(kind) OR data_version < :data_version OR (data_version = :data_version AND"
    " (attempt < :attempt OR (attempt = :attempt AND #state = :loading)))"
)


class LoadTable:
    """Loads in one table; `now` returns milliseconds since 1970."""

    def __init__(self, client: Callable[[], Any], table: str, now: Callable[[], int]) -> None:
        self._client = client
        self._table = table
        self._now = now

    def find(self, load: Load) -> LoadRecord | None:
        """Get the newest load of a report."""
        key = {"kind": {"S": str(load.kind)}, "window_id": {"S": load.window.start}}
        item = self._client().get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _record_of(item) if item else None

    def note(self, load: Load, state: State, *, statement_id: str = "", reason: str = "") -> bool:
        """Put the item, unless what it says is newer."""
        client = self._client()
        item = {
            "kind": {"S": str(load.kind)},
            "window_id": {"S": load.window.start},
            "run_id": {"S": load.run_id},
            "data_version": {"N": str(load.data_version)},
            "attempt": {"N": str(load.attempt)},
            "last_attempt": {"N": str(load.last_attempt)},
            "state": {"S": str(state)},
            "statement_id": {"S": statement_id},
            "reason": {"S": reason[:1000]},
            "updated_at": {"S": timestamp(datetime.fromtimestamp(self._now() / 1000, UTC))},
        }
        values = {f":{name}": item[name] for name in ("data_version", "attempt")}
        try:
            client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=_IS_NEWER,
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={**values, ":loading": {"S": str(State.LOADING)}},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def parked(self) -> Iterator[LoadRecord]:
        """Scan for parked loads: an operator asks."""
        pages = (
            self._client()
            .get_paginator("scan")
            .paginate(
                TableName=self._table,
                FilterExpression="#state = :parked",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":parked": {"S": str(State.PARKED)}},
            )
        )
        yield from (_record_of(item) for page in pages for item in page["Items"])

    def read(self) -> str:
        """Get the digest of the migrations."""
        item = self._client().get_item(TableName=self._table, Key=_MIGRATIONS, ConsistentRead=True).get("Item", {})
        return str(item.get("digest", {}).get("S", ""))

    def write(self, digest: str) -> None:
        """Put the digest of the migrations."""
        self._client().put_item(TableName=self._table, Item={**_MIGRATIONS, "digest": {"S": digest}})


def _record_of(item: dict[str, Any]) -> LoadRecord:
    load = Load(
        Kind(item["kind"]["S"]),
        Window(item["window_id"]["S"]),
        item["run_id"]["S"],
        int(item["attempt"]["N"]),
        int(item["last_attempt"]["N"]),
    )
    return LoadRecord(
        load, State(item["state"]["S"]), item["statement_id"]["S"], item["reason"]["S"], item["updated_at"]["S"]
    )
