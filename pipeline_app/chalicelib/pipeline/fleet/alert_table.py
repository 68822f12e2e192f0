"""Alerts in DynamoDB; the index `open` has those that are not cleared."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from chalicelib.pipeline.fleet.alert_items import OPEN, alert_id, alert_of
from chalicelib.pipeline.fleet.model import Alert

from common.values import Page


class AlertTable:
    """OpenAlerts in one table."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def open_page(self, limit: int, after: str | None) -> Page[Alert]:
        """Query the open alerts, the newest first; one more than `limit` shows whether there is a next page."""
        start = {"ExclusiveStartKey": _open_key(after)} if after else {}
        response = self._client().query(**self._open(), ScanIndexForward=False, Limit=limit + 1, **start)
        alerts = [alert_of(item) for item in response["Items"][:limit]]
        last = f"{alert_id(alerts[-1])}#{alerts[-1].device_id}" if len(response["Items"]) > limit else None
        return Page(alerts, last)

    def page(self, device_id: str, limit: int, after: str | None) -> Page[Alert]:
        """Query a device's alerts, the newest first."""
        start = {"ExclusiveStartKey": {"device_id": {"S": device_id}, "alert": {"S": after}}} if after else {}
        response = self._client().query(
            TableName=self._table,
            KeyConditionExpression="device_id = :device",
            ExpressionAttributeValues={":device": {"S": device_id}},
            ScanIndexForward=False,
            Limit=limit + 1,
            **start,
        )
        alerts = [alert_of(item) for item in response["Items"][:limit]]
        return Page(alerts, alert_id(alerts[-1]) if len(response["Items"]) > limit else None)

    def count_by_rule(self) -> dict[str, int]:
        """Read the whole index."""
        counts: Counter[str] = Counter()
        for page in self._client().get_paginator("query").paginate(**self._open()):
            counts.update(alert_of(item).rule for item in page["Items"])
        return dict(sorted(counts.items()))

    def _open(self) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": OPEN,
            "KeyConditionExpression": "#open = :open",
            "ExpressionAttributeNames": {"#open": OPEN},
            "ExpressionAttributeValues": {":open": {"S": OPEN}},
        }


def _open_key(after: str) -> dict[str, Any]:
    alert, _, device_id = after.rpartition("#")
    return {"device_id": {"S": device_id}, "alert": {"S": alert}, OPEN: {"S": OPEN}, "raised": {"S": after}}
