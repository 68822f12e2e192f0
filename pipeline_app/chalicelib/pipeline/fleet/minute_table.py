"""Minutes in DynamoDB: partition key `device_id`, sort key `minute`. The fleet's summary is an item beside them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from chalicelib.pipeline.fleet.model import FleetSummary, MinuteState, StateConflict

from common.aws.batch_get import batch_get_items
from common.aws.refusals import refusals
from common.values import Page

# A minute may still change for seven days, for which late messages are taken.
KEPT_SECONDS = 30 * 86_400
# No device has such an id.
_SUMMARY = {"device_id": {"S": "#fleet"}, "minute": {"S": "summary"}}


class MinuteTable:
    """Minutes and Summaries in one table, whose items expire."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._client = client
        self._table = table

    def read(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], MinuteState]:
        """Read minutes consistently, 100 in a request."""
        client = self._client()
        with refusals(client):
            items = batch_get_items(client, self._table, [_key(*key) for key in keys])
            return {(minute.device_id, minute.minute): minute for minute in map(_minute_of, items)}

    def write(self, before: MinuteState, after: MinuteState) -> None:
        """Put the minute if the last message in it is still the same."""
        client = self._client()
        try:
            with refusals(client):
                client.put_item(
                    TableName=self._table,
                    Item=_item(after),
                    ConditionExpression="attribute_not_exists(device_id) OR last_sequence = :sequence",
                    ExpressionAttributeValues={":sequence": {"S": before.last_sequence}},
                )
        except client.exceptions.ConditionalCheckFailedException as error:
            raise StateConflict(f"{after.device_id} {after.minute}") from error

    def page(self, device_id: str, between: tuple[str, str], limit: int, after: str | None) -> Page[MinuteState]:
        """Query minutes, the newest first; one more than `limit` shows whether there is a next page."""
        if between[0] > between[1]:
            # DynamoDB refuses such a condition.
            return Page([], None)
        start = {"ExclusiveStartKey": _key(device_id, after)} if after else {}
        response = self._client().query(
            TableName=self._table,
            KeyConditionExpression="device_id = :device AND #minute BETWEEN :first AND :last",
            ExpressionAttributeNames={"#minute": "minute"},
            ExpressionAttributeValues={
                ":device": {"S": device_id},
                ":first": {"S": between[0]},
                ":last": {"S": between[1]},
            },
            ScanIndexForward=False,
            Limit=limit + 1,
            **start,
        )
        minutes = [_minute_of(item) for item in response["Items"][:limit]]
        return Page(minutes, minutes[-1].minute if len(response["Items"]) > limit else None)

    def put(self, summary: FleetSummary) -> None:
        """Replace the summary."""
        data = msgspec.json.encode(summary).decode()
        self._client().put_item(TableName=self._table, Item={**_SUMMARY, "data": {"S": data}})

    def summary(self) -> FleetSummary | None:
        """Read the summary; None before the first one."""
        item = self._client().get_item(TableName=self._table, Key=_SUMMARY).get("Item")
        return msgspec.json.decode(item["data"]["S"], type=FleetSummary) if item else None


def _key(device_id: str, minute: str) -> dict[str, Any]:
    return {"device_id": {"S": device_id}, "minute": {"S": minute}}


def _item(minute: MinuteState) -> dict[str, Any]:
    ends = datetime.strptime(minute.minute, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC).timestamp()
    return {
        **_key(minute.device_id, minute.minute),
        "last_sequence": {"S": minute.last_sequence},
        "data": {"S": msgspec.json.encode(minute).decode()},
        "expires_at": {"N": str(int(ends) + KEPT_SECONDS)},
    }


def _minute_of(item: dict[str, Any]) -> MinuteState:
    return msgspec.json.decode(item["data"]["S"], type=MinuteState)
