"""Reads everything that a reconciliation compares."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from simulator.ledger import Entry

from operations.reconciliation.comparison import Differences, Places, reconcile
from operations.reconciliation.messages import Expected, MessageKey
from operations.reconciliation.places import (
    QuarantinedRecord,
    Queries,
    arrived_messages,
    days_of,
    quarantined_messages,
    stored_messages,
    warehouse_counts,
)
from operations.replay import Stream

WAREHOUSE_SQL = """
SELECT device_id, window_start, readings
FROM device_hour
WHERE window_start >= :first::TIMESTAMP AND window_start < :last::TIMESTAMP + INTERVAL '1 day'
"""


class StreamOfMessages(Stream, Protocol):
    """The stream, with how long it keeps a record."""

    def retention_ms(self) -> int:
        """How long the stream keeps a record."""


class Warehouse(Protocol):
    """Runs SQL on the warehouse."""

    def rows(self, sql: str, parameters: Mapping[str, str]) -> Iterable[Mapping[str, object]]:
        """Run a query; returns its rows by the columns' names."""


class Progress(Protocol):
    """How far the reports are."""

    def is_pending(self, hour: str) -> bool:
        """Whether a newer report on an hour than the loaded one is made or will be."""


@dataclass(frozen=True)
class Sources:
    """Where messages are looked for; `progress` reads which hours' newest report is not loaded yet."""

    stream: StreamOfMessages
    queries: Queries
    quarantine: Iterable[QuarantinedRecord]
    warehouse: Warehouse
    progress: Callable[[], Progress]


def expected_messages(ledger: Iterable[Entry]) -> list[Expected]:
    """What the ledger says must have become of the messages."""
    return [
        Expected(MessageKey(entry.device_id, entry.message_id), entry.expect, entry.event_time_ms, entry.acked_at_ms)
        for entry in ledger
    ]


def compare(ledger: Iterable[Entry], sources: Sources, now_ms: int, settle_ms: int = 0) -> Differences:
    """Compare the ledger, or the stream if the ledger is empty, with all places.

    A message that was acknowledged in the last `settle_ms` and is nowhere yet is on its way, and not missing.

    First what must be there is read, then the counts, then the rows that are counted: so a message that comes meanwhile
    is neither missing nor double.
    """
    acknowledged = expected_messages(ledger)
    since_ms = now_ms - sources.stream.retention_ms()
    arrived, released = arrived_messages(sources.stream.arrived(since_ms, now_ms))
    expected = acknowledged or arrived
    first, last = days_of(expected)
    warehouse = warehouse_counts(sources.warehouse.rows(WAREHOUSE_SQL, {"first": first, "last": last}))
    places = Places(
        streamed={message.key for message in arrived},
        streamed_since_ms=since_ms,
        released=released,
        stored=stored_messages(sources.queries, first, last),
        quarantined=quarantined_messages(sources.quarantine),
        warehouse=warehouse,
        is_pending=sources.progress().is_pending,
        settled_until_ms=now_ms - settle_ms,
    )
    return reconcile(expected, places)
