"""A device's state, minutes and alerts follow from its messages."""

from chalicelib.pipeline.fleet.model import SILENCE, DeviceState, Message, MinuteState
from chalicelib.pipeline.fleet.tracking import add_to_minute, fall_silent, follow
from chalicelib.pipeline.telemetry.model import Heartbeat, Reading
from hypothesis import given
from hypothesis import strategies as st

NOON = 1_795_798_800_000


def reading(number: int, temperature: float | None = None, at: int | None = None, **more: float) -> Message:
    """A reading whose message arrived `number` seconds after noon; `at` is its own time."""
    arrived = NOON + number * 1000
    values = {"temperature": temperature, "humidity": None, "pressure": None, "battery": None} | more
    content = Reading("sensor", f"m-{number}", f"s-{number}", arrived if at is None else at, arrived, **values)
    return Message(str(10**55 + number), content)


def heartbeat(number: int) -> Message:
    arrived = NOON + number * 1000
    return Message(str(10**55 + number), Heartbeat("sensor", f"m-{number}", f"s-{number}", arrived, arrived))


def test_the_newest_value_of_each_measurement_is_the_state():
    state, _ = follow(DeviceState("sensor"), [reading(1, 20.0, battery=0.9), reading(2, 21.0), heartbeat(3)])
    assert state.measurements == {"temperature": 21.0, "battery": 0.9}
    assert state.event_time == NOON + 2000
    assert state.last_seen == NOON + 3000


def test_a_late_reading_does_not_replace_a_newer_one():
    state, alerts = follow(DeviceState("sensor"), [reading(1, 20.0), reading(2, 50.0, at=NOON - 60_000)])
    assert state.measurements == {"temperature": 20.0}
    assert state.last_seen == NOON + 2000
    assert alerts == []


def test_an_alert_is_raised_once_until_the_value_is_back_beyond_the_other_limit():
    values = [34.9, 35.0, 36.0, 34.0, 35.5, 33.0, 34.0, 35.0]
    state = DeviceState("sensor")
    seen = []
    for number, value in enumerate(values):
        state, alerts = follow(state, [reading(number, value)])
        seen += [(number, alert.rule, alert.cleared_at is not None) for alert in alerts]
    assert seen == [(1, "temperature-high", False), (5, "temperature-high", True), (7, "temperature-high", False)]


def test_a_low_limit_is_the_other_way_round():
    state, raised = follow(DeviceState("sensor"), [reading(1, battery=0.15)])
    assert [(alert.rule, alert.value, alert.limit) for alert in raised] == [("battery-low", 0.15, 0.15)]
    state, alerts = follow(state, [reading(2, battery=0.19)])
    assert alerts == []
    _, cleared = follow(state, [reading(3, battery=0.2)])
    assert cleared[0].raised_at == raised[0].raised_at
    assert cleared[0].cleared_value == 0.2


def test_an_alert_that_is_raised_and_cleared_at_once_is_one_alert():
    _, alerts = follow(DeviceState("sensor"), [reading(1, 36.0), reading(2, 20.0)])
    assert [(alert.raised_at, alert.cleared_at) for alert in alerts] == [(NOON + 1000, NOON + 2000)]


def test_a_silent_device_is_told_once_and_any_message_ends_it():
    state, _ = follow(DeviceState("sensor"), [reading(0, 20.0)])
    assert fall_silent(state, NOON + 119_999, 120_000) == (state, [])
    silent, raised = fall_silent(state, NOON + 120_000, 120_000)
    assert [(alert.rule, alert.raised_at) for alert in raised] == [(SILENCE, NOON + 120_000)]
    assert fall_silent(silent, NOON + 600_000, 120_000) == (silent, [])
    back, cleared = follow(silent, [heartbeat(130)])
    assert not back.is_silent
    assert [(alert.rule, alert.cleared_at) for alert in cleared] == [(SILENCE, NOON + 130_000)]


messages = st.lists(st.tuples(st.integers(0, 40), st.integers(-3, 3)), max_size=12).map(
    lambda some: [reading(n, t, at=NOON + n * 1000 + late * 60_000) for n, (t, late) in enumerate(some)]
)


@given(messages=messages, cuts=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8))
def test_batches_that_are_retried_or_overlap_change_nothing(messages, cuts):
    whole, alerts = follow(DeviceState("sensor"), messages)
    minute = add_to_minute(MinuteState("sensor", "2026-11-27T17:00"), messages)

    state, minute_by_parts = DeviceState("sensor"), MinuteState("sensor", "2026-11-27T17:00")
    told = {}
    done = 0
    # Each batch begins at or before the first message that is not applied yet, as a stream's do.
    for first, length in [*cuts, (0, len(messages)), (0, len(messages))]:
        batch = messages[min(first, done) : max(done, first + length)] if first <= done else []
        state, changed = follow(state, batch)
        minute_by_parts = add_to_minute(minute_by_parts, batch)
        told |= {(alert.rule, alert.raised_at): alert for alert in changed}
        done = max(done, min(first, done) + len(batch))

    assert state == whole
    assert minute_by_parts == minute
    assert told == {(alert.rule, alert.raised_at): alert for alert in alerts}
