"""Records of the telemetry stream and of the alerts' table, mapped to what the use cases take."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.pipeline.fleet.alert_items import alert_of
from chalicelib.pipeline.fleet.model import Alert, Message
from chalicelib.pipeline.fleet.ports import AlertPublisher
from chalicelib.pipeline.fleet.updates import FleetUpdates
from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Rejected

from common.runtime.batches import PERMANENT, Batch, identifier, kinesis_data

RAISED, CLEARED = "raised", "cleared"
Record = Mapping[str, Any]


def message_of(record: Record) -> Message | None:
    """Read a record of the stream; None for one that the delivery quarantines.

    None also for a record that a replay or a release has put again: it would be counted twice, or long after its time.
    """
    content = decode(kinesis_data(record))
    return None if isinstance(content, Rejected) or content.is_released else Message(identifier(record), content)


def apply_all(batch: Batch, updates: FleetUpdates) -> None:
    """Apply a batch of the stream's records.

    An error that is permanent for the whole batch is raised: Lambda divides the batch until the record is alone.
    """
    read = [(record, message) for record, message in batch.read(message_of) if message]
    try:
        failures = updates.apply([message for _, message in read])
    except Exception as error:
        if len(read) != 1 or not isinstance(error, PERMANENT):
            raise
        failures = {message.sequence: error for _, message in read}
    for record, message in read:
        if failure := failures.get(message.sequence):
            _fail(batch, record, failure)


def _fail(batch: Batch, record: Record, error: Exception) -> None:
    """Let a record fail, or give it up.

    A record that fails holds up its shard. One that would fail each time, by a fault of our own or because AWS refuses
    what is written of it, is given up at once. Missing permissions and an absent table are repaired by an operator: the
    records wait for that, because one that is given up may be older than what is applied when it is redriven.
    """
    if isinstance(error, PERMANENT):
        batch.give_up(record, f"{type(error).__name__}: {error}")
    else:
        batch.fail(record, error)


def announcements(change: Record) -> Sequence[tuple[str, Alert]]:
    """Read what subscribers are told when an alert's item has changed.

    An alert that is raised again at the same time of its device has the item of the one that was cleared.
    """
    images = change["dynamodb"]
    if "NewImage" not in images:
        return []
    alert = alert_of(images["NewImage"])
    before = alert_of(images["OldImage"]) if "OldImage" in images else None
    was_open, is_open = before is not None and before.cleared_at is None, alert.cleared_at is None
    told = [(RAISED, alert)] if before is None or (is_open and not was_open) else []
    if not is_open and (before is None or was_open):
        told.append((CLEARED, alert))
    return told


def publish_all(batch: Batch, publisher: AlertPublisher) -> None:
    """Publish a batch of the table's changes."""

    for change, told in batch.read(announcements):
        try:
            for state, alert in told:
                publisher.publish(state, alert)
        except Exception as error:
            _fail(batch, change, error)
