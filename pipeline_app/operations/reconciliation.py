"""Reconciliation: names every message that is missing somewhere, and every count that is too high.

A message that was acknowledged is in the stream, and then in exactly one place: as rows in S3, in the quarantine, or
dropped by a rule, which leaves no trace. More than one row is no error, because each step delivers at least once; the
reports count each message once, so the warehouse must count it exactly once. An id that a device uses again in another
hour is another message of that hour's report. A message that an operator has released from the quarantine may be in
either place.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from operations.messages import DELIVERED, QUARANTINED, Expected, MessageKey

# A device, and an hour in UTC such as `2026-11-27T17`.
DeviceHour = tuple[str, str]


@dataclass(frozen=True)
class Stored:
    """A message's rows in S3, and the hours of its events; more than one if the device has used the id again."""

    hours: Collection[str]
    rows: int


@dataclass(frozen=True)
class Places:
    """What was found where.

    `streamed` has what arrived since `streamed_since_ms`, `released` what an operator has put into the stream again.
    `warehouse` has the counts of the loaded hours; `is_pending` says whether an hour's newest report is not loaded yet.
    A message that was acknowledged after `settled_until_ms` may still be on its way.
    """

    streamed: Collection[MessageKey]
    streamed_since_ms: int
    released: Collection[MessageKey]
    stored: Mapping[MessageKey, Stored]
    quarantined: Collection[MessageKey]
    warehouse: Mapping[DeviceHour, int]
    is_pending: Callable[[str], bool] = lambda hour: False
    settled_until_ms: float = math.inf


@dataclass
class Differences:
    """What does not agree; each entry says which message or hour, and why."""

    missing: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    checked: int = 0
    on_their_way: int = 0
    extra_rows: int = 0

    @property
    def agree(self) -> bool:
        """Whether nothing is missing or double; what is on its way and an hour that is not loaded yet are neither."""
        return not self.missing and not self.double


def reconcile(expected: Iterable[Expected], places: Places) -> Differences:
    """Compare what was acknowledged with what was found."""
    differences = Differences()
    for message in {entry.key: entry for entry in expected}.values():
        differences.checked += 1
        missing = _missing(message, places)
        if missing and _may_be_on_its_way(message, places):
            differences.on_their_way += 1
        else:
            differences.missing += missing
    differences.double += _in_two_places(places)
    differences.extra_rows = sum(stored.rows - len(stored.hours) for stored in places.stored.values())
    _compare_warehouse(places, differences)
    return differences


def _missing(message: Expected, places: Places) -> list[str]:
    key = message.key
    name = f"{key.device_id} {key.message_id}"
    found = []
    in_stream = key in places.streamed or key in places.released
    if message.acked_at_ms >= places.streamed_since_ms and not in_stream:
        found.append(f"{name} is not in the stream")
    if message.outcome == DELIVERED and key not in places.stored:
        where = "in the quarantine" if key in places.quarantined else "not in S3"
        found.append(f"{name} is {where}")
    if message.outcome == QUARANTINED and key not in places.quarantined and key not in places.released:
        where = "delivered" if key in places.stored else "not in the quarantine"
        found.append(f"{name} is {where}")
    return found


def _may_be_on_its_way(message: Expected, places: Places) -> bool:
    is_somewhere = message.key in places.stored or message.key in places.quarantined
    return message.acked_at_ms > places.settled_until_ms and not is_somewhere


def _in_two_places(places: Places) -> list[str]:
    both = sorted(places.stored.keys() & set(places.quarantined) - set(places.released))
    return [f"{key.device_id} {key.message_id} is both in S3 and in the quarantine" for key in both]


def _compare_warehouse(places: Places, differences: Differences) -> None:
    hours = Counter((key.device_id, hour) for key, stored in places.stored.items() for hour in stored.hours)
    loaded = {hour for _, hour in places.warehouse}
    for device_id, hour in sorted(hours.keys() | places.warehouse.keys()):
        in_storage, counted = hours[device_id, hour], places.warehouse.get((device_id, hour), 0)
        text = f"{device_id} {hour}: {in_storage} messages in S3, {counted} in the warehouse"
        if counted < in_storage and (hour not in loaded or places.is_pending(hour)):
            differences.waiting.append(text)
        elif counted < in_storage:
            differences.missing.append(text)
        elif counted > in_storage:
            differences.double.append(text)
