"""The telemetry stream for operators: reads the records that arrived in a time, and puts records into it.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MOST_RECORDS = 500
# Half of what a call may have: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
MOST_BYTES = 5 * 1024 * 1024
# A shard may be read five times a second, and other consumers read it too.
PAUSE_SECONDS = 1.0
PUT_ATTEMPTS = 30
# A partition key and data.
Record = tuple[str, bytes]


@dataclass(frozen=True)
class StreamRecord:
    """One record; `arrived_at_ms` is in milliseconds since 1970."""

    shard_id: str
    sequence: str
    partition_key: str
    arrived_at_ms: int
    data: bytes


class TelemetryStream:
    """Reads and writes one Kinesis stream."""

    def __init__(self, client: Callable[[], Any], name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def arrived(self, since_ms: int, until_ms: int) -> Iterator[StreamRecord]:
        """Read what arrived from `since_ms` to before `until_ms`: shard by shard, each in order."""
        for shard_id in self._shard_ids():
            position = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": since_ms / 1000}
            for record in self._read(shard_id, position):
                if record.arrived_at_ms >= until_ms:
                    break
                yield record

    def between(self, shard_id: str, first: str, last: str) -> Iterator[StreamRecord]:
        """Read the records of a shard between two sequence numbers, these included."""
        position = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": first}
        for record in self._read(shard_id, position):
            if int(record.sequence) > int(last):
                break
            yield record
            if record.sequence == last:
                break

    def retention_ms(self) -> int:
        """How long the stream keeps a record."""
        answer = self._client().describe_stream_summary(StreamName=self._name)
        return int(answer["StreamDescriptionSummary"]["RetentionPeriodHours"]) * 3_600_000

    def put(self, records: Sequence[Record]) -> None:
        """Put records with their partition keys; those that a shard refuses are put again.

        Raises
        ------
        TimeoutError
            A shard refuses records for too long. Some may be in the stream.
        """
        for part in _parts(records):
            self._put(part)

    def _put(self, records: Sequence[Record]) -> None:
        for _ in range(PUT_ATTEMPTS):
            entries = [{"PartitionKey": key, "Data": data} for key, data in records]
            answer = self._client().put_records(StreamName=self._name, Records=entries)
            results = zip(records, answer["Records"], strict=True)
            records = [record for record, result in results if "ErrorCode" in result]
            if not records:
                return
            self._sleep(PAUSE_SECONDS)
        raise TimeoutError(f"{len(records)} records are refused by the stream {self._name}")

    def _shard_ids(self) -> Iterator[str]:
        pages = self._client().get_paginator("list_shards").paginate(StreamName=self._name)
        yield from (shard["ShardId"] for page in pages for shard in page["Shards"])

    def _read(self, shard_id: str, position: dict[str, Any]) -> Iterator[StreamRecord]:
        """Read to the end of a closed shard, or of what is in an open one now."""
        client = self._client()
        answer = client.get_shard_iterator(StreamName=self._name, ShardId=shard_id, **position)
        iterator = answer["ShardIterator"]
        while iterator:
            answer = self._get(client, iterator)
            yield from (_record(shard_id, record) for record in answer["Records"])
            iterator = answer.get("NextShardIterator")
            if not answer["MillisBehindLatest"]:
                return

    def _get(self, client: Any, iterator: str) -> Any:
        while True:
            try:
                return client.get_records(ShardIterator=iterator)
            except client.exceptions.ProvisionedThroughputExceededException:
                self._sleep(PAUSE_SECONDS)


def _parts(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Divide records so that each part fits into one call."""
    part: list[Record] = []
    size = 0
    for key, data in records:
        record_size = len(key.encode()) + len(data)
        if part and (len(part) == MOST_RECORDS or size + record_size > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append((key, data))
        size += record_size
    if part:
        yield part


def _record(shard_id: str, record: dict[str, Any]) -> StreamRecord:
    arrived_at_ms = round(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
    return StreamRecord(shard_id, record["SequenceNumber"], record["PartitionKey"], arrived_at_ms, record["Data"])
