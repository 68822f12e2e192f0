"""The messages that a simulated device sends, one after the other, with the faults that were asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec

from simulator.signals import Sensor
from simulator.wrong import WRONG

DELIVERED, QUARANTINED, DROPPED = "delivered", "quarantined", "dropped"
_LATE_SECONDS = (600, 48 * 3600)
_GAP_SECONDS = (10, 120)
_HEARTBEAT = 0.01
# Each device's clock is wrong by up to this.
_CLOCK_SECONDS = 2.0
# What some devices send instead of the canonical units, by their last character.
_OTHER_UNITS = {
    "1": {"temperature": "F"},
    "2": {"pressure": "Pa", "battery": "%"},
    "3": {"temperature": "K", "humidity": "ratio"},
}


@dataclass(frozen=True)
class Faults:
    """The share of messages, from 0 to 1, that are late, wrong, or sent twice, and of time without messages.

    `heat` is added to each temperature, in °C, as if the room's cooling had failed.
    """

    gaps: float = 0.0
    duplicates: float = 0.0
    late: float = 0.0
    wrong: float = 0.0
    heat: float = 0.0


@dataclass(frozen=True)
class Outgoing:
    """One message to publish, and what becomes of it: `delivered`, `quarantined` or `dropped`.

    `is_copy` marks the second of two equal messages.
    """

    device: str
    message_id: str
    payload: bytes
    event_time_ms: int
    expect: str
    is_copy: bool = False


class MessageSource:
    """Makes a device's messages; their ids begin with `run` and are never used again."""

    def __init__(self, device: str, run: str, faults: Faults, random: Random | None = None) -> None:
        self._device = device
        self._run = run
        self._faults = faults
        self._random = random or Random()  # noqa: S311 - not for security
        self._sensor = Sensor(device)
        self._clock = Random(device).uniform(-_CLOCK_SECONDS, _CLOCK_SECONDS)  # noqa: S311 - not for security
        self._units = _OTHER_UNITS.get(device[-1], {})
        self._number = 0
        self._quiet_until = 0.0
        self._last: float | None = None

    def messages(self, now: float) -> Iterator[Outgoing]:
        """The messages of one moment: none in a gap, two copies if the message is duplicated.

        `now` is in seconds since 1970.
        """
        if self._is_quiet(now):
            return
        outgoing = self._message(now)
        yield outgoing
        if self._random.random() < self._faults.duplicates:
            yield replace(outgoing, is_copy=True)

    def _is_quiet(self, now: float) -> bool:
        """Whether the device is in a gap. Gaps begin as often as `gaps`, their share of time, asks for."""
        share, since_last = self._faults.gaps, now - (self._last or now)
        self._last = now
        if now < self._quiet_until:
            return True
        begins = since_last * share / (sum(_GAP_SECONDS) / 2 * (1 - share)) if share < 1 else 1
        if self._random.random() >= begins:
            return False
        self._quiet_until = now + self._random.uniform(*_GAP_SECONDS)
        return True

    def _message(self, now: float) -> Outgoing:
        self._number += 1
        at = now + self._clock
        if self._random.random() < self._faults.late:
            at -= self._random.uniform(*_LATE_SECONDS)
        # As it is written: in whole milliseconds.
        at = round(at, 3)
        message: dict[str, Any] = {
            "id": f"{self._run}-{self._number}",
            "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
        }
        kind, expect = self._kind()
        if kind != "heartbeat":
            measured = self._sensor.measure(at)
            measured["temperature"] = round(measured["temperature"] + self._faults.heat, 2)
            message["measurements"] = _in_units(measured, self._units)
            message |= {"units": self._units} if self._units else {}
        payload = WRONG[kind](message) if kind in WRONG else _encoded(message)
        return Outgoing(self._device, message["id"], payload, round(at * 1000), expect)

    def _kind(self) -> tuple[str, str]:
        drawn = self._random.random()
        if drawn < self._faults.wrong:
            return self._random.choice(list(WRONG)), QUARANTINED
        if drawn > 1 - _HEARTBEAT:
            return "heartbeat", DROPPED
        return "", DELIVERED


def _encoded(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message)


def _in_units(measured: dict[str, float], units: dict[str, str]) -> dict[str, float]:
    """The measurements in the units that a device uses."""
    converted = dict(measured)
    for measurement, unit in units.items():
        converted[measurement] = round(_CONVERSIONS[unit](measured[measurement]), 4)
    return converted


_CONVERSIONS = {
    "F": lambda value: value * 1.8 + 32,
    "K": lambda value: value + 273.15,
    "Pa": lambda value: value * 100,
    "%": lambda value: value * 100,
    "ratio": lambda value: value / 100,
}
