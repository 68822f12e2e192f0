"""What becomes of a batch of records."""

import msgspec

HEARTBEAT, DUPLICATE = "heartbeat", "duplicate"


class Quarantined(msgspec.Struct, frozen=True):
    """A record in quarantine, as its line of JSON is.

    `payload` is what the device sent, and `record` the whole record of the stream; both are base64 in JSON. What the
    record does not say is None. `received_at` is in milliseconds since 1970.
    """

    reason: str
    detail: str
    device_id: str | None
    source_id: str | None
    received_at: int | None
    payload: bytes
    record: bytes


class BatchCounts(msgspec.Struct, frozen=True):
    """How many records of one batch were received, and what became of them.

    `received` is the sum of the others but `released`, which counts the records that were received again after their
    release from quarantine. `minute` is that of the first record's arrival, as `2026-11-27T17:05`; `batch` is a digest
    of the record ids, so that a repeated batch has the same. `positions` has the last sequence number of each shard.
    """

    minute: str
    batch: str
    received: int
    delivered: int
    # By reason.
    quarantined: dict[str, int]
    # By rule.
    dropped: dict[str, int]
    # Faults of our own; Firehose writes these records to its error prefix.
    failed: int
    released: int
    positions: dict[str, str] = {}
