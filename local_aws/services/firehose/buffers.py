"""What one delivery stream holds: its progress in the source and the records on their way to S3.

A record is settled when S3 has it (as data or as an error document) or the function has dropped it. Nothing is read
again that is before the checkpoint, so the checkpoint of a shard is before its oldest record that is not settled.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from local_aws.services.firehose.partitions import MAX_ACTIVE, Partitions
from local_aws.services.firehose.records import PROCESSING_FAILED, FailedRecord, OutputRecord, Position, SourceRecord
from local_aws.services.firehose.responses import Outcome

_LIMIT_CODE = "DynamicPartitioning.ActivePartitionLimitExceeded"
_LIMIT_MESSAGE = f"The limit of {MAX_ACTIVE} active partitions of the delivery stream is exceeded."
Json = dict[str, Any]


class Progress:
    """The progress of one delivery stream, by shard. It changes on the server's event loop only."""

    def __init__(self, positions: Mapping[str, int]) -> None:
        self.read = dict(positions)
        # The sequence numbers that are not settled, in the order of the shard.
        self._unsettled: dict[str, dict[int, None]] = {}

    def begin(self, positions: Iterable[Position]) -> None:
        """Note records, in the order of their shards, that are read and not settled."""
        for shard, sequence in positions:
            self.read[shard] = max(self.read.get(shard, 0), sequence)
            self._unsettled.setdefault(shard, {})[sequence] = None

    def settle(self, positions: Iterable[Position]) -> None:
        """Note that records are settled."""
        for shard, sequence in positions:
            self._unsettled.get(shard, {}).pop(sequence, None)

    def checkpoints(self) -> dict[str, int]:
        """The position of each shard after which reading must begin again if all buffers are lost."""
        first = {shard: next(iter(sequences)) for shard, sequences in self._unsettled.items() if sequences}
        return {shard: first[shard] - 1 if shard in first else position for shard, position in self.read.items()}


class Buffers:
    """Progress and partitions of a delivery stream. They change on the server's event loop only."""

    def __init__(self, positions: Mapping[str, int]) -> None:
        self.progress = Progress(positions)
        self.partitions = Partitions()

    def accept(self, records: Sequence[SourceRecord], outcome: Outcome) -> list[FailedRecord]:
        """Note a batch as read, with what became of it; returns the records that exceed the limit of partitions.

        The failed records of the outcome are in S3 already, and what the function dropped is settled.
        """
        self.progress.begin(record.position for record in records)
        exceeding = {record.source.position for record in self.partitions.add(outcome.delivered)}
        kept = {record.source.position for record in outcome.delivered}
        self.progress.settle(record.position for record in records if record.position not in kept)
        return [
            FailedRecord(record, PROCESSING_FAILED, _LIMIT_CODE, _LIMIT_MESSAGE)
            for record in records
            if record.position in exceeding
        ]

    def delivered(self, partition: tuple[str, ...]) -> None:
        """Note that S3 has the records of a partition."""
        records = self.partitions.active.pop(partition).records
        self.progress.settle(record.source.position for record in records)

    def saved(self, *, with_records: bool) -> Json:
        """The state to save: with the records of the partitions, or the positions from which they can be read again."""
        state: Json = {"positions": self.progress.read if with_records else self.progress.checkpoints()}
        if with_records:
            state["partitions"] = [
                [list(key), [_saved_output(record) for record in partition.records]]
                for key, partition in self.partitions.active.items()
            ]
        return state

    def restore(self, state: Json) -> None:
        """Take over a saved state; the positions are given to the constructor."""
        outputs = [_output(record) for _, records in state.get("partitions", ()) for record in records]
        self.progress.begin(sorted(record.source.position for record in outputs))
        self.partitions.add(outputs)


def _saved_output(record: OutputRecord) -> list[Any]:
    source = record.source
    place = [*source.position, source.arrived_at, source.partition_key]
    return [*place, base64.b64encode(record.data).decode(), list(record.partition)]


def _output(saved: list[Any]) -> OutputRecord:
    shard, sequence, arrived_at, partition_key, data, partition = saved
    source = SourceRecord(Position(shard, sequence), "", arrived_at, partition_key)
    return OutputRecord(source, base64.b64decode(data), tuple(partition))
