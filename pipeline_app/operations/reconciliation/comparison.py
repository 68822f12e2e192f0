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

from operations.counts import counted
from operations.reconciliation.messages import DELIVERED, QUARANTINED, Expected, MessageKey

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
    """What does not agree; each entry is about one message or one count, and says why.

    `missing` and `double` are about `messages`, of which some are `on_their_way`. `too_low`, `too_high` and `waiting`
    are about the `counts` of the warehouse, each of a device's messages of an hour.
    """

    missing: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    too_low: list[str] = field(default_factory=list)
    too_high: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    messages: int = 0
    on_their_way: int = 0
    extra_rows: int = 0
    counts: int = 0

    @property
    def agree(self) -> bool:
        """Whether nothing is wrong; what is on its way and an hour that is not loaded yet are not."""
        return not (self.missing or self.double or self.too_low or self.too_high)


def reconcile(expected: Iterable[Expected], places: Places) -> Differences:
    """Compare what was acknowledged with what was found."""
    differences = Differences()
    for message in {entry.key: entry for entry in expected}.values():
        differences.messages += 1
        wrong = _wrong_places(message, places)
        if wrong and _may_be_on_its_way(message, places):
            differences.on_their_way += 1
        elif wrong:
            differences.missing.append(f"{message.key.device_id} {message.key.message_id} is {' and is '.join(wrong)}")
    differences.double += _in_two_places(places)
    differences.extra_rows = sum(stored.rows - len(stored.hours) for stored in places.stored.values())
    _compare_warehouse(places, differences)
    return differences


def _wrong_places(message: Expected, places: Places) -> list[str]:
    """Say where the message is not though it must be, or is instead."""
    key, wrong = message.key, []
    in_stream = key in places.streamed or key in places.released
    if message.acked_at_ms >= places.streamed_since_ms and not in_stream:
        wrong.append("not in the stream")
    if message.outcome == DELIVERED and key not in places.stored:
        wrong.append("in the quarantine" if key in places.quarantined else "not in S3")
    if message.outcome == QUARANTINED and key not in places.quarantined and key not in places.released:
        wrong.append("delivered" if key in places.stored else "not in the quarantine")
    return wrong


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
        in_storage, in_warehouse = hours[device_id, hour], places.warehouse.get((device_id, hour), 0)
        text = f"{device_id} {hour}: {counted(in_storage, 'message')} in S3, {in_warehouse} in the warehouse"
        differences.counts += 1
        if in_warehouse < in_storage and (hour not in loaded or places.is_pending(hour)):
            differences.waiting.append(text)
        elif in_warehouse < in_storage:
            differences.too_low.append(text)
        elif in_warehouse > in_storage:
            differences.too_high.append(text)
