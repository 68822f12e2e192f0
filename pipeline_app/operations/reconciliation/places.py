"""Finds messages where they are: in the stream, in S3, in the quarantine, and in the counts of the warehouse."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from chalicelib.pipeline.telemetry.decoding import decode
from chalicelib.pipeline.telemetry.model import Heartbeat, Rejected

from operations.reconciliation.comparison import DeviceHour, Stored
from operations.reconciliation.messages import DELIVERED, DROPPED, QUARANTINED, Expected, MessageKey, message_id
from operations.reconciliation.report_progress import hour_of
from operations.telemetry_stream import StreamRecord

# The rows of the days that messages are from; the partitions make the query read those days only.
STORED_SQL = """
SELECT device_id, message_id, date_trunc('hour', event_time) AS event_hour, count(*) AS copies
FROM telemetry
WHERE event_date BETWEEN '{first}' AND '{last}'
GROUP BY device_id, message_id, date_trunc('hour', event_time)
"""


class Queries(Protocol):
    """Runs a SELECT."""

    def rows(self, sql: str) -> Iterable[list[str | None]]:
        """Return the rows as texts."""


class QuarantinedRecord(Protocol):
    """A record in quarantine."""

    @property
    def device_id(self) -> str | None:
        """The device, unless the record does not say it."""

    @property
    def payload(self) -> bytes:
        """What the device sent."""


def stored_messages(queries: Queries, first_day: str, last_day: str) -> dict[MessageKey, Stored]:
    """Find the messages with rows in S3 whose events are from these days, such as `2026-11-27`."""
    sql = STORED_SQL.format(first=first_day, last=last_day)
    stored: dict[MessageKey, Stored] = {}
    for device, message, event_hour, copies in queries.rows(sql):
        key, nothing = MessageKey(str(device), str(message)), Stored((), 0)
        before = stored.get(key, nothing)
        stored[key] = Stored((*before.hours, hour_of(event_hour)), before.rows + int(copies or 0))
    return stored


def quarantined_messages(records: Iterable[QuarantinedRecord]) -> Counter[MessageKey]:
    """Find the messages in quarantine; one whose id cannot be found is not among them."""
    keys = ((record.device_id, message_id(record.payload)) for record in records)
    return Counter(MessageKey(device, message) for device, message in keys if device and message)


def arrived_messages(records: Iterable[StreamRecord]) -> tuple[list[Expected], set[MessageKey]]:
    """What must become of the stream's records; and the messages that were put there again, which are left out."""
    arrived: list[Expected] = []
    released: set[MessageKey] = set()
    for record in records:
        content = decode(record.data)
        if isinstance(content, Rejected):
            name, outcome, event_time_ms = message_id(content.payload), QUARANTINED, record.arrived_at_ms
        else:
            name, event_time_ms = content.message_id, content.event_time_ms
            outcome = DROPPED if isinstance(content, Heartbeat) else DELIVERED
        if content.device_id is None or name is None:
            continue
        key = MessageKey(content.device_id, name)
        if content.is_released:
            released.add(key)
        else:
            arrived.append(Expected(key, outcome, event_time_ms, record.arrived_at_ms))
    return arrived, released


def warehouse_counts(rows: Iterable[Mapping[str, object]]) -> dict[DeviceHour, int]:
    """Read the rows `device_id`, `window_start` (`2026-11-27 17:00:00`) and `readings` of the hourly report."""
    return {(str(row["device_id"]), hour_of(row["window_start"])): int(str(row["readings"])) for row in rows}


def days_of(messages: Iterable[Expected]) -> tuple[str, str]:
    """The first and the last day in UTC of the messages' events; today for none."""
    times = [message.event_time_ms / 1000 for message in messages] or [datetime.now(UTC).timestamp()]
    first, last = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d") for at in (min(times), max(times)))
    return first, last
