"""How a device's state, minutes and alerts follow from its messages.

A message changes nothing a second time: its sequence number is compared with the last one of what it would change.
Kinesis increases the sequence numbers of one partition key, here a device.
https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#sequence-number
"""

from collections.abc import Iterable

from chalicelib.pipeline.fleet.model import MEASUREMENTS, SILENCE, Aggregate, Alert, DeviceState, Message, MinuteState
from chalicelib.pipeline.fleet.rules import THRESHOLDS, Threshold
from chalicelib.pipeline.telemetry.model import Reading
from msgspec.structs import replace


def follow(state: DeviceState, messages: Iterable[Message]) -> tuple[DeviceState, list[Alert]]:
    """Return the state after some messages in the order of the stream, and the alerts that were raised or cleared."""
    changed: list[Alert] = []
    for message in messages:
        if int(message.sequence) <= int(state.last_sequence):
            continue
        content = message.content
        state = replace(state, last_sequence=message.sequence, last_seen=max(state.last_seen, content.received_at_ms))
        state, ended = _not_silent(state, content.received_at_ms)
        changed += ended
        if isinstance(content, Reading) and content.event_time_ms >= (state.event_time or 0):
            state, alerts = _measured(state, content)
            changed += alerts
    return state, _last_of_each(changed)


def add_to_minute(minute: MinuteState, messages: Iterable[Message]) -> MinuteState:
    """Return a minute with the readings that are not part of it yet."""
    for message in messages:
        if int(message.sequence) <= int(minute.last_sequence) or not isinstance(message.content, Reading):
            continue
        aggregates = dict(minute.measurements)
        for name, value in _values(message.content).items():
            before = aggregates.get(name)
            aggregates[name] = before.with_value(value) if before else Aggregate(1, value, value, value)
        minute = replace(minute, last_sequence=message.sequence, readings=minute.readings + 1, measurements=aggregates)
    return minute


def fall_silent(state: DeviceState, now: int, silence_ms: int) -> tuple[DeviceState, list[Alert]]:
    """Raise the alert of a device that has sent nothing for `silence_ms`; nothing changes if it has."""
    quiet = now - state.last_seen
    if state.is_silent or quiet < silence_ms:
        return state, []
    alert = Alert(
        device_id=state.device_id,
        rule=SILENCE,
        raised_at=state.last_seen + silence_ms,
        value=round(quiet / 1000, 3),
        limit=silence_ms / 1000,
    )
    return replace(state, alerts={**state.alerts, SILENCE: alert}), [alert]


def _not_silent(state: DeviceState, now: int) -> tuple[DeviceState, list[Alert]]:
    if not state.is_silent or now <= state.alerts[SILENCE].raised_at:
        return state, []
    return _cleared(state, SILENCE, now, None)


def _measured(state: DeviceState, reading: Reading) -> tuple[DeviceState, list[Alert]]:
    values = _values(reading)
    state = replace(state, event_time=reading.event_time_ms, measurements={**state.measurements, **values})
    changed: list[Alert] = []
    for rule in THRESHOLDS:
        if rule.measurement in values:
            state, alerts = _checked(state, rule, values[rule.measurement], reading.event_time_ms)
            changed += alerts
    return state, changed


def _checked(state: DeviceState, rule: Threshold, value: float, now: int) -> tuple[DeviceState, list[Alert]]:
    if rule.name in state.alerts:
        return _cleared(state, rule.name, now, value) if rule.clears(value) else (state, [])
    if not rule.raises(value):
        return state, []
    alert = Alert(device_id=state.device_id, rule=rule.name, raised_at=now, value=value, limit=rule.raise_at)
    return replace(state, alerts={**state.alerts, rule.name: alert}), [alert]


def _cleared(state: DeviceState, rule: str, now: int, value: float | None) -> tuple[DeviceState, list[Alert]]:
    alerts = dict(state.alerts)
    ended = replace(alerts.pop(rule), cleared_at=now, cleared_value=value)
    return replace(state, alerts=alerts), [ended]


def _last_of_each(changed: Iterable[Alert]) -> list[Alert]:
    """Return an alert that was raised and cleared at once as it is in the end."""
    return list({(alert.rule, alert.raised_at): alert for alert in changed}.values())


def _values(reading: Reading) -> dict[str, float]:
    values = ((name, getattr(reading, name)) for name in MEASUREMENTS)
    return {name: value for name, value in values if value is not None}
