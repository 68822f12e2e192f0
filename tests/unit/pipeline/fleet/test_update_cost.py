"""What a message costs the fleet's tables: a hundred are read by two requests, and two items of 1 KB are written."""

from collections import Counter
from typing import Any

from chalicelib.pipeline.fleet.device_table import DeviceTable
from chalicelib.pipeline.fleet.minute_table import MinuteTable
from chalicelib.pipeline.fleet.model import Message
from chalicelib.pipeline.fleet.updates import FleetUpdates
from chalicelib.pipeline.telemetry.model import Reading

from tests.unit.pipeline.stage import NOON


class CountingClient:
    """A client of tables that are empty."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.items: list[dict[str, Any]] = []
        self.exceptions = self
        self.ConditionalCheckFailedException = LookupError

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - the name of the API
        self.operations["BatchGetItem"] += 1
        return {"Responses": {}}

    def put_item(self, Item: dict[str, Any], **_: Any) -> None:  # noqa: N803 - the name of the API
        self.items.append(Item)


def apply(messages: list[Message]) -> CountingClient:
    client = CountingClient()
    updates = FleetUpdates(DeviceTable(lambda: client, "devices", "alerts"), MinuteTable(lambda: client, "minutes"))
    assert updates.apply(messages) == {}
    return client


def message(number: int, device_id: str) -> Message:
    """A message with long numbers, and a sequence number as long as those of Kinesis."""
    source_id = f"00000000-0000-4000-8000-{number:012d}"
    values = 21.23456789, 61.23456789, 1013.23456789, 0.876543219
    return Message(str(10**55 + number), Reading(device_id, f"m-{number}", source_id, NOON, NOON, *values))


def size_bytes(item: dict[str, Any]) -> int:
    """The size of an item of strings and numbers, of which a number is at most as long as its text.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + len(text.encode()) for name, value in item.items() for text in value.values())


def test_a_message_of_each_device_is_two_writes_of_a_kilobyte():
    client = apply([message(number, f"{number:064d}") for number in range(100)])
    assert client.operations == {"BatchGetItem": 2}
    assert len(client.items) == 200
    assert all(size_bytes(item) <= 1024 for item in client.items)


def test_messages_of_one_device_and_minute_are_written_together():
    client = apply([message(number, "freezer-07") for number in range(100)])
    assert client.operations == {"BatchGetItem": 2}
    assert len(client.items) == 2
