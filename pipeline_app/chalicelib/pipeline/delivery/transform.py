"""Transforms the batches of Firehose: each record is delivered, dropped by a rule, or quarantined with a reason.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html. A record in quarantine is
`Dropped` for Firehose, whose error documents have no room for a reason; `ProcessingFailed` is for faults of our own.
A batch may be repeated, and then has the same results and replaces what was kept of it.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from chalicelib.pipeline.delivery.model import DUPLICATE, HEARTBEAT, BatchCounts, Quarantined
from chalicelib.pipeline.delivery.ports import Batches, Quarantine
from chalicelib.pipeline.delivery.rows import row_of
from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Reading, Rejected
from msgspec import convert, to_builtins

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB for a synchronous response.
MAX_RESPONSE_BYTES = 6_000_000
# A result without data, and what a delivered one has beside it.
_RESULT_BYTES, _METADATA_BYTES = 150, 100
DELIVERED, DROPPED, FAILED = "Ok", "Dropped", "ProcessingFailed"
Record = Mapping[str, Any]
Result = dict[str, Any]


class Transform:
    """The use case of the transformation function."""

    def __init__(self, quarantine: Quarantine, batches: Batches, log: logging.Logger) -> None:
        self._quarantine, self._batches, self._log = quarantine, batches, log

    def run(self, records: Sequence[Record]) -> list[Result]:
        """Transform the records of a Firehose event; returns their results in the same order."""
        batch = _Batch(self._log)
        results = batch.results(records)
        digest = sha256("\n".join([record["recordId"] for record in records]).encode()).hexdigest()[:32]
        arrival = datetime.fromtimestamp(records[0]["approximateArrivalTimestamp"] / 1000, UTC) if records else None
        if arrival is not None:
            for reason, quarantined in batch.quarantined.items():
                self._quarantine.put(f"{reason}/{arrival:%Y-%m-%d}/{digest}.jsonl", quarantined)
            # Last: counts that exist belong to a batch whose quarantine is complete.
            self._batches.put(batch.counts(f"{arrival:%Y-%m-%dT%H:%M}", digest, _positions(records)))
        return results


def _positions(records: Sequence[Record]) -> dict[str, str]:
    """The last sequence number of each shard; its records are in order."""
    sources = [source for record in records if (source := record.get("kinesisRecordMetadata"))]
    return {source["shardId"]: source["sequenceNumber"] for source in sources}


class _Batch:
    """One batch: what has been seen of it, and what becomes of its records."""

    def __init__(self, log: logging.Logger) -> None:
        self.quarantined: dict[str, list[Quarantined]] = {}
        self._log = log
        self._seen: set[str] = set()
        self._received = self._failed = 0
        self._dropped: Counter[str] = Counter()
        self._released = 0
        self._response_bytes = 0

    def results(self, records: Sequence[Record]) -> list[Result]:
        """What becomes of each record."""
        self._received += len(records)
        self._response_bytes += len(records) * _RESULT_BYTES
        return [self._result(record) for record in records]

    def _result(self, record: Record) -> Result:
        """What becomes of a record; a fault of our own fails it alone."""
        try:
            data = convert(record["data"], bytes)
            outcome = decode(data)
            if outcome.is_released:
                self._released += 1
            # A reading is asked for first: msgspec's structs answer a no five times as slowly as a yes.
            if not isinstance(outcome, Reading) and isinstance(outcome, Rejected):
                return self._quarantine(record, outcome, data)
            message = f"{outcome.device_id} {outcome.message_id}"
            if message in self._seen:
                return self._drop(record, DUPLICATE)
            self._seen.add(message)
            if not isinstance(outcome, Reading):
                return self._drop(record, HEARTBEAT)
            row, metadata = row_of(outcome)
            text = to_builtins(row)
            self._response_bytes += len(text) + _METADATA_BYTES
            if self._response_bytes > MAX_RESPONSE_BYTES:
                return self._fail(record)
            return {"recordId": record["recordId"], "result": DELIVERED, "data": text, "metadata": metadata}
        except Exception:
            self._log.exception("record failed", extra={"recordId": record["recordId"]})
            return self._fail(record)

    def _fail(self, record: Record) -> Result:
        self._failed += 1
        return {"recordId": record["recordId"], "result": FAILED}

    def _drop(self, record: Record, rule: str) -> Result:
        self._dropped[rule] += 1
        return {"recordId": record["recordId"], "result": DROPPED}

    def _quarantine(self, record: Record, rejected: Rejected, data: bytes) -> Result:
        self.quarantined.setdefault(rejected.reason, []).append(
            Quarantined(
                reason=rejected.reason,
                detail=rejected.detail,
                device_id=rejected.device_id,
                source_id=rejected.source_id,
                received_at=rejected.received_at_ms,
                payload=rejected.payload,
                record=data,
            )
        )
        return {"recordId": record["recordId"], "result": DROPPED}

    def counts(self, minute: str, digest: str, positions: dict[str, str]) -> BatchCounts:
        """The counts of the batch."""
        quarantined = {reason: len(records) for reason, records in self.quarantined.items()}
        others = sum(quarantined.values()) + self._dropped.total() + self._failed
        return BatchCounts(
            minute=minute,
            batch=digest,
            received=self._received,
            delivered=self._received - others,
            quarantined=quarantined,
            dropped=dict(self._dropped),
            failed=self._failed,
            released=self._released,
            positions=positions,
        )
