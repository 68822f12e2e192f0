"""Batches of Firehose, and what delivery has outside of it, for tests."""

import base64
import logging
from collections.abc import Sequence
from typing import Any

from chalicelib.pipeline.delivery.model import BatchCounts, Quarantined
from chalicelib.pipeline.delivery.ports import FileGone
from chalicelib.pipeline.delivery.transform import Transform

from tests.unit.pipeline.telemetry.records import RECEIVED_AT


class FakeQuarantine:
    """Quarantine in memory."""

    def __init__(self) -> None:
        self.files: dict[str, list[Quarantined]] = {}
        # A file that is listed, but is gone when it is read.
        self.expired = ""

    def put(self, name: str, records: Sequence[Quarantined]) -> None:
        self.files[name] = list(records)

    def names(self, prefix: str):
        return iter(sorted(name for name in self.files if name.startswith(prefix)))

    def read(self, name: str) -> list[Quarantined]:
        if name == self.expired:
            raise FileGone(name)
        return self.files[name]

    def remove(self, name: str) -> None:
        del self.files[name]

    @property
    def records(self) -> list[Quarantined]:
        return [record for records in self.files.values() for record in records]


class FakeBatches:
    """The counts of batches in memory."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], BatchCounts] = {}

    def put(self, counts: BatchCounts) -> None:
        self.items[counts.minute, counts.batch] = counts

    @property
    def only(self) -> BatchCounts:
        """The counts of the only batch."""
        (counts,) = self.items.values()
        return counts


class Delivery:
    """The transform with its surroundings."""

    def __init__(self) -> None:
        self.quarantine, self.batches = FakeQuarantine(), FakeBatches()
        self.transform = Transform(self.quarantine, self.batches, logging.getLogger("test"))

    def run(self, *envelopes: bytes) -> list[dict[str, Any]]:
        """Transform a batch of these records."""
        return self.transform.run(batch(*envelopes))


def batch(*envelopes: bytes) -> list[dict[str, Any]]:
    """The records of a Firehose event."""
    return [
        {
            "recordId": f"shardId-000000000000:{number:056d}",
            "approximateArrivalTimestamp": RECEIVED_AT + number,
            "kinesisRecordMetadata": {
                "shardId": f"shardId-{number % 2:012d}",
                "sequenceNumber": str(10**55 + number),
            },
            "data": base64.b64encode(envelope).decode(),
        }
        for number, envelope in enumerate(envelopes)
    ]


def kinds(results: list[dict[str, Any]]) -> list[str]:
    """The result of each record."""
    return [result["result"] for result in results]
