"""Alerts as DynamoDB's API has them: partition key `device_id`, sort key `alert`: the time and the rule."""

from typing import Any

import msgspec
from chalicelib.pipeline.fleet.model import Alert, at

# A cleared alert is kept for a year.
KEPT_SECONDS = 365 * 86_400
OPEN = "open"


def alert_id(alert: Alert) -> str:
    """Return the alert's name among those of its device."""
    return f"{at(alert.raised_at)}#{alert.rule}"


def alert_item(alert: Alert) -> dict[str, Any]:
    """Write an alert's item; only an open alert is in the index `open`."""
    item = {
        "device_id": {"S": alert.device_id},
        "alert": {"S": alert_id(alert)},
        "data": {"S": msgspec.json.encode(alert).decode()},
    }
    if alert.cleared_at is None:
        # The device makes it unique: a page of the index ends between two alerts.
        return {**item, OPEN: {"S": OPEN}, "raised": {"S": f"{alert_id(alert)}#{alert.device_id}"}}
    return {**item, "expires_at": {"N": str(alert.cleared_at // 1000 + KEPT_SECONDS)}}


def alert_of(item: dict[str, Any]) -> Alert:
    """Read an alert's item."""
    return msgspec.json.decode(item["data"]["S"], type=Alert)
